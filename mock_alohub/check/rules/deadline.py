"""The deadline: an acknowledgement counts only when it is complete in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from mock_alohub.check.evidence import Evidence, Exchange, Expect
from mock_alohub.check.expectation import broken, got, milliseconds, taken
from mock_alohub.check.rule import Case, Finding, Findings, Level, Rule, Skip, Stage, Tried, judged, rule
from mock_alohub.check.rules import sources
from mock_alohub.messages.attempt import Cause
from mock_alohub.percentiles import nearest_rank

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.messages.endpoint import Endpoint

_HEADROOM: Final = 5
"""How many times over the deadline should hold for 95 of 100 calls."""
_ENOUGH: Final = 5
"""Fewer answers than this say nothing about a 95th percentile."""


def _one_at_a_time(evidence: Evidence) -> list[Exchange]:
    """The calls that were sent alone and whose lateness no other rule judges."""
    return [exchange for exchange in evidence if exchange.expect is Expect.TAKEN and exchange.at_once == 1]


@judged(
    "deadline.within-5s",
    Level.MUST,
    "Every acknowledgement is in time",
    source=sources.QUICK_RESPONSE,
    sends="nothing of its own: looks at the time of every call, from connecting to the last byte of the answer",
    fix="answer first and work later: put the call in a queue and return 200 at once",
    rests_on="deadline",
)
def within_5s(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """Every acknowledgement is complete within the contract's deadline."""
    sent = _one_at_a_time(evidence)
    late = [exchange for exchange in sent if exchange.attempt.cause is Cause.DEADLINE]
    if not late and not any(taken(exchange.attempt) for exchange in sent):
        return Skip("no call was acknowledged")
    deadlines_s = {subject.name: subject.policy.deadline_s for subject in subjects}
    return [
        Finding(
            f"{one.rule}: {one.case}",
            got(one.attempt),
            f"a complete answer within {milliseconds(deadlines_s[one.webhook])}",
            exchange=one,
        )
        for one in late
    ]


@rule(
    "deadline.burst",
    Level.MUST,
    "The deadline holds when calls end together",
    source=sources.QUICK_RESPONSE,
    sends="20 different calls at the same moment (--burst N), each on a connection of its own",
    fix="answer before working, and run enough workers: calls of a call centre end at the same moment",
    stage=Stage.ALONE,
    builds_on=("ack.steady",),
    rests_on="deadline",
)
def burst(subject: WebhookUnderTest) -> Iterable[Case]:
    """The deadline holds when calls end together."""

    async def run(probe: Probe) -> Findings:
        exchanges = await probe.together([probe.message() for _ in range(probe.harness.burst)])
        late = [one for one in exchanges if one.attempt.cause is Cause.DEADLINE]
        lost = [one for one in exchanges if broken(one)]
        deadline = milliseconds(subject.policy.deadline_s)
        return [
            *_of_the_burst(late, len(exchanges), "late", f"every answer within {deadline}"),
            *_of_the_burst(lost, len(exchanges), "not acknowledged", "200 for each of them"),
        ]

    yield Case("calls that end together", subject.name, run)


def _of_the_burst(some: Sequence[Exchange], of: int, what: str, wanted: str) -> Findings:
    if not some:
        return []
    return [Finding(f"{of} calls at once", f"{len(some)} {what}: {got(some[0].attempt)}", wanted, exchange=some[0])]


@judged(
    "deadline.headroom",
    Level.SHOULD,
    "There is room before the deadline",
    source=sources.BEST_PRACTICE,
    sends="nothing of its own: looks at the times of all calls that were acknowledged",
    fix="answer first and work later; an endpoint near the deadline in a quiet hour misses it in a busy one",
)
def headroom(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """95 of 100 acknowledgements take no more than a fifth of the deadline."""
    taken_ones = [exchange for exchange in _one_at_a_time(evidence) if taken(exchange.attempt)]
    if len(taken_ones) < _ENOUGH:
        return Skip("too few calls were acknowledged to say")
    ordered = sorted(taken_ones, key=lambda exchange: exchange.attempt.elapsed_s)
    p95 = nearest_rank(ordered, 0.95)
    limit_s = min(subject.policy.deadline_s for subject in subjects) / _HEADROOM
    if p95.attempt.elapsed_s <= limit_s:
        return []
    return [
        Finding(
            f"95th percentile of {len(ordered)} calls",
            milliseconds(p95.attempt.elapsed_s),
            f"at most {milliseconds(limit_s)}, a fifth of the deadline",
            exchange=p95,
        )
    ]


RULES: Final[tuple[Rule, ...]] = (within_5s, burst, headroom)
