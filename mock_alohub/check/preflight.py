"""The first ordinary calls. Where they are not taken, the rules that build on them are not tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mock_alohub.check.evidence import Exchange
from mock_alohub.check.expectation import finding_of, got, taken
from mock_alohub.check.harness import Harness
from mock_alohub.check.rule import Case
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.messages.attempt import CONNECT_CAUSES, Attempt, Cause

_REFUSALS = frozenset({401, 403})


@dataclass(slots=True)
class Preflight:
    """Which webhooks may be tried further, and why the others may not.

    `unreachable` says why no connection could be made at all; `ordinary_s` is the time of the quickest ordinary call.
    """

    open: list[WebhookUnderTest] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    unreachable: str = ""
    ordinary_s: float = 0.0

    @property
    def reason(self) -> str:
        """Why webhooks were shut out: the reason for each that was."""
        return next(iter(self.closed.values()), "")


async def first_calls(
    harness: Harness, subjects: Sequence[WebhookUnderTest], accepts_key: RuleResult, every_outcome: RuleResult
) -> Preflight:
    """Send an ordinary call of each webhook; a refusal is noted under `accepts_key`, another failure elsewhere."""
    preflight = Preflight()
    for subject in subjects:
        for case in accepts_key.rule.cases([subject]):
            exchange = await _ordinary_call(harness, accepts_key, case, subject)
            attempt = exchange.attempt
            if taken(attempt):
                preflight.open.append(subject)
                preflight.ordinary_s = min(preflight.ordinary_s or attempt.elapsed_s, attempt.elapsed_s)
                continue
            preflight.closed[subject.name] = _reason(attempt)
            if attempt.cause in CONNECT_CAUSES - {Cause.TLS}:
                preflight.unreachable = f"{attempt.detail or attempt.cause} ({harness.endpoint.url.shown()})"
                return preflight
            if attempt.status not in _REFUSALS and attempt.cause is not Cause.TLS and (finding := finding_of(exchange)):
                every_outcome.note([finding])
    return preflight


async def _ordinary_call(harness: Harness, result: RuleResult, case: Case, subject: WebhookUnderTest) -> Exchange:
    """Try `case`; once more when the answer was late, for an endpoint may have to wake up first."""
    exchange = await _tried(harness, result, case, subject)
    if exchange.attempt.cause is Cause.DEADLINE:
        exchange = await _tried(harness, result, case, subject)
    return exchange


async def _tried(harness: Harness, result: RuleResult, case: Case, subject: WebhookUnderTest) -> Exchange:
    result.note(await case.run(harness.probe(result.rule.id, case.name, subject)))
    return harness.evidence.exchanges[-1]


def _reason(attempt: Attempt) -> str:
    if attempt.status in _REFUSALS:
        return f"the first ordinary call was refused: {got(attempt)}"
    if attempt.cause is Cause.DEADLINE:
        return f"the first ordinary calls were not answered in time: {got(attempt)}"
    return f"the first ordinary call was not taken: {got(attempt)}"
