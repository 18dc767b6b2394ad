"""Order: events may overtake each other, and may be old."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mock_alohub.calls.call import Call, Moment
from mock_alohub.check.effects import Unknown
from mock_alohub.check.expectation import findings_of, taken, times
from mock_alohub.check.rule import Case, Finding, Findings, Level, Need, Rule, Skip, Stage, Tried, joint, rule
from mock_alohub.check.rules import sources
from mock_alohub.check.rules.cases import calls_of_any_day, one_message
from mock_alohub.messages.message import Message, with_fields

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest

_ONE_EVENT = "only webhooks that report running calls send several events of one call"
_DAYS_OLD: Final = 3
_LATER_MS: Final = 90_000


@rule(
    "order.reversed",
    Level.MUST,
    "A late earlier event is acknowledged",
    source=sources.STATUS_CHANGES,
    sends="the final event of a call, then the one in which it was still running",
    fix="answer 200 to an event that comes too late, and do not let it overwrite the newer one",
    builds_on=("ack.running-call", "ack.status-changes"),
    absent=_ONE_EVENT,
    rests_on="acknowledged-by",
)
def reversed_(subject: WebhookUnderTest) -> Iterable[Case]:
    """A late earlier event is acknowledged."""

    async def run(probe: Probe) -> Findings:
        last, *earlier = reversed(subject.messages(probe.ordinary_call()))
        await probe.send(last)
        return findings_of(*await probe.send_all(earlier))

    if subject.reports_running_calls:
        yield Case("ended, then running", subject.name, run)


@rule(
    "order.interleaved",
    Level.MUST,
    "Events of several calls may mix",
    source=sources.STATUS_CHANGES,
    sends="four running calls, then their final events in another order",
    fix="keep state by call id, never in a variable that the next event overwrites",
    builds_on=("ack.running-call", "ack.status-changes", "ack.steady"),
    absent=_ONE_EVENT,
    rests_on="acknowledged-by",
)
def interleaved(subject: WebhookUnderTest) -> Iterable[Case]:
    """Events of several calls mixed are all acknowledged."""

    async def run(probe: Probe) -> Findings:
        lives = [subject.messages(probe.ordinary_call()) for _ in range(4)]
        running = [first for first, *_ in lives]
        ended = [last for *_, last in lives]
        return findings_of(*await probe.send_all([*running, *ended[::2], *ended[1::2]]))

    if subject.reports_running_calls:
        yield Case("events of four calls, mixed", subject.name, run)


@rule(
    "order.old-call",
    Level.SHOULD,
    "A call that ended days ago is acknowledged",
    source=sources.practice("Deliveries after an outage"),
    sends=f"a call that ended {_DAYS_OLD} days ago",
    fix="do not refuse by age: after an outage, calls come late",
    of_calls=True,
)
def old_call(subject: WebhookUnderTest) -> Iterable[Case]:
    """A call that ended three days ago is acknowledged."""
    yield one_message(
        subject,
        f"{_DAYS_OLD} days old",
        lambda probe: probe.message(probe.ordinary_call(at=probe.harness.now - timedelta(days=_DAYS_OLD))),
    )


@rule(
    "order.status-change-kept",
    Level.SHOULD,
    "A status change is not dropped as a duplicate",
    source=sources.STATUS_CHANGES,
    sends="a running call, then its end; reads how often the call was processed after each",
    fix="tell duplicates apart by call id, status and end time; an endpoint that counts calls says so with "
    "--skip-rule order.status-change-kept",
    stage=Stage.ALONE,
    needs=(Need.EFFECTS,),
    builds_on=("ack.status-changes",),
    absent=_ONE_EVENT,
)
def status_change_kept(subject: WebhookUnderTest) -> Iterable[Case]:
    """A status change is not dropped as a duplicate of its call_id."""

    async def run(probe: Probe) -> Tried:
        running, *_, ended = subject.messages(probe.ordinary_call())
        try:
            await probe.send(running)
            before = await probe.count_of_at_least(1, running)
            exchange = await probe.send(ended)
            after = await probe.count_of_at_least(before + 1, running)
        except Unknown as unknown:
            return Skip(str(unknown))
        if after > before or not taken(exchange.attempt):
            return []
        return [
            Finding(
                probe.case,
                f"processed {times(before)} before it and {times(after)} after it",
                "once more than before",
                exchange=exchange,
            )
        ]

    if subject.reports_running_calls:
        yield Case("running, then ended", subject.name, run)


@rule(
    "order.report-again",
    Level.SHOULD,
    "A report that comes again with more in it is acknowledged",
    source=sources.practice("Reports that are updated"),
    sends="the report of a call and a later version of it, in this order and in the other",
    fix="insert or update by the call's id, and keep the version that was updated last; the id is no conflict",
    absent="the specification has no field that says when a report was updated",
)
def report_again(subject: WebhookUnderTest) -> Iterable[Case]:
    """A later version of a report is acknowledged, and so is an older one that comes after it."""

    def versions(*, older_last: bool) -> Callable[[Probe], Awaitable[Tried]]:
        async def run(probe: Probe) -> Tried:
            older = probe.message()
            newer = _updated(subject, older)
            first, second = (newer, older) if older_last else (older, newer)
            await probe.send(first)
            return findings_of(await probe.send(second))

        return run

    if subject.fields_with_role(_UPDATED_AT):
        yield Case("the report, then a later version", subject.name, versions(older_last=False))
        yield Case("a later version, then the report", subject.name, versions(older_last=True))


_UPDATED_AT: Final = "updated-at"
"""The role of a field that says when a report was updated last, in milliseconds since 1970."""


def _updated(subject: WebhookUnderTest, message: Message) -> Message:
    """`message` as it is sent again when more is known: updated later, with what `x-later` gives its fields."""
    payload = message.payload
    later = {name: payload[name] + _LATER_MS for name in subject.fields_with_role(_UPDATED_AT)}
    return with_fields(message, {**dict(subject.later_values), **later})


@joint(
    "order.across-webhooks",
    Level.SHOULD,
    "Events of one call may come by several webhooks, in any order",
    source=sources.practice("Events that overtake each other"),
    sends="what the webhooks under test say of one call: of one from first to last, of another the other way round",
    fix="keep what each event says under the call's id; one that is late, or is not the first, is no conflict",
    builds_on=(
        "ack.every-outcome",
        "ack.running-call",
        "ack.status-changes",
        "idempotency.duplicate",
        "order.reversed",
        "order.interleaved",
    ),
    absent="no call is told of by two of these webhooks",
)
def across_webhooks(subjects: Sequence[WebhookUnderTest]) -> Iterable[Case]:
    """What several webhooks say of one call is acknowledged, in whatever order it comes."""
    for lead, *others in _telling_together(subjects):
        names = tuple(other.name for other in others)
        yield Case("from first to last", lead.name, _told(lead, *others, backwards=False), names)
        yield Case("the last first", lead.name, _told(lead, *others, backwards=True), names)


def _told(*subjects: WebhookUnderTest, backwards: bool) -> Callable[[Probe], Awaitable[Tried]]:
    async def run(probe: Probe) -> Tried:
        call = probe.ordinary_call()
        events = [(one, moment) for moment in Moment for one in subjects if moment in one.moments(call)]
        told = [
            await replace(probe, subject=one).send(one.message(call, moment))
            for one, moment in (reversed(events) if backwards else events)
        ]
        return findings_of(*told[1:])

    return run


def _telling_together(subjects: Sequence[WebhookUnderTest]) -> Iterator[list[WebhookUnderTest]]:
    """Of each provider, as many webhooks as tell of one call by one id; it is an ordinary call of the first of them."""
    for provider in dict.fromkeys(subject.webhook.provider for subject in subjects):
        group = [subject for subject in subjects if subject.webhook.provider == provider]
        most = max(([lead, *_joining(lead, group)] for lead in group), key=len)
        if len(most) > 1:
            yield most


def _joining(lead: WebhookUnderTest, group: Iterable[WebhookUnderTest]) -> Iterator[WebhookUnderTest]:
    call = lead.call(calls_of_any_day(), **lead.ordinary_call)
    return (other for other in group if other is not lead and _id_in(other, call) == _id_in(lead, call) != "")


def _id_in(subject: WebhookUnderTest, call: Call) -> str:
    """The id of `call` as `subject` tells it, "" where it tells of no such call, or no id."""
    told = subject.fields_with_role("call-id") and subject.moments(call)
    return subject.call_id(subject.message(call)) if told else ""


RULES: Final[tuple[Rule, ...]] = (
    reversed_,
    interleaved,
    old_call,
    status_change_kept,
    report_again,
    across_webhooks,
)
