"""How VoipAppz writes a call down: the 27 values that a webhook's body template may name, one event at a time.

Facts: VoipAppz, "Webhooks" (supported events, fields of a webhook, supported field types with a sample). What it leaves
open is said field by field in `schemas/voipappz/fields.json`: which value is known at which event, what a call type is
called, what the numbers count. Values that are not known yet, or that a call does not have, are null.

Calls are simulated in Vietnam and told of here as if they were made in Israel: times by Israel's clock, numbers in the
forms of its numbering plan, made of the digits of the call's own numbers.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from mock_alohub.calls.call import Call, Direction, Life, Moment, Outcome
from mock_alohub.calls.call_details import life_of, uuid_of
from mock_alohub.messages.message import Payload
from mock_alohub.providers.provider import Provider
from mock_alohub.specification.webhook import Webhook, literals, spellings
from mock_alohub.vietnam_time import VIETNAM

RECORDINGS: Final = "https://recordings.voipappz.example"
"""Where recordings are served by default; `.example` is reserved, so nobody is called by mistake."""
ENVIRONMENT: Final = "MOCK2024"
"""The name of the environment that is told of by default."""

_NOT_DIGITS: Final = re.compile(r"\D")
_FINAL: Final = frozenset({Moment.ENDED, Moment.REPORTED})


def provider(recordings: str = RECORDINGS, environment: str = ENVIRONMENT) -> Provider:
    """VoipAppz, with its recordings at the origin `recordings`, and the calls in `environment`."""
    return Provider("voipappz", partial(_render, recordings, environment))


def _render(recordings: str, environment: str, webhook: Webhook, call: Call, moment: Moment) -> Payload:
    """The values of `webhook`'s template for `call` at `moment`: null for what is not known by then."""
    life, agent, uuid = life_of(call), call.agent, str(uuid_of(call))
    inbound = call.direction is Direction.INBOUND
    answered = call.answered_at is not None and moment in {Moment.ANSWERED, *_FINAL}
    ended, reported = moment in _FINAL, moment is Moment.REPORTED
    customer, did = mobile(call.customer_number), f"972{land_line(life.dialled)[1:]}"
    return {
        "direction": _word(webhook, call.direction),
        "uuid": uuid,
        "type": _call_type(call, life),
        "created_at": _utc(call.started_at).isoformat(timespec="milliseconds"),
        "contact_number": life.colleague or customer,
        "caller_id_number": customer if inbound else did,
        "duration": call.total_s if ended else None,
        "ring_duration": life.agent_ring_s + life.customer_ring_s if answered or ended else None,
        "destination": land_line(life.dialled) if inbound else life.colleague or customer or "",
        "start_at": _time_of_day(call.started_at),
        "answer_at": _time_of_day(call.answered_at) if answered and call.answered_at else None,
        "environment_name": environment,
        "user_fullname": agent.name if agent else None,
        "user_name": agent.account if agent else "",
        "extension_username": agent.extension if agent else None,
        "cause": _cause(webhook, call) if ended else None,
        "sip_status": str(life.sip_code) if ended else None,
        "recording_url": f"{recordings}/recordings/{uuid}" if ended and call.recording else None,
        "duration_time": clock_time(call.total_s) if ended else None,
        "billing_duration": call.talk_s if reported else None,
        "billing_duration_time": clock_time(call.talk_s) if reported else None,
        "did_number": did,
        "did_name": did,
        "queue_disposition": _queue_end(webhook, life) if ended else None,
        "ivr_name": life.ivr.name if life.ivr else None,
        "call_state": None,
        "queue_name": life.queue.name if life.queue else None,
    }


def mobile(number: str) -> str | None:
    """An Israeli mobile number in its national form, made of the last eight digits of `number`; None without any."""
    digits = _NOT_DIGITS.sub("", number)
    return f"05{digits[-8:]:0>8}" if digits else None


def land_line(number: str) -> str:
    """An Israeli number of the 072 range in its national form, made of the last seven digits of `number`."""
    return f"072{_NOT_DIGITS.sub('', number)[-7:]:0>7}"


def clock_time(seconds: int) -> str:
    """A duration as `HH:MM:SS`."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def summer_time(at: datetime) -> bool:
    """Whether Israel's clocks are an hour ahead at the instant `at`.

    From the Friday before the last Sunday of March, 02:00, to the last Sunday of October, 02:00 (Israel, Time
    Determination Law, as amended in 2013). In UTC that is midnight of that Friday, and 23:00 of the day before.
    """
    spring = _last_sunday(at.year, 3) - timedelta(days=2)
    autumn = _last_sunday(at.year, 10) - timedelta(hours=1)
    return spring <= at < autumn


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=VIETNAM).astimezone(UTC)


def _time_of_day(at: datetime) -> str:
    there = _utc(at)
    return f"{there + timedelta(hours=3 if summer_time(there) else 2):%H:%M:%S}"


def _word(webhook: Webhook, direction: Direction) -> str:
    """The first word of the schema for `direction`."""
    return next(word for word, meant in literals(webhook, "x-direction").items() if meant == direction)


def _call_type(call: Call, life: Life) -> str:
    if life.colleague:
        return "extension_to_extension"
    if call.direction is Direction.OUTBOUND:
        return "extension_to_number"
    return "did_to_que" if life.queue else "did_to_extension"


def _cause(webhook: Webhook, call: Call) -> str:
    """Three causes are documented: what was neither answered nor busy reads as no answer."""
    words = spellings(webhook)
    return words.get(call.outcome) or words[Outcome.NO_ANSWER]


def _queue_end(webhook: Webhook, life: Life) -> str | None:
    if life.queue is None:
        return None
    meant = literals(webhook, "x-queue-end")
    return next(word for word, end in meant.items() if end == life.queue.ended)


VOIPAPPZ: Final = provider()
