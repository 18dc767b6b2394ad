"""How Alohaa writes a call down: an outgoing call once, an incoming one as it is dialled and again when it is over.

Facts: Alohaa, "Outgoing call webhook" (fields, sample, table of hang-up causes), "Incoming call webhook" (both events),
"Voice API webhook". Durations are numbers of seconds in outgoing calls and `HH:MM:SS` in incoming ones, times are UTC
with milliseconds, a field that is not known yet is absent. What a field holds that has nothing to say (no recording, no
agent, no key) is not published; it is written as "".

Numbers are India's, as Alohaa writes them: ten digits, of the organisation's own number twelve with 91 before them.
Calls are between Vietnamese numbers, so an Indian one is made of each, always the same: see `ten_digits` and `did`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from mock_alohub.calls.call import Agent, Call, Moment, Outcome, Party, Reason
from mock_alohub.calls.call_details import life_of, uuid_of
from mock_alohub.messages.message import Payload
from mock_alohub.providers.provider import Provider
from mock_alohub.specification.webhook import Webhook, spellings
from mock_alohub.vietnam_time import VIETNAM

RECORDINGS: Final = "https://recordings.alohaa.example"
"""Where recordings are said to be; `.example` is reserved, so nobody is called by mistake."""

_INDIAN: Final = re.compile(r"(?:\+?91)?([1-9][0-9]{9})", re.ASCII)
_WITH_COUNTRY: Final = re.compile(r"\+?(91[1-9][0-9]{9})", re.ASCII)
_NO_DIGIT: Final = re.compile(r"[^0-9]+")
_NO_KEY_AFTER: Final = 7
"""Of ten customers of a campaign who answer, so many press a key. An estimate; nothing is published about it."""

DISCONNECTED: Final = frozenset({Reason.NO_ANSWER, Reason.DECLINED, Reason.BUSY, Reason.BLOCKED, Reason.CANCELED})
"""Reasons of the network that are `…_disconnected` of a side: no answer, disconnect, busy, block."""
NETWORK: Final = frozenset({Reason.SWITCHED_OFF, Reason.FLIGHT_MODE, Reason.WRONG_NUMBER, Reason.NETWORK})
"""Reasons that are `network_error` of either side."""


def hangup_cause(reason: Reason, side: Party) -> str:
    """How an outgoing call ended, in Alohaa's words: its reason, and the side the reason is told of.

    The agent is the initiator, the customer (or whoever is at that end) the receiver. Source: Alohaa, Outgoing call
    webhook, hangup cause.
    """
    if reason in NETWORK:
        return "network_error"
    who = "initiator" if side is Party.AGENT else "receiver"
    return f"{who}_disconnected" if reason in DISCONNECTED else f"{who}_hangup"


def ten_digits(number: str) -> str:
    """`number` as an Indian one without the country's code, "" for none.

    An Indian number stays what it is. Of a Vietnamese one the last nine digits are kept behind a 9, as in a mobile
    number of India: `0912345678` is `9912345678`.
    """
    indian = _INDIAN.fullmatch(number)
    if indian:
        return indian[1]
    digits = _NO_DIGIT.sub("", number)
    return f"9{digits[-9:]:0>9}" if digits else ""


def did(number: str) -> str:
    """The organisation's `number` as an Indian one with the country's code.

    One with 91 before it stays what it is. Of a Vietnamese one the last six digits are kept in a land line of
    Bengaluru, as in the documents' samples: `19001234` is `918069001234`.
    """
    indian = _WITH_COUNTRY.fullmatch(number)
    return indian[1] if indian else f"918069{_NO_DIGIT.sub('', number)[-6:]:0>6}"


def agent_number(agent: Agent) -> str:
    """The number of an agent's telephone: the extension itself where it is an Indian number, else made of it."""
    indian = _INDIAN.fullmatch(agent.extension)
    return indian[1] if indian else f"98450{agent.extension[-5:]:0>5}"


def call_id(call: Call) -> str:
    """24 hexadecimal digits, of which the first eight are the second in which the call began."""
    return f"{int(_utc(call.started_at).timestamp()):08x}{uuid_of(call, 'alohaa').hex[:16]}"


def clock_time(seconds: int) -> str:
    """`seconds` as hours, minutes and seconds: 30 is `00:00:30`."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _outgoing(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    life, agent = life_of(call), call.agent
    own = did(life.dialled)
    return {
        "organisation_id": _default(webhook, "organisation_id"),
        "call_type": "outgoing",
        # "The phone number of the agent or system making the call".
        "caller_number": agent_number(agent) if agent else own[2:],
        "receiver_number": ten_digits(call.customer_number),
        "did_number": own,
        "received_at": _text(call.started_at),
        "ended_at": _text(call.ended_at),
        "call_id": call_id(call),
        "call_status": _status(webhook, call),
        "call_duration": call.talk_s,
        "call_recording_url": _recording(call),
        "agent_name": agent.name if agent else "",
        "initiator_ring_duration": life.agent_ring_s,
        "receiver_ring_duration": life.customer_ring_s,
        "total_ring_duration": life.agent_ring_s + life.customer_ring_s,
        "hangup_cause": hangup_cause(life.reason, life.side),
    }


def _incoming(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    life, agent = life_of(call), call.agent
    payload: dict[str, Any] = {
        "organisation_id": _default(webhook, "organisation_id"),
        "call_type": "incoming",
        "caller_number": ten_digits(call.customer_number),
        "receiver_number": agent_number(agent) if agent else "",
        "did_number": did(life.dialled),
        "received_at": _text(call.started_at),
        "call_id": call_id(call),
        "agent_name": agent.name if agent else "",
        "webhook_type": "dial_on_agent",
    }
    if moment is Moment.DIALLED_AGENT:
        return payload
    keys = life.ivr.keys if life.ivr else ""
    return payload | {
        "webhook_type": "call_completion",
        "ended_at": _text(call.ended_at),
        "call_status": _status(webhook, call),
        "call_duration": clock_time(call.talk_s),
        "call_recording_url": _recording(call),
        "dtmfcodes": ",".join(keys),
        "dtmfcode": keys[-1:],
        "total_ring_duration": life.agent_ring_s,
    }


def _campaign(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    return {
        "campaign_id": _default(webhook, "campaign_id"),
        "call_id": call_id(call),
        "status": _status(webhook, call),
        "dtmf_key": _key(call),
    }


_WRITERS: Final[Mapping[str, Callable[[Webhook, Call, Moment], Payload]]] = {
    "alohaa.outgoing-call": _outgoing,
    "alohaa.incoming-call": _incoming,
    "alohaa.campaign": _campaign,
}


def _render(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    return _WRITERS[webhook.name](webhook, call, moment)


@cache
def _default(webhook: Webhook, field: str) -> str:
    return str(webhook.schema["properties"][field]["default"])


def _status(webhook: Webhook, call: Call) -> str:
    """Alohaa tells calls that were answered from all others."""
    spelled = spellings(webhook)
    return spelled[Outcome.ANSWERED if call.outcome is Outcome.ANSWERED else Outcome.NO_ANSWER]


def _recording(call: Call) -> str:
    return f"{RECORDINGS}/{call_id(call)}.mp3" if call.recording else ""


def _key(call: Call) -> str:
    """The key a customer of a campaign pressed."""
    if call.outcome is not Outcome.ANSWERED:
        return ""
    drawn = uuid_of(call, "key").int % 10
    return str(drawn + 1) if drawn < _NO_KEY_AFTER else ""


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=VIETNAM).astimezone(UTC)


def _text(local: datetime) -> str:
    """A local time of Vietnam as Alohaa writes it: UTC, with milliseconds."""
    return f"{_utc(local):%Y-%m-%dT%H:%M:%S}.000Z"


ALOHAA: Final = Provider("alohaa", _render)
