"""A run taken apart: one case at a time, in whatever order a test runner comes along with them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mock_alohub.check.harness import Harness
from mock_alohub.check.preflight import first_calls
from mock_alohub.check.rule import Case, Finding, Rule, Skip, Stage
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.rule_scheduler import RuleScheduler
from mock_alohub.check.rules import RULES
from mock_alohub.check.webhook_under_test import WebhookUnderTest

_ACCEPTS_KEY, _EVERY_OUTCOME = "auth.accepts-key", "ack.every-outcome"


@dataclass(frozen=True, slots=True)
class RuleCase:
    """One test: a case of a rule for a webhook. A rule that sends nothing, or has no case, has None for both."""

    rule: Rule
    subject: WebhookUnderTest | None = None
    case: Case | None = None

    @property
    def id(self) -> str:
        """What the test is called: rule, webhook and case."""
        return "-".join((self.rule.id, *((self.case.webhook, self.case.name) if self.case else ())))


def rule_cases(subjects: Sequence[WebhookUnderTest], rules: frozenset[str]) -> Iterator[RuleCase]:
    """Every case of the rules with these ids, in the order in which they are to be tried. Sends nothing."""
    by_name = {subject.name: subject for subject in subjects}
    for rule in sorted((rule for rule in RULES if rule.id in rules), key=lambda rule: rule.stage):
        cases = [RuleCase(rule, by_name[case.webhook], case) for case in rule.cases(subjects)]
        yield from cases or [RuleCase(rule)]


@dataclass(slots=True)
class SingleCase(RuleScheduler):
    """A scheduler whose cases are tried when they are asked for. Findings are told once, to whoever asks next."""

    subjects: Sequence[WebhookUnderTest] = ()
    _told: set[int] = field(default_factory=set)

    async def attempt(self, one: RuleCase) -> str:
        """Try one case; its findings are in `news` then. Why it was not tried, or ""."""
        if one.rule.judge is not None:
            return self._judged(one.rule)
        if one.case is None or one.subject is None:
            return one.rule.why_absent(self.subjects)
        reasons = (self.preflight.closed.get(name, "") for name in (one.case.webhook, *one.case.others))
        closed = self.preflight.unreachable or next(filter(None, reasons), "")
        if closed or one.rule.stage is Stage.FIRST:
            return closed
        result = self.results[one.rule.id]
        if reason := self.obstacle(one.rule.id):
            return reason
        tried, result.untried = result.tried, ""
        await self._case(result, one.case, one.subject)
        return result.untried if result.tried == tried else ""

    def obstacle(self, rule_id: str) -> str:
        """Why the rule cannot be tried now, or ""."""
        result = self.results[rule_id]
        return self._obstacle(result) or self._stop(result)

    def is_broken(self, rule_id: str, webhook: str) -> bool:
        """Whether something was found about the webhook under this rule."""
        exchanges = [finding.exchange for finding in self.results[rule_id].findings]
        return any(exchange is not None and exchange.webhook == webhook for exchange in exchanges)

    def news(self, webhook: str | None = None) -> list[tuple[Rule, list[Finding]]]:
        """What was found (about one webhook, when it is named) and not yet told."""
        fresh = [
            (result.rule, [one for one in result.findings if self._is_new(one, webhook)]) for result in self._all()
        ]
        self._told.update(id(finding) for _, findings in fresh for finding in findings)
        return [(rule, findings) for rule, findings in fresh if findings]

    def _all(self) -> list[RuleResult]:
        return list(self.results.values())

    def _is_new(self, finding: Finding, webhook: str | None) -> bool:
        about = finding.exchange.webhook if finding.exchange else webhook
        return id(finding) not in self._told and webhook in (None, about)

    def _judged(self, rule: Rule) -> str:
        reason = self.preflight.unreachable or self.missing(rule.needs)
        if reason or rule.judge is None:
            return reason
        tried = rule.judge(self.harness.evidence, self.subjects, self.harness.endpoint)
        self.results[rule.id].note(tried)
        return tried.reason if isinstance(tried, Skip) else ""


async def case_by_case(harness: Harness, subjects: Sequence[WebhookUnderTest]) -> SingleCase:
    """The scheduler after the first ordinary calls. That the endpoint cannot be reached is a finding here."""
    results = {rule.id: RuleResult(rule) for rule in RULES}
    accepts_key = results[_ACCEPTS_KEY]
    preflight = await first_calls(harness, subjects, accepts_key, results[_EVERY_OUTCOME])
    if preflight.unreachable:
        preflight.unreachable = f"the endpoint could not be reached: {preflight.unreachable}"
        hint = "start the endpoint, and see whether the URL is the right one (--alohub-url)"
        accepts_key.note([Finding("an ordinary call", preflight.unreachable, "200: the call is acknowledged", hint)])
    # No limit of time: a session of tests is as long as it is.
    return SingleCase(harness, preflight, results, _nothing, math.inf, subjects=subjects)


def _nothing(result: RuleResult) -> None:
    """Nobody watches: every case is a test of its own."""
