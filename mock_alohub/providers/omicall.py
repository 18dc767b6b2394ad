"""How OMICall writes a call down: three states while it goes on, and a report of 36 fields when it has ended.

Facts: OMICall, "Webhook" (both samples, fields, states, directions), with "Call history API" for what a field of the
report means. Seconds and milliseconds stand side by side: `created_time`, `time_start_call`, `time_end_call` and
`time_start_to_answer` are seconds, `date_time`, `created_date` and `last_updated_date` milliseconds.
`time_start_to_answer` is when the call began, as in the sample, whatever its name says. The organisation's number
begins with 84 in the report and with 0 before it. What is left open is said field by field in `schemas/omicall/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from itertools import islice
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from mock_alohub.calls import numbers
from mock_alohub.calls.call import Agent, Call, Direction, Life, Moment, Party
from mock_alohub.calls.call_details import life_of, moment_at, uuid_of
from mock_alohub.messages.message import Message, Payload
from mock_alohub.providers.provider import Provider
from mock_alohub.specification.webhook import Webhook, literals
from mock_alohub.vietnam_time import VIETNAM

RECORDINGS: Final = "https://recordings.omicall.example"
"""Where recordings are said to be; `.example` is reserved, so nobody is called by mistake."""
NO_AGENT: Final = "create_default_by_tenant"
"""The name in `create_by` of a call that no agent had. Not published; seen where OMICall is used."""
CUSTOMERS: Final = 512
"""So many customers have names of their own; the others share them."""

_STATES: Final[Mapping[Moment, str]] = {
    Moment.RINGING: "ringing",
    Moment.ANSWERED: "answered",
    Moment.ENDED: "hangup",
}
_REPORT: Final = "omicall.cdr"
_FIRST_TRY: Final = 1
_COUNTER: Final = re.compile(rb'"send_num_retry":\s*[0-9]+')
_DONG_PER_SECOND: Final = 9.167  # the sample: 6 billed seconds cost 55.002
_IDS: Final = UUID("0f4f7a6e-6a58-4d0e-8c55-2b1f6d9a7c30")


def provider(recordings: str = RECORDINGS) -> Provider:
    """OMICall, with its recordings at the origin `recordings` (scheme, host and port)."""
    return Provider("omicall", partial(_render, recordings), retried=counted)


def counted(message: Message, number: int) -> Message:
    """`message` as it is sent the `number`th time again: a report counts its tries, a state does not."""
    if message.webhook != _REPORT:
        return message
    # In the bytes: what is sent may be no JSON on purpose, and all else of it stays as it was.
    return replace(message, body=_COUNTER.sub(b'"send_num_retry":%d' % (_FIRST_TRY + number), message.body, count=1))


def _render(recordings: str, webhook: Webhook, call: Call, moment: Moment) -> Payload:
    return _report(recordings, webhook, call) if webhook.name == _REPORT else _state(webhook, call, moment)


def _state(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    life = life_of(call)
    calling, called = _sides(call, life)
    return {
        "to_number": called,
        "created_time": seconds(call.started_at),
        "date_time": seconds(moment_at(call, moment)) * 1000,
        "from_number": calling,
        "hotline": "" if life.colleague else life.dialled,
        "call_uuid": call_id(call),
        "state": _STATES[moment],
        "direction": direction(webhook, call),
    }


def _report(recordings: str, webhook: Webhook, call: Call) -> Payload:
    life, agent = life_of(call), call.agent
    calling, called = _sides(call, life)
    own = "" if life.colleague else numbers.international(life.dialled)
    outbound = call.direction is Direction.OUTBOUND
    answered = call.talk_s if call.answered_at else 0
    billed = answered + 1 if answered else 0
    created = created_ms(call)
    return {
        "answer_sec": answered,
        "bill_sec": billed,
        "call_out_price": round(billed * _DONG_PER_SECOND, 3) if own and outbound else 0.0,
        "create_by": _maker(agent),
        "created_date": created,
        "customer": _customer("" if life.colleague else call.customer_number),
        "destination_number": called if outbound else own,
        "direction": direction(webhook, call),
        "domain_fusion": _default(webhook, "domain_fusion"),
        "duration": call.total_s,
        "endby_name": _ended_by(webhook, call.ended_by),
        "from_number": calling,
        "hotline": own,
        "is_auto_call": life.automatic,
        "is_have_forward_out": False,
        "ivr": life.ivr.name if life.ivr else "none",
        "last_updated_date": created + uuid_of(call, "updated").int % 200 + 50,
        "note": "",
        "phone_number": life.colleague or call.customer_number,
        "provider": "" if life.colleague else life.carrier.lower(),
        "record_seconds": answered if call.recording else 0,
        "recording_file_url": recording_url(call, recordings),
        "send_num_retry": _FIRST_TRY,
        "sip_number": own,
        "sip_user": agent.extension if agent else "",
        "source_number": (own or calling) if outbound else call.customer_number,
        "state": "cdr",
        "tag": [],
        "tenant_id": _default(webhook, "tenant_id"),
        "time_end_call": seconds(call.ended_at),
        "time_start_call": seconds(call.started_at),
        "time_start_to_answer": seconds(call.started_at),
        "to_number": called,
        "transaction_id": call_id(call),
        "transfer_histories": [],
        "user": [_named(agent.name)] if agent else [],
    }


def call_id(call: Call) -> str:
    """The call's id: `call_uuid` while it goes on, `transaction_id` in its report."""
    return str(uuid_of(call))


def direction(webhook: Webhook, call: Call) -> str:
    """The word of the schema for where `call` went."""
    meant = "local" if life_of(call).colleague else call.direction
    return next(word for word, means in literals(webhook, "x-direction").items() if means == meant)


def seconds(at: datetime) -> int:
    """A local time of Vietnam as seconds since 1970."""
    return int(at.replace(tzinfo=VIETNAM).timestamp())


def created_ms(call: Call) -> int:
    """When the report of `call` is made, in milliseconds since 1970: within a second of the end, as in the sample."""
    return seconds(call.ended_at) * 1000 + uuid_of(call, "created").int % 1000


def recording_url(call: Call, recordings: str = RECORDINGS) -> str:
    """Where the recording of `call` is, "" when there is none."""
    if not call.recording:
        return ""
    return f"{recordings}/third_party/recording/uc?id={uuid_of(call, 'recording').hex}&code={call_id(call)}"


def _sides(call: Call, life: Life) -> tuple[str, str]:
    """Who called and who was called: an extension and a customer, or two extensions."""
    extension = call.agent.extension if call.agent else ""
    if call.direction is Direction.INBOUND:
        return call.customer_number, extension
    return extension, life.colleague or call.customer_number


def _maker(agent: Agent | None) -> dict[str, Any]:
    if agent is None:
        return {"contact_id": "", "id": "", "name": NO_AGENT}
    return {"contact_id": _id("contact", agent), "id": _id("user", agent), "name": agent.name}


def _id(kind: str, agent: Agent) -> str:
    """24 hexadecimal digits, always the same of one agent."""
    return uuid5(_IDS, f"{kind} {agent.account}").hex[:24]


def _named(name: str) -> dict[str, str]:
    return {"full_name": name, "full_name_unsigned": numbers.unaccented(name)}


def _customer(number: str) -> dict[str, str]:
    """The customer with that number: a name that is always the same, none for a hidden number.

    Without marks it is in small letters, as in the sample, where the agent's is not.
    """
    if not number:
        return {"full_name": "", "full_name_unsigned": ""}
    known = _address_book()
    name = known[uuid5(_IDS, number).int % len(known)]
    return {"full_name": name, "full_name_unsigned": numbers.unaccented(name).lower()}


@cache
def _address_book() -> tuple[str, ...]:
    return tuple(islice(numbers.names(Random("omicall")), CUSTOMERS))


@cache
def _default(webhook: Webhook, field: str) -> str:
    return str(webhook.schema["properties"][field]["default"])


def _ended_by(webhook: Webhook, party: Party) -> str:
    return str(webhook.schema["properties"]["endby_name"]["x-ended-by"][party])


OMICALL: Final = provider()
