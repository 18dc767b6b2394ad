"""The whole story of a check: first calls, rules, judgement, record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final, Literal

from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.concurrency import bearable
from mock_alohub.check.effects import Effects
from mock_alohub.check.harness import Harness
from mock_alohub.check.preflight import Preflight, first_calls
from mock_alohub.check.rule import Level, Skip, Stage
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.rule_scheduler import RuleScheduler
from mock_alohub.check.rules import RULES
from mock_alohub.check.verdict import RunData, record_of
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.delivery.transport import Transport
from mock_alohub.messages.endpoint import Endpoint
from mock_alohub.reports.record import Record
from mock_alohub.specification.specification import Specification
from mock_alohub.vietnam_time import local

_GATE_RULES: Final = ("auth.accepts-key", "ack.every-outcome")
_AGO: Final = timedelta(hours=14)
"""Calls begin this long ago: the longest is over by now, even for an endpoint that reads its times as UTC."""
_CALLS_PER_DAY: Final = 200_000


@dataclass(frozen=True, slots=True)
class Check:
    """What to check, and how. `rules` are ids; `webhooks` names. Durations in seconds."""

    endpoint: Endpoint
    webhooks: tuple[str, ...]
    rules: frozenset[str]
    seed: int
    strict: bool = False
    effects: Effects | None = None
    effects_wait_s: float = 2.0
    burst: int = 20
    generated: int = 100
    insecure: bool = False
    time_limit_s: float | None = None
    options: tuple[str, ...] = ()
    """What else was asked for, as words of a command line, for whoever wants to check the same again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A rule is over: which, how it came out, how many are over of how many, and the requests sent so far."""

    rule: str
    outcome: str
    done: int
    total: int
    requests: int


async def run(check: Check, specification: Specification, *, watch: Callable[[Progress], None]) -> Record:
    """Hold the endpoint to the rules. Cancelled, it still gives the record of what was seen, and says so."""
    subjects = [under_test(specification.webhook(name)) for name in check.webhooks]
    async with Transport(verify_tls=not check.insecure) as transport:
        return await _Run(check, subjects, transport, watch).record()


class _Run:
    def __init__(
        self, check: Check, subjects: list[WebhookUnderTest], transport: Transport, watch: Callable[[Progress], None]
    ) -> None:
        self.check, self.subjects, self.watch = check, subjects, watch
        self.started_at = datetime.now(UTC)
        now = local(self.started_at)
        self.harness = Harness(
            check.endpoint,
            transport,
            Simulator(check.seed, start=now - _AGO, calls_per_day=_CALLS_PER_DAY),
            check.seed,
            now,
            effects=check.effects,
            effects_wait_s=check.effects_wait_s,
            burst=check.burst,
            generated=-(-check.generated // len(subjects)),
        )
        self.results = {rule.id: RuleResult(rule) for rule in RULES}
        self.over = 0

    async def record(self) -> Record:
        began = monotonic()
        ending: Literal["unreachable", "interrupted"] | None = None
        reason = ""
        preflight = Preflight()
        try:
            preflight = await first_calls(self.harness, self.subjects, *(self.results[rule] for rule in _GATE_RULES))
            scheduler = RuleScheduler(
                self.harness, preflight, self._chosen(), self._done, self.check.time_limit_s, began
            )
            if preflight.unreachable:
                ending, reason = "unreachable", f"the endpoint could not be reached: {preflight.unreachable}"
            elif preflight.open:
                await self._calibrate(preflight)
                await scheduler.run()
            self._judge(scheduler, preflight, unreachable=bool(preflight.unreachable))
            if not preflight.open and not any(result.findings for result in self.results.values()):
                ending, reason = "unreachable", reason or preflight.reason
        except asyncio.CancelledError:
            ending, reason = "interrupted", "interrupted: this report is partial"
            for result in self.results.values():
                if result.outcome == "skip" and not result.untried:
                    result.note(Skip("interrupted before it was tried"))
        return record_of(
            RunData(
                self.check.endpoint,
                self.subjects,
                self.check.seed,
                self.check.strict,
                self.started_at,
                monotonic() - began,
                [result for rule, result in self.results.items() if rule in self.check.rules or result.findings],
                self.harness.evidence,
                ending,
                reason,
                self._notes(preflight),
                self.check.options,
            )
        )

    def _chosen(self) -> dict[str, RuleResult]:
        return {rule: result for rule, result in self.results.items() if rule in self.check.rules}

    async def _calibrate(self, preflight: Preflight) -> None:
        probe = self.harness.probe(_GATE_RULES[0], "calibration", preflight.open[0])
        self.harness.limit = asyncio.Semaphore(await bearable(probe, preflight.ordinary_s))

    def _judge(self, scheduler: RuleScheduler, preflight: Preflight, *, unreachable: bool) -> None:
        """Let the rules that send nothing look at what was seen, and say of the others why they were not tried."""
        for result in self._chosen().values():
            judge = result.rule.judge
            missing = scheduler.missing(result.rule.needs)
            if unreachable or (judge is None and not preflight.open and result.rule.stage is not Stage.FIRST):
                result.note(Skip("the endpoint could not be reached" if unreachable else preflight.reason))
            elif judge is not None and missing:
                result.note(Skip(missing))
            elif judge is not None:
                result.note(judge(self.harness.evidence, self.subjects, self.check.endpoint))
            elif result.rule.stage is not Stage.FIRST and preflight.open:
                continue  # the scheduler has told of it
            self._done(result)

    def _done(self, result: RuleResult) -> None:
        self.over += 1
        progress = Progress(
            result.rule.id, result.outcome, self.over, len(self.check.rules), len(self.harness.evidence)
        )
        self.watch(progress)

    def _notes(self, preflight: Preflight) -> list[str]:
        notes = [f"{name} was not tried any further: {why}" for name, why in preflight.closed.items() if preflight.open]
        worded = [subject.name for subject in self.subjects if subject.webhook.template]
        if worded:
            notes.append(f"bodies as a template of the partner's words them: {', '.join(worded)}")
        if self.check.insecure:
            notes.append("--insecure: the certificate was not verified")
        if self.check.endpoint.key is None and any(subject.webhook.key_header for subject in self.subjects):
            notes.append("no key was given, so whether strangers are refused was not tried")
        left_out = [rule for rule in RULES if rule.level is Level.MUST and rule.id not in self.check.rules]
        if left_out:
            notes.append(f"MUST rules that were switched off: {', '.join(rule.id for rule in left_out)}")
        return notes
