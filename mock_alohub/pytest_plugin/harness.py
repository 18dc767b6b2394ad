"""The harness as pytest tests use it: without `await`, on an event loop of its own, one test at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from mock_alohub.calls.call import Call, Moment
from mock_alohub.check.effects import Effects
from mock_alohub.check.evidence import Evidence, Expect
from mock_alohub.check.expectation import finding_of
from mock_alohub.check.generated_messages import fit, recent_calls, unfit
from mock_alohub.check.harness import Harness
from mock_alohub.check.rule import Finding, Rule, Stage
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.rules import BY_ID
from mock_alohub.check.schemathesis_source import GeneratedBody, demand, invalid_drafts, smallest, valid_drafts
from mock_alohub.check.single_case import RuleCase, SingleCase, case_by_case
from mock_alohub.check.verdict import RunData, record_of
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.delivery.transport import Transport, new_event_loop
from mock_alohub.errors import UnknownName
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.endpoint import Endpoint
from mock_alohub.messages.message import with_fields
from mock_alohub.messages.transmission import Credential
from mock_alohub.reports.failure_message import FailureMessage
from mock_alohub.vietnam_time import local_now

_GENERATED: Final = BY_ID["robust.generated"]
_MOST_LATE: Final = 3
"""Generated messages that may hang; the rest would tell nothing new, slowly."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class HarnessOptions:
    """How the harness is to try the endpoint. Durations in seconds."""

    seed: int = 0
    effects: Effects | None = None
    effects_wait_s: float = 2.0
    burst: int = 20
    generated: int = 100
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one test: the rules it found broken, and why it was not tried ("" when it was)."""

    breaches: tuple[FailureMessage, ...] = ()
    untried: str = ""


class PytestHarness:
    """An endpoint and everything that tries it. A context manager; its methods wait until the answer is there."""

    def __init__(self, endpoint: Endpoint, subjects: Sequence[WebhookUnderTest], wishes: HarnessOptions) -> None:
        self.endpoint = endpoint
        self.subjects = tuple(subjects)
        self.wishes = wishes
        self.simulator = recent_calls(wishes.seed)
        self._loop = new_event_loop()
        # A thread of its own: the thread of the tests may be running a loop already, where they are coroutines.
        self._thread = threading.Thread(target=self._loop.run_forever, name="mock-alohub", daemon=True)
        self._transport = Transport(verify_tls=not wishes.insecure)
        self._harness = Harness(
            endpoint,
            self._transport,
            self.simulator,
            wishes.seed,
            local_now(),
            effects=wishes.effects,
            effects_wait_s=wishes.effects_wait_s,
            burst=wishes.burst,
            generated=wishes.generated,
        )
        self._scheduler: SingleCase | None = None
        self._began = datetime.now(UTC)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._transport.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def evidence(self) -> Evidence:
        """Everything that was sent so far, and what came of it."""
        return self._harness.evidence

    def send(
        self,
        call: Call | None = None,
        fields: Mapping[str, Any] | None = None,
        *,
        webhook: str | None = None,
        moment: Moment | None = None,
        credential: Credential | None = None,
    ) -> Attempt:
        """Send what a webhook (default: the first) says about `call` (default: a new one), and tell what came of it.

        `moment` is when it is said, by default the last time the webhook says anything. `fields` are set to other
        values, or added. `credential` takes the place of the agreed key. Raises `UnknownName` for a webhook that is not
        under test.
        """
        subject = self.subject(webhook)
        message = subject.message(call or subject.call(self.simulator), moment)
        probe = self._harness.probe("", "sent by a test", subject)
        changed = with_fields(message, fields) if fields else message
        return self._do(probe.send(changed, expect=Expect.NOTHING, credential=credential)).attempt

    def subject(self, webhook: str | None = None) -> WebhookUnderTest:
        """The webhook under test of that name (default: the first). Raises `UnknownName`."""
        for one in self.subjects:
            if webhook in (None, one.name):
                return one
        raise UnknownName("webhook under test", str(webhook), [one.name for one in self.subjects])

    def hold(self, one: RuleCase) -> CaseResult:
        """Hold the endpoint to one case of a rule. Before the first one an ordinary call of each webhook is sent."""
        scheduler = self._opened()
        if one.rule is _GENERATED and one.case and scheduler.is_broken(_GENERATED.id, one.case.webhook):
            return CaseResult(untried="it is broken: another test has found a message that shows it")
        untried = self._do(scheduler.attempt(one))
        first = one.rule.stage is Stage.FIRST and one.case is not None
        news = scheduler.news(one.case.webhook if first and one.case else None)
        shuts = first and one.case is not None and one.case.webhook in scheduler.preflight.closed
        breaches = (self._breach(rule, findings) for rule, findings in news)
        return CaseResult(tuple(replace(breach, shuts=shuts) for breach in breaches), untried)

    def hold_generated(self, subject: WebhookUnderTest, *, valid: bool) -> CaseResult:
        """Hold the endpoint to generated messages of one webhook. What breaks it is made as small as can be."""
        demand()
        scheduler = self._opened()
        closed = (
            scheduler.preflight.unreachable
            or scheduler.preflight.closed.get(subject.name, "")
            or scheduler.obstacle(_GENERATED.id)
        )
        if closed or not self.wishes.generated:
            return CaseResult(untried=closed or "switched off with --alohub-generated 0")
        drafts = valid_drafts(subject.webhook) if valid else invalid_drafts(subject.webhook)
        result = _Generated(self, subject, valid=valid)
        broken = smallest(drafts, result.breaks, self.wishes.seed, max(1, self.wishes.generated // 2))
        if broken is None:
            return CaseResult()
        scheduler.results[_GENERATED.id].note([result.finding(broken)])
        return CaseResult(tuple(self._breach(rule, findings) for rule, findings in scheduler.news()))

    def try_generated(
        self, subject: WebhookUnderTest, draft: GeneratedBody, *, valid: bool
    ) -> tuple[Finding | None, bool]:
        """Send one generated message: what was found, and whether the answer was late. Unfit drafts are not sent."""
        made = fit(subject, draft, self.simulator) if valid else unfit(subject, draft)
        if made is None or made.valid is not valid:
            return None, False
        probe = self._harness.probe(_GENERATED.id, made.says, subject)
        exchange = self._do(probe.send(made.message, expect=Expect.TAKEN if valid else Expect.SURVIVED))
        return finding_of(exchange), exchange.attempt.cause is Cause.DEADLINE

    def _opened(self) -> SingleCase:
        if self._scheduler is None:
            self._scheduler = self._do(case_by_case(self._harness, self.subjects))
        return self._scheduler

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def _breach(self, rule: Rule, findings: list[Finding]) -> FailureMessage:
        run_data = RunData(
            self.endpoint,
            self.subjects,
            self.wishes.seed,
            strict=False,
            started_at=self._began,
            duration_s=0.0,
            results=[RuleResult(rule, findings)],
            evidence=Evidence(),
        )
        return FailureMessage(record_of(run_data)["rules"][0])


class _Generated:
    """The generated messages of one test. Each is sent once, so that the generator may ask again for nothing."""

    def __init__(self, harness: PytestHarness, subject: WebhookUnderTest, *, valid: bool) -> None:
        self._harness, self._subject, self._valid = harness, subject, valid
        self._findings: dict[str, Finding | None] = {}
        self._late = 0

    def breaks(self, draft: GeneratedBody) -> bool:
        """Whether the endpoint breaks on `draft`."""
        known = repr(draft.body)
        if known not in self._findings:
            self._findings[known] = self._tried(draft)
        return self._findings[known] is not None

    def finding(self, draft: GeneratedBody) -> Finding:
        """What was found with a draft that breaks the endpoint."""
        finding = self._findings[repr(draft.body)]
        if finding is None:
            raise LookupError(draft)
        return finding

    def _tried(self, draft: GeneratedBody) -> Finding | None:
        if self._late >= _MOST_LATE:
            return None
        finding, late = self._harness.try_generated(self._subject, draft, valid=self._valid)
        self._late += late
        return finding
