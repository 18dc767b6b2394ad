"""Acknowledgement: every call that can occur is answered with 200, and with nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from mock_alohub.calls.call import ENDED_BY, Direction, Moment, Outcome, Party
from mock_alohub.calls.call_details import possible, with_life
from mock_alohub.check.effects import Unknown
from mock_alohub.check.evidence import Evidence, Exchange
from mock_alohub.check.expectation import findings_of, got, taken
from mock_alohub.check.rule import Case, Finding, Findings, Level, Need, Rule, Skip, Stage, Tried, judged, rule
from mock_alohub.check.rules import sources
from mock_alohub.check.rules.cases import MessageMaker, about, calls_of_any_day, one_message, ordinary, with_value
from mock_alohub.messages.transmission import FRESH, ORDINARY, Wire
from mock_alohub.specification.webhook import literals

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.messages.endpoint import Endpoint
    from mock_alohub.messages.message import Message

_STEADY_CALLS: Final = 30
_PACKETS: Final = Wire(pieces=4, pause_s=0.01, fresh=True)
_FEWEST_STEADY: Final = 5
_STEADY_S: Final = 10.0


@rule(
    "ack.every-outcome",
    Level.MUST,
    "Every outcome is acknowledged",
    source=sources.STATUS_TABLE,
    sends="one call for each outcome, direction and side that ended it",
    fix="answer 200 before looking at the outcome; store what you do not know yet instead of refusing it",
    rests_on="acknowledged-by",
    of_calls=True,
)
def every_outcome(subject: WebhookUnderTest) -> Iterable[Case]:
    """200 for each outcome, direction and hangup_by that can occur."""
    for outcome, parties in ENDED_BY.items():
        for direction in (one for one in Direction if subject.tells_of(outcome, one)):
            for party in parties:
                yield _outcome_case(subject, outcome, direction, party)


def _outcome_case(subject: WebhookUnderTest, outcome: Outcome, direction: Direction, party: Party) -> Case:
    spelling = subject.spelling(outcome)
    hint = ""
    if spelling is not None and spelling.assumed:
        hint = (
            f"answer 200. The spelling `{spelling.literal}` is assumed, for the documents do not publish it: "
            f"if yours is another, say --status-spelling {outcome}=<yours>"
        )
    return one_message(
        subject,
        f"{outcome}, {direction}, ended by {party}",
        about(outcome=outcome, direction=direction, ended_by=party),
        hint=hint,
    )


@judged(
    "ack.exactly-200",
    Level.MUST,
    "Nothing but 200 acknowledges",
    source=sources.QUICK_RESPONSE,
    sends="nothing of its own: looks at the answer to every call that was taken",
    fix="answer exactly 200; after 201, 202, 204 or a redirect the provider sends the call again",
    rests_on="acknowledged-by",
)
def exactly_200(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """Nothing but 200 acknowledges: 201, 202, 204 and 3xx cause retries; redirects are not followed."""
    accepted = [exchange for exchange in evidence.meant_to_be_taken() if taken(exchange.attempt)]
    if not accepted:
        return Skip("no call was taken")
    policies = {subject.name: subject.policy for subject in subjects}
    wrong = [one for one in accepted if policies[one.webhook].failure(one.attempt) is not None]
    statuses = sorted({one.attempt.status or 0 for one in wrong})
    return [_wrong_status(status, wrong, len(accepted)) for status in statuses]


def _wrong_status(status: int, wrong: Sequence[Any], accepted: int) -> Finding:
    same = [one for one in wrong if one.attempt.status == status]
    case = f"{len(same)} of {accepted} calls that were taken, first in {same[0].rule} ({same[0].case})"
    return Finding(case, got(same[0].attempt), "exactly 200", exchange=same[0])


@rule(
    "ack.running-call",
    Level.MUST,
    "Events of a running call are acknowledged",
    source=sources.RUNNING_CALL,
    sends="an answered call that has not ended: endtime, durations, hangup_by and recording are empty",
    fix="accept empty strings in the fields that are known only when the call has ended",
    absent="only webhooks that report running calls have such events",
    rests_on="acknowledged-by",
)
def running_call(subject: WebhookUnderTest) -> Iterable[Case]:
    """Events of a running call (endtime, durations, hangup_by, recording empty) are acknowledged."""
    for word in subject.webhook.fires[:-1]:
        moment = Moment(word)
        for direction in Direction:
            if subject.tells_of(Outcome.ANSWERED, direction) and possible(moment, Outcome.ANSWERED, direction):
                yield one_message(subject, f"{word} and running, {direction}", ordinary(moment, direction=direction))


@rule(
    "ack.status-changes",
    Level.MUST,
    "Every status change of one call is acknowledged",
    source=sources.STATUS_CHANGES,
    sends="one call from its first event to its last, all with the same call id",
    fix="a call id that comes back with other content is news, not a conflict: update what you stored, answer 200",
    builds_on=("ack.running-call",),
    absent="only webhooks that report running calls send several events of one call",
    rests_on="acknowledged-by",
)
def status_changes(subject: WebhookUnderTest) -> Iterable[Case]:
    """Every status change of one call is acknowledged."""

    async def run(probe: Probe) -> Findings:
        first, *later = subject.messages(probe.ordinary_call())
        await probe.send(first)
        return findings_of(*await probe.send_all(later))

    if subject.reports_running_calls:
        for number in ("first", "second", "third"):
            yield Case(f"running, then ended: {number} call", subject.name, run)


_UNUSUAL_CALLS: Final[dict[str, dict[str, Any]]] = {
    "a call of five hours": {"talk_s": 5 * 3600},
    "eleven minutes on hold": {"talk_s": 900, "held_s": 660},
    "a call of zero seconds": {"ring_s": 0, "talk_s": 0, "held_s": 0},
    "a call with a hotline": {"hotline": "1900123456"},
    "a call without a hotline": {"hotline": ""},
    "a transaction id of 120 characters": {"transaction_id": "TRANSID_" + "7" * 112},
}


@rule(
    "ack.unusual-calls",
    Level.MUST,
    "Documented but unusual calls are acknowledged",
    source=sources.FIELDS,
    sends="a five-hour call, a call over midnight, holds, hotlines, zero seconds, long ids, unusual field values",
    fix="accept every value that the field table allows, not only those of the sample",
    rests_on="acknowledged-by",
)
def unusual_calls(subject: WebhookUnderTest) -> Iterable[Case]:
    """Documented but unusual values are acknowledged."""
    if subject.webhook.drawn:
        for name, example in subject.webhook.examples.items():
            yield one_message(subject, f"the document's {name}", _shown_in(example))
    else:
        for name, wishes in _UNUSUAL_CALLS.items():
            yield one_message(subject, name, ordinary(**wishes))
        yield one_message(subject, "a call over midnight", _over_midnight)
    yield from _field_values(subject, subject.unusual_values)


@rule(
    "ack.unusual-text",
    Level.SHOULD,
    "Text as people write it is acknowledged",
    source=sources.practice("Values the documents leave open"),
    sends="diacritics, apostrophes, quotes and emoji in names; numbers as 84… and +84…; no agent, no transaction",
    fix="store text as UTF-8 and do not refuse what the field table leaves open",
)
def unusual_text(subject: WebhookUnderTest) -> Iterable[Case]:
    """Text as people write it, and values the documents leave open, are acknowledged."""
    yield from _field_values(subject, subject.open_values)
    if not subject.webhook.drawn:
        yield one_message(subject, "a call that reached no agent", ordinary(agent=None))
        yield one_message(subject, "a call without a transaction", ordinary(transaction_id=""))


@rule(
    "ack.local-call",
    Level.MUST,
    "A call from one extension to another is acknowledged",
    source=sources.FIELDS,
    sends="calls without a customer: an answered one, and one that nobody answered",
    fix="do not expect a customer's number or a hotline in every call; store what you have no use for, or leave it",
    builds_on=("ack.every-outcome", "ack.running-call"),
    absent="the specification has no word for a call between extensions",
    rests_on="acknowledged-by",
    of_calls=True,
)
def local_call(subject: WebhookUnderTest) -> Iterable[Case]:
    """Calls between two extensions, answered or not, are acknowledged."""
    if _LOCAL not in literals(subject.webhook, "x-direction").values():
        return
    simulator = calls_of_any_day()
    for outcome in (Outcome.ANSWERED, Outcome.NO_ANSWER):
        for moment in subject.moments(subject.call(simulator, outcome=outcome, direction=Direction.OUTBOUND)):
            yield one_message(subject, f"{outcome}, at its moment {moment}", _local(outcome, moment))


_LOCAL: Final = "local"


def _local(outcome: Outcome, moment: Moment) -> MessageMaker:
    def make(probe: Probe) -> Message:
        call = probe.ordinary_call(outcome=outcome, direction=Direction.OUTBOUND, ended_by=None, transaction_id="")
        return probe.message(with_life(call, local=True), moment)

    return make


def _shown_in(example: Mapping[str, Any]) -> MessageMaker:
    return lambda probe: probe.subject.written(probe.ordinary_call(), dict(example))


def _over_midnight(probe: Probe) -> Message:
    # Last midnight: a call that ends in the future is one that a careful endpoint refuses.
    yesterday = probe.harness.now - timedelta(days=1)
    return probe.message(probe.ordinary_call(at=yesterday, after_midnight=True, ring_s=8, talk_s=40, held_s=0))


def _field_values(subject: WebhookUnderTest, values: Iterable[tuple[str, Any]]) -> Iterable[Case]:
    for field, value in values:
        yield one_message(subject, f"{field} is {_shown(value)}", with_value(field, value))


def _shown(value: object) -> str:
    text = "empty" if value == "" else "null" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


@rule(
    "ack.steady",
    Level.MUST,
    "No call in a row of ordinary ones is dropped",
    source=sources.QUICK_RESPONSE,
    sends=f"{_STEADY_CALLS} different calls one after the other, over kept-alive and fresh connections",
    fix="look for what changes between two ordinary calls: a pool that runs dry, a worker that restarts, a rate limit",
    rests_on="acknowledged-by",
)
def steady(subject: WebhookUnderTest) -> Iterable[Case]:
    """No call in a row of ordinary ones is dropped."""

    async def run(probe: Probe) -> Findings:
        began, exchanges = monotonic(), list[Exchange]()
        for number in range(_STEADY_CALLS):
            if number >= _FEWEST_STEADY and monotonic() - began > _STEADY_S:
                break  # a slow endpoint has shown its steadiness by now
            exchanges.append(await probe.send(probe.message(), wire=FRESH if number % 3 == 0 else ORDINARY))
        return findings_of(*exchanges)

    yield Case(f"{_STEADY_CALLS} calls in a row", subject.name, run)
    if subject.has_body:
        yield one_message(subject, "a call whose body comes in several packets", ordinary(), wire=_PACKETS)


@rule(
    "ack.outcomes-kept",
    Level.SHOULD,
    "What is acknowledged is processed, whatever its outcome",
    source=sources.practice("Acknowledged is kept"),
    sends="a call for each outcome and direction, and an ordinary one; reads how often each was processed",
    fix="store missed calls like any other: what is acknowledged is not sent again. An endpoint that leaves them "
    "out on purpose says so with --skip-rule ack.outcomes-kept",
    stage=Stage.ALONE,
    needs=(Need.EFFECTS,),
    builds_on=("ack.every-outcome",),
    of_calls=True,
)
def outcomes_kept(subject: WebhookUnderTest) -> Iterable[Case]:
    """A call that was acknowledged is processed, answered or not, inbound or outbound."""

    async def run(probe: Probe) -> Tried:
        wishes = [
            {"outcome": outcome, "direction": direction}
            for outcome in Outcome
            for direction in Direction
            if subject.tells_of(outcome, direction)
        ]
        sent = [(wish, await probe.send(probe.message(probe.call(**wish)))) for wish in wishes]
        marker = await probe.send(probe.message())
        try:
            # The marker came last: when it was worked on, so were the others, if they ever are.
            if await probe.settled_count(marker.transmission.message) == 0:
                return Skip("the effects URL shows no effect of an ordinary call either")
            missing = [(wish, one) for wish, one in sent if taken(one.attempt) and not await _count(probe, one)]
            if missing:
                # Workers overtake each other: those that are behind get as long as effects may take.
                from asyncio import sleep  # here, for whoever lists the rules need not wait for an event loop

                await sleep(probe.harness.effects_wait_s)
                missing = [(wish, one) for wish, one in missing if not await _count(probe, one)]
        except Unknown as unknown:
            return Skip(str(unknown))
        return [
            Finding(", ".join(wish.values()), "acknowledged, and never processed", "processed once", exchange=one)
            for wish, one in missing
        ]

    yield Case("a call of each outcome and direction", subject.name, run)


async def _count(probe: Probe, exchange: Exchange) -> int:
    return await probe.count(exchange.transmission.message)


RULES: Final[tuple[Rule, ...]] = (
    every_outcome,
    exactly_200,
    outcomes_kept,
    running_call,
    status_changes,
    unusual_calls,
    unusual_text,
    local_call,
    steady,
)
