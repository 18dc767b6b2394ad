"""Messages about simulated calls, as `send` and `generate` want them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from mock_alohub.calls.call import Call, Direction, Moment, Outcome, Party
from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.cli.wish_options import MOMENTS
from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.message import Message, with_fields, without_field
from mock_alohub.providers.provider import message_of, moments
from mock_alohub.specification.webhook import Webhook, fields
from mock_alohub.vietnam_time import local_now

SEEDED_START: Final = datetime(2024, 1, 13, 8)  # noqa: DTZ001 - local to Vietnam, as all times of calls are
"""Where a seeded run starts when nothing else is said: the morning of the call in Alohub's own sample."""
_TRIES: Final = 100
_AGO: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What messages are to be about: how many calls, which facts, which moments, which fields otherwise.

    `changes` are (field, value) with the value as text and whether it must be read as JSON.
    """

    count: int
    seed: int
    start: datetime | None = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    ended_by: Party | None = None
    moment: Moment | None = None
    changes: Sequence[tuple[str, str, bool]] = ()
    removals: Sequence[str] = ()


def wishes(chosen: Mapping[str, Any], seed: int) -> Wishes:
    """What the options of `wish_options` ask for. A seed that was given fixes the start, too."""
    start = chosen["start"]
    if start is None and chosen["seed"] is not None:
        start = SEEDED_START
    return Wishes(
        count=chosen["count"],
        seed=seed,
        start=start,
        outcome=chosen["outcome"] and Outcome(chosen["outcome"]),
        direction=chosen["direction"] and Direction(chosen["direction"]),
        ended_by=chosen["ended_by"] and Party(chosen["ended_by"]),
        moment=chosen["moment"] and MOMENTS[chosen["moment"]],
        changes=chosen["changes"],
        removals=tuple(dict.fromkeys(chosen["removals"])),
    )


def drawn(webhooks: Sequence[Webhook], wanted: Wishes) -> Iterator[Message]:
    """The messages of `webhooks` about the calls that are wished for. Raises `BadOption`, `UnknownName`."""
    _demand_moment(webhooks, wanted)
    start = wanted.start if wanted.start is not None else local_now() - _AGO
    simulator = Simulator(wanted.seed, start=start)
    outcome = wanted.outcome or (Outcome.ANSWERED if wanted.moment is Moment.ANSWERED else None)
    edits = [(under_test(webhook), _edit(webhook, wanted)) for webhook in webhooks]
    subjects = [subject for subject, _ in edits]
    facts = {"outcome": outcome, "direction": wanted.direction, "ended_by": wanted.ended_by}
    for _ in range(wanted.count):
        call = _call(simulator, subjects, facts)
        for subject, edit in edits:
            for moment in _moments(subject.webhook, call, wanted.moment):
                yield edit(message_of(subject.provider, subject.webhook, call, moment))


def _call(simulator: Simulator, subjects: Sequence[WebhookUnderTest], facts: Mapping[str, Any]) -> Call:
    """A call of which one of the webhooks tells; of those that nobody wished to be otherwise, as many as it takes."""
    drawn = (simulator.call(**facts) for _ in range(_TRIES))
    told = (call for call in drawn if any(subject.moments(call) for subject in subjects))
    return next(told, None) or subjects[0].call(simulator, **facts)


def unknown_fields(webhooks: Sequence[Webhook], wanted: Wishes) -> list[str]:
    """The fields that are set though no webhook has them."""
    known = {field.name for webhook in webhooks for field in fields(webhook)}
    return [name for name, _, _ in wanted.changes if name not in known]


def _moments(webhook: Webhook, call: Call, wanted: Moment | None) -> Sequence[Moment]:
    return [moment for moment in moments(webhook, call) if wanted in {None, moment}]


def _demand_moment(webhooks: Sequence[Webhook], wanted: Wishes) -> None:
    if wanted.moment is None:
        return
    word = next(word for word, moment in MOMENTS.items() if moment is wanted.moment)
    if wanted.moment is Moment.ANSWERED and wanted.outcome not in {None, Outcome.ANSWERED}:
        raise BadOption(
            f"a call with outcome `{wanted.outcome}` is never {word}", hint="leave --moment or --outcome away"
        )
    for webhook in webhooks:
        if wanted.moment not in webhook.fires:
            raise BadOption(f"{webhook.name} is not sent while a call is {word}", hint="leave --moment away")


def _edit(webhook: Webhook, wanted: Wishes) -> Callable[[Message], Message]:
    kinds = {field.name: field.type for field in fields(webhook)}
    for name in wanted.removals:
        if name not in kinds:
            raise UnknownName(f"field of {webhook.name}", name, kinds)
    changes = {name: _value(text, kinds.get(name), as_json=json) for name, text, json in wanted.changes}

    def edit(message: Message) -> Message:
        edited = with_fields(message, changes) if changes else message
        for name in wanted.removals:
            edited = without_field(edited, name)
        return edited

    return edit


def _value(text: str, kind: str | None, *, as_json: bool) -> Any:
    """The value of a field: JSON, unless the field holds text anyway (`total_duration=300` means "300")."""
    if kind == "string" and not as_json:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def change(text: str) -> tuple[str, str, bool]:
    """What `--set` changes: (field, value as text, whether it must be read as JSON). Raises `BadOption`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip(" :"):
        raise BadOption(f"`{text}` changes no field; allowed: FIELD=VALUE, or FIELD:=JSON")
    if not name.endswith(":"):
        return name.strip(), value, False
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise BadOption(f"`{text}`: the value is not JSON ({error})", hint="FIELD=VALUE sets a text") from None
    return name.removesuffix(":").strip(), value, True
