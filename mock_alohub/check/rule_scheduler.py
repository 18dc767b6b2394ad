"""The course of a run: rule after rule, stage after stage, with an eye on the endpoint's health and on the time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from time import monotonic
from typing import Final

from mock_alohub.check.evidence import Exchange, Expect
from mock_alohub.check.expectation import seems_over
from mock_alohub.check.harness import Harness, TimeUp
from mock_alohub.check.preflight import Preflight
from mock_alohub.check.rule import NO_KEY_HEADER, Case, Finding, Need, Skip, Stage, Tried
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.errors import Mistake
from mock_alohub.messages.attempt import Cause

_ENOUGH_LATE: Final = 3
"""A rule whose cases hang is stopped after this many: the rest would tell nothing new, slowly."""
_SLOW_LIMIT_S: Final = 30.0
_LIMIT_S: Final = 600.0
_SHARES: Final = {Stage.TOGETHER: 0.6, Stage.ALONE: 0.85}
"""How far into the limit a stage may reach, so that something of every stage is seen of a slow endpoint too."""
_HEADROOM: Final = 5
_SECOND_CHANCES: Final = 3
_SECOND_CHANCE_S: Final = 0.3
_THROTTLED_S: Final = 1.1
"""An endpoint that says 429 is given this long; most count requests by the second."""
_LATER: Final = "the like was acknowledged when it was sent again"
_FEWER: Final = "it wants fewer requests, but calls come when they end"
_AFTER_A_LATE_ONE: Final = 2.0
_NO_ANSWER: Final = frozenset({Cause.RESET, Cause.REFUSED, Cause.CONNECT_TIMEOUT, Cause.PROTOCOL})
_STEADY: Final = "ack.steady"


@dataclass(slots=True)
class RuleScheduler:
    """One run through the rules whose results are given, still empty.

    `time_limit_s` None: 30 s for an endpoint that is slow, ten minutes for any other. `done` is called with each result
    that is over.
    """

    harness: Harness
    preflight: Preflight
    results: Mapping[str, RuleResult]
    done: Callable[[RuleResult], None]
    time_limit_s: float | None = None
    began: float = field(default_factory=monotonic)
    over: dict[str, asyncio.Event] = field(default_factory=dict)
    waited_in_vain: int = 0
    """How often an endpoint that says 429 said so again after a pause."""
    limit_s: float = _LIMIT_S
    died: str = ""
    """The rule and case during which the endpoint stopped accepting connections."""

    async def run(self) -> None:
        """Try every rule that sends something and was not tried by the preflight."""
        self.over = {rule_id: asyncio.Event() for rule_id in self.results}
        for rule_id, result in self.results.items():
            if result.rule.stage is Stage.FIRST:
                self.over[rule_id].set()
        await asyncio.gather(*(self._try(result) for result in self._of(Stage.TOGETHER)))
        self.harness.limit = asyncio.Semaphore(1)
        for stage in (Stage.ALONE, Stage.ROUGH, Stage.LAST):
            for result in self._of(stage):
                await self._try(result)

    def _of(self, stage: Stage) -> list[RuleResult]:
        return [result for result in self.results.values() if result.rule.stage is stage]

    async def _try(self, result: RuleResult) -> None:
        rule = result.rule
        for base in rule.builds_on:
            if base in self.over:
                await self.over[base].wait()
        try:
            reason = self._obstacle(result)
            if reason:
                result.note(Skip(reason))
            else:
                await self._cases(result)
        except Mistake:
            raise
        except Exception as error:  # whatever a rule does wrong is a crash of that rule alone
            result.crash = f"{type(error).__name__}: {error}"
        finally:
            self.over[rule.id].set()
        self.done(result)

    def _obstacle(self, result: RuleResult) -> str:
        """Why the rule cannot be tried at all, or ""."""
        rule = result.rule
        if not self.preflight.open:
            return self.preflight.reason
        missing = self.missing(rule.needs)
        if missing:
            return missing
        broken = [base for base in rule.builds_on if base in self.results and self.results[base].findings]
        return f"builds on {broken[0]}, which is broken" if broken else ""

    def missing(self, needs: Sequence[Need]) -> str:
        """Which of `needs` is not there, or ""."""
        there = {
            Need.KEY: self.harness.endpoint.key is not None,
            Need.EFFECTS: self.harness.effects is not None,
            Need.HTTPS: self.harness.endpoint.url.scheme == "https",
        }
        missing = next((need for need in needs if not there[need]), None)
        if missing is Need.KEY and not any(subject.webhook.key_header for subject in self.preflight.open):
            return NO_KEY_HEADER
        return missing.value if missing else ""

    async def _cases(self, result: RuleResult) -> None:
        subjects = {subject.name: subject for subject in self.preflight.open}
        cases = [(case, subjects[case.webhook]) for case in result.rule.cases(self.preflight.open)]
        if not cases:
            result.note(Skip(result.rule.why_absent(self.preflight.open)))
        for number, (case, subject) in enumerate(cases):
            stop = self._stop(result)
            if stop:
                result.note(Skip(f"{number} of {len(cases)} cases were tried: {stop}" if number else stop))
                return
            await self._case(result, case, subject)

    def _stop(self, result: RuleResult) -> str:
        """Why no further case of the rule is tried, or ""."""
        if result.rule.stage is Stage.LAST:
            self.harness.ends_at = math.inf
            return ""
        if self.died:
            return f"the endpoint stopped accepting connections during {self.died}"
        late = self.harness.evidence.late
        if late[result.rule.id] >= _ENOUGH_LATE:
            return "the last ones were not answered in time"
        self.limit_s = self.time_limit_s or (_SLOW_LIMIT_S if self._slow or late.total() >= _ENOUGH_LATE else _LIMIT_S)
        self.harness.ends_at = self.began + self.limit_s * _SHARES.get(result.rule.stage, 1.0)
        return self._time_up if monotonic() > self.harness.ends_at else ""

    @property
    def _time_up(self) -> str:
        return f"there was no time left of {self.limit_s:.0f} s (--time-limit)"

    @property
    def _slow(self) -> bool:
        return self.preflight.ordinary_s > min(one.policy.deadline_s for one in self.preflight.open) / _HEADROOM

    async def _case(self, result: RuleResult, case: Case, subject: WebhookUnderTest) -> None:
        before = len(self.harness.evidence)
        try:
            result.note(await self._once_more_if_unsteady(result, case, subject))
        except TimeUp:
            result.note(Skip(self._time_up))
        mine = [one for one in self.harness.evidence.exchanges[before:] if one.rule == result.rule.id]
        if any(one.is_late for one in mine):
            await self.harness.probe(result.rule.id, case.name, subject).breathing_space(_AFTER_A_LATE_ONE)
        if any(one.attempt.cause in _NO_ANSWER for one in mine) and not await self._alive(result, case, subject):
            self.died = f"{result.rule.id} ({case.name})"
            result.note([_death(case, mine[-1])])

    async def _once_more_if_unsteady(self, result: RuleResult, case: Case, subject: WebhookUnderTest) -> Tried:
        """Try the case. What is wrong with an ordinary call once, and not again, is the steadiness rule's finding."""
        probe = self.harness.probe(result.rule.id, case.name, subject)
        found = await case.run(probe)
        steady = self.results.get(_STEADY)
        if steady is None or result is steady or result.rule.stage in {Stage.FIRST, Stage.ALONE}:
            return found
        if isinstance(found, Skip) or not found or not all(_may_be_chance(finding) for finding in found):
            return found
        throttled = all(_throttled(finding) for finding in found)
        if result.rule.stage is Stage.LAST and not throttled:
            return found
        if throttled and self.waited_in_vain < _SECOND_CHANCES:
            await asyncio.sleep(_THROTTLED_S)
        # Over new connections: a kept one that goes bad is the endpoint's unsteadiness, too.
        again = await case.run(replace(probe, fresh=True))
        if isinstance(again, Skip) or again:
            if not throttled:
                return found
            self.waited_in_vain += 1
            again = Skip("the endpoint wants fewer requests (429)")
        if not (throttled and steady.findings):
            steady.note([_unsteady(result, finding) for finding in found])
        return again

    async def _alive(self, result: RuleResult, case: Case, subject: WebhookUnderTest) -> bool:
        """Whether the endpoint still accepts connections; one that restarts is given a second."""
        probe = self.harness.probe(result.rule.id, f"{case.name}: still there?", subject)
        for _ in range(_SECOND_CHANCES):
            try:
                exchange = await probe.send(probe.message(), expect=Expect.NOTHING)
            except TimeUp:
                return True  # nobody knows; the last call will tell
            if not seems_over(exchange.attempt):
                return True
            await asyncio.sleep(_SECOND_CHANCE_S)
        return False


def _may_be_chance(finding: Finding) -> bool:
    """Whether an endpoint that drops a request now and then shows the like."""
    if finding.exchange is None:
        return False
    expect, attempt = finding.exchange.expect, finding.exchange.attempt
    dropped = attempt.cause in _NO_ANSWER or (attempt.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
    return expect in {Expect.TAKEN, Expect.IN_TIME} or (dropped and expect in {Expect.REJECTED, Expect.SURVIVED})


def _throttled(finding: Finding) -> bool:
    return finding.exchange is not None and finding.exchange.attempt.status == HTTPStatus.TOO_MANY_REQUESTS


def _unsteady(result: RuleResult, finding: Finding) -> Finding:
    return Finding(
        f"{result.rule.id}: {finding.case}",
        f"{finding.got}; {_FEWER if _throttled(finding) else _LATER}",
        "200 every time",
        exchange=finding.exchange,
    )


def _death(case: Case, last: Exchange) -> Finding:
    return Finding(case.name, "the endpoint no longer accepts connections", "an endpoint that lives on", exchange=last)
