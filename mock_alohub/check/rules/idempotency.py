"""Idempotency: the same event may come more than once, and must count once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mock_alohub.check.effects import Unknown
from mock_alohub.check.evidence import Exchange, Expect
from mock_alohub.check.expectation import findings_of, taken, times
from mock_alohub.check.rule import Case, Finding, Findings, Level, Need, Rule, Skip, Stage, Tried, rule
from mock_alohub.check.rules import sources
from mock_alohub.messages.transmission import HangUp, Wire

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.messages.message import Message

_COPIES: Final = 5
_OTHERS: Final = 12
_DUPLICATES_ARE_NORMAL = "a copy of what you know is normal (it is a retry): answer 200 and do nothing else"


@rule(
    "idempotency.duplicate",
    Level.MUST,
    "A second copy is acknowledged",
    source=sources.IDEMPOTENCY,
    sends="the same bytes twice, one after the other; where tries are counted, with a higher count as well",
    fix=_DUPLICATES_ARE_NORMAL,
    rests_on="acknowledged-by",
)
def duplicate(subject: WebhookUnderTest) -> Iterable[Case]:
    """A second copy is acknowledged, byte-identical or with its tries counted."""

    async def run(probe: Probe) -> Findings:
        message = probe.message()
        _, *copies = await probe.send_all([message, message, message])
        return findings_of(*copies)

    async def counted(probe: Probe) -> Findings:
        _, *copies = await probe.send_all(_tries(probe))
        return findings_of(*copies)

    yield Case("the same call again, twice", subject.name, run)
    if subject.fields_with_role(_ATTEMPT):
        yield Case("sent again with a higher count, twice", subject.name, counted)


_ATTEMPT: Final = "attempt"
"""The role of a field that counts how often a message was sent."""


def _tries(probe: Probe) -> list[Message]:
    """A message and its retries, as the provider sends them again."""
    message = probe.message()
    return [message, *(probe.subject.retried(message, number) for number in (1, 2))]


@rule(
    "idempotency.concurrent",
    Level.MUST,
    "Copies that arrive together are all acknowledged",
    source=sources.IDEMPOTENCY,
    sends=f"{_COPIES} identical copies at the same moment",
    fix="let the database decide who is first (INSERT … ON CONFLICT DO NOTHING) and answer 200 to all of them",
    stage=Stage.ALONE,
    builds_on=("ack.steady", "idempotency.duplicate"),
    rests_on="acknowledged-by",
)
def concurrent(subject: WebhookUnderTest) -> Iterable[Case]:
    """Copies arriving together are all acknowledged."""

    async def run(probe: Probe) -> Findings:
        copies = [probe.message()] * _COPIES
        return findings_of(*await probe.together(copies, expect=Expect.IN_TIME, patience=_COPIES))

    for number in ("first", "second"):
        yield Case(f"{_COPIES} copies at once, {number} time", subject.name, run)


@rule(
    "idempotency.after-abort",
    Level.MUST,
    "A retry after the sender gave up is acknowledged",
    source=sources.QUICK_RESPONSE,
    sends="a call, hangs up before the answer, and sends the same call again at once",
    fix="a client that hangs up must not leave a lock or a half-open transaction behind",
    stage=Stage.ALONE,
    builds_on=("ack.steady", "idempotency.duplicate", "idempotency.concurrent"),
    rests_on="acknowledged-by",
)
def after_abort(subject: WebhookUnderTest) -> Iterable[Case]:
    """A retry after the sender gave up is acknowledged."""
    for hang_up in HangUp:

        async def run(probe: Probe, hang_up: HangUp = hang_up) -> Findings:
            message = probe.message()
            await probe.send(message, expect=Expect.NOTHING, wire=Wire(hang_up=hang_up, fresh=True))
            return findings_of(await probe.send(message, expect=Expect.IN_TIME))

        yield Case(f"hung up {_HANG_UPS[hang_up]}, then sent again", subject.name, run)


_HANG_UPS: Final = {HangUp.AFTER_REQUEST: "after the request", HangUp.RESET: "with a reset"}


@rule(
    "idempotency.processed-once",
    Level.MUST,
    "Duplicates are processed once",
    source=sources.IDEMPOTENCY,
    sends="copies one after the other, at once, after other calls, and after the sender gave up; reads how often the "
    "call was processed",
    fix="remember the event under a unique key before working on it, in the same transaction",
    stage=Stage.ALONE,
    needs=(Need.EFFECTS,),
    builds_on=("idempotency.duplicate", "idempotency.concurrent", "idempotency.after-abort"),
)
def processed_once(subject: WebhookUnderTest) -> Iterable[Case]:
    """Duplicates are processed once."""

    async def one_by_one(probe: Probe) -> Tried:
        message = probe.message()
        return await _once(probe, message, await probe.send_all([message] * 3))

    async def at_once(probe: Probe) -> Tried:
        message = probe.message()
        return await _once(probe, message, await probe.together([message] * _COPIES, patience=_COPIES))

    async def after_others(probe: Probe) -> Tried:
        message = probe.message()
        others = [probe.message() for _ in range(_OTHERS)]
        return await _once(probe, message, await probe.send_all([message, *others, message]))

    async def after_hang_up(probe: Probe) -> Tried:
        message = probe.message()
        await probe.send(message, expect=Expect.NOTHING, wire=Wire(hang_up=HangUp.AFTER_REQUEST, fresh=True))
        return await _once(probe, message, [await probe.send(message, expect=Expect.IN_TIME)])

    yield Case("three copies, one after the other", subject.name, one_by_one)
    yield Case(f"{_COPIES} copies at once", subject.name, at_once)
    yield Case(f"a copy after {_OTHERS} other calls", subject.name, after_others)

    async def counted(probe: Probe) -> Tried:
        tries = _tries(probe)
        return await _once(probe, tries[0], await probe.send_all(tries))

    yield Case("a copy after the sender hung up", subject.name, after_hang_up)
    if subject.fields_with_role(_ATTEMPT):
        yield Case("copies whose tries are counted", subject.name, counted)


async def _once(probe: Probe, message: Message, exchanges: list[Exchange]) -> Tried:
    try:
        count = await probe.settled_count(message)
    except Unknown as unknown:
        return Skip(str(unknown))
    if count == 0 and not any(taken(exchange.attempt) for exchange in exchanges):
        return Skip("no copy was acknowledged")
    if count == 1:
        return []
    return [Finding(probe.case, f"processed {times(count)}", "processed once", exchange=exchanges[-1])]


@rule(
    "idempotency.distinct-calls",
    Level.MUST,
    "Two calls alike but for their id are both processed",
    source=sources.IDEMPOTENCY,
    sends="two calls with the same numbers, times, agent and transaction; reads how often each was processed",
    fix="tell calls apart by their id, not by number and time",
    stage=Stage.ALONE,
    needs=(Need.EFFECTS,),
    of_calls=True,
)
def distinct_calls(subject: WebhookUnderTest) -> Iterable[Case]:
    """Two calls alike but for call_id are both processed."""

    async def run(probe: Probe) -> Tried:
        # One transaction may take several calls: who tells calls apart by it loses the second.
        call = probe.ordinary_call(transaction_id=f"TRANSID_{probe.harness.seed}")
        twin = call._replace(id=probe.call(at=call.started_at).id)
        messages = [probe.message(call), probe.message(twin)]
        return await _all_processed(probe, messages, await probe.send_all(messages))

    async def at_once(probe: Probe) -> Tried:
        messages = [probe.message() for _ in range(_COPIES)]
        return await _all_processed(probe, messages, await probe.together(messages, patience=_COPIES))

    yield Case("two calls alike but for their id", subject.name, run)
    yield Case(f"{_COPIES} different calls at once", subject.name, at_once)


async def _all_processed(probe: Probe, messages: list[Message], exchanges: list[Exchange]) -> Tried:
    try:
        counts = [await probe.count_of_at_least(1, message) for message in messages]
    except Unknown as unknown:
        return Skip(str(unknown))
    return [
        Finding(probe.case, "not processed", "each call processed", exchange=exchange)
        for exchange, count in zip(exchanges, counts, strict=True)
        if count == 0 and taken(exchange.attempt)
    ]


RULES: Final[tuple[Rule, ...]] = (duplicate, concurrent, after_abort, processed_once, distinct_calls)
