"""The verdict on a load run: what was counted, held to its limits, as the record that every report is rendered from.

Pure. A run whose generator could not offer the load says nothing about the endpoint, whatever was counted: that it is
inconclusive wins over pass and fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from mock_alohub import __version__
from mock_alohub.check.verdict import contract_of
from mock_alohub.errors import ExitCode
from mock_alohub.load import bottleneck, figures, reason
from mock_alohub.load.capacity import Answer, StepResult
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.profiles import NAMES
from mock_alohub.load.record import CapacityRecord, LoadRecord, LoadTarget, PlanRecord, RateRecord, StepRecord, Verdict
from mock_alohub.load.result import WorkerShare
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.messages.attempt import CONNECT_CAUSES
from mock_alohub.messages.endpoint import Endpoint
from mock_alohub.messages.masking import masked, secrets_of
from mock_alohub.messages.policy import Policy

_EXIT_CODES: Final[Mapping[Verdict, ExitCode]] = {
    "pass": ExitCode.KEPT,
    "fail": ExitCode.BROKEN,
    "inconclusive": ExitCode.UNREACHABLE,  # as little was judged as where nobody was reached
    "unreachable": ExitCode.UNREACHABLE,
    "interrupted": ExitCode.INTERRUPTED,
}


STEADY: Final = NAMES[0]
"""The profile of every step of a search."""


@dataclass(frozen=True, slots=True)
class RunData:
    """Everything that is known when a load run is over.

    `policies` are those of the webhooks, by name. `duration_s` is that of the whole run. `answer` is what a search for
    the capacity found, and `steps` what it tried; then `run_counts` is that of its last step.
    """

    plan: LoadPlan
    endpoint: Endpoint
    policies: Mapping[str, Policy]
    thresholds: Thresholds
    run_counts: RunCounts
    workers: Sequence[WorkerShare]
    started_at: datetime
    duration_s: float
    interrupted: bool = False
    answer: Answer | None = None
    steps: Sequence[StepResult] = ()
    notes: Sequence[str] = field(default=())


def exit_code(record: LoadRecord) -> ExitCode:
    """What the process says to the shell."""
    return _EXIT_CODES[record["verdict"]]


def judge(run_data: RunData) -> LoadRecord:
    """The whole record of a run; the key is masked wherever an endpoint may have repeated it."""
    plan, run_counts = _plan_of(run_data), run_data.run_counts
    secrets = secrets_of(run_data.endpoint)
    record = LoadRecord(
        format=1,
        kind="load",
        tool={"name": "mock-alohub", "version": __version__},
        target=_target(run_data),
        contract=contract_of(run_data.policies),
        plan=_plan(plan, run_data.workers),
        seed=plan.seed,
        started_at=run_data.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        duration_s=round(run_data.duration_s, 3),
        verdict="pass",
        reason="",
        thresholds=run_data.thresholds.measured(run_counts, retries=plan.retries),
        rate=_rate(plan, run_data),
        first_attempts=figures.counts(run_counts.first),
        retry_attempts=figures.counts(run_counts.retries),
        deliveries={"delivered": run_counts.delivered, "lost": run_counts.lost, "undecided": run_counts.undecided},
        unsent=dict(run_counts.unsent),
        webhooks={name: figures.counts(counted) for name, counted in sorted(run_counts.by_webhook.items())},
        causes=masked(figures.causes(run_counts), secrets),
        latency_ms=figures.percentiles(run_counts.latencies),
        lag_ms=figures.percentiles(run_counts.lag),
        percentiles=figures.curve(run_counts.latencies),
        generator=bottleneck.generator_record(run_counts, run_data.workers),
        timeline=list(figures.timeline(run_counts)),
        capacity=_capacity(run_data),
        notes=masked(_notes(run_data), secrets),
    )
    record["verdict"] = verdict = _verdict(record, interrupted=run_data.interrupted)
    record["reason"] = masked(reason.REASONS[verdict](record, _noun(plan)), secrets)
    return record


def _target(run_data: RunData) -> LoadTarget:
    target = LoadTarget(
        url=masked(run_data.endpoint.url.shown(), secrets_of(run_data.endpoint)),
        webhooks=list(run_data.policies),
        key="masked" if run_data.endpoint.key else "none",
    )
    if run_data.plan.provider:
        target["provider"] = run_data.plan.provider
    return target


def _noun(plan: LoadPlan) -> str:
    """What attempts are about: calls, or messages where a webhook sends several of one call or tells of none."""
    return "call" if plan.of_calls and all(len(webhook.fires) == 1 for webhook in plan.kinds) else "message"


def _verdict(record: LoadRecord, *, interrupted: bool) -> Verdict:
    found = record["capacity"]
    if interrupted:
        return "interrupted"
    if _nobody_reached(record) and (found is None or found["holds_per_s"] is None):
        return "unreachable"
    if found is not None:
        # Each step was held to the limits by itself, and those that could not be offered broke nothing.
        if found["holds_per_s"] is None and found["breaks_per_s"] is None:
            return "inconclusive"
        return "pass" if found["holds_per_s"] is not None else "fail"
    if record["generator"]["bottleneck"] or not record["first_attempts"]["sent"]:
        return "inconclusive"
    return "pass" if all(one["kept"] for one in record["thresholds"]) else "fail"


def _nobody_reached(record: LoadRecord) -> bool:
    """Whether no attempt came as far as a connection."""
    first = record["first_attempts"]
    kinds = {one["cause"].partition(":")[0] for one in record["causes"]}
    return bool(kinds) and not first["acknowledged"] and kinds <= CONNECT_CAUSES


def _plan_of(run_data: RunData) -> LoadPlan:
    """What the counts are about: the plan, or of a search its last step."""
    if not run_data.steps:
        return run_data.plan
    last = run_data.steps[-1]
    return replace(run_data.plan, rate=last.rate, duration_s=last.seconds, profile=STEADY, retries=False)


def _plan(plan: LoadPlan, workers: Sequence[WorkerShare]) -> PlanRecord:
    return {
        "rate": plan.rate,
        "duration_s": plan.duration_s,
        "profile": plan.profile,
        "arrivals": plan.arrivals,
        "retries": plan.retries,
        "time_scale": plan.time_scale,
        "drain_s": plan.drain_s,
        "workers": max(len(workers), 1),
    }


def _rate(plan: LoadPlan, run_data: RunData) -> RateRecord:
    """Of calls, over the time in which they fell due: the whole of the plan, or what there was of it."""
    run_counts, over_s = run_data.run_counts, plan.duration_s
    if run_data.interrupted:
        over_s = max(min(run_counts.elapsed_s, over_s), 1e-3)
    return {
        "offered_per_s": round(run_counts.calls / over_s, 3),
        "achieved_per_s": round(run_counts.calls_sent / over_s, 3),
    }


def _capacity(run_data: RunData) -> CapacityRecord | None:
    if run_data.answer is None:
        return None
    return {
        "holds_per_s": run_data.answer.holds_per_s,
        "breaks_per_s": run_data.answer.breaks_per_s,
        "because": run_data.answer.because,
        "agents": run_data.answer.agents if run_data.plan.of_calls else None,
        "steps": [_step(step) for step in run_data.steps],
    }


def _step(step: StepResult) -> StepRecord:
    return {
        "rate": step.rate,
        "seconds": step.seconds,
        "kept": step.kept,
        "because": step.because,
        "p99_ms": step.p99_ms,
        "late": step.late,
        "refused": step.refused,
        "failed": step.failed,
        "achieved_per_s": step.achieved_per_s,
    }


def _notes(run_data: RunData) -> list[str]:
    notes = list(run_data.notes)
    undecided = run_data.run_counts.undecided
    if undecided and not run_data.interrupted:
        waits = "--drain waits longer for it, --time-scale makes it come sooner"
        subject = f"1 {_noun(run_data.plan)} was" if undecided == 1 else f"{undecided:,} {_noun(run_data.plan)}s were"
        notes.append(f"{subject} neither delivered nor lost: a retry was still due when the run ended; {waits}")
    if not run_data.plan.retries and not run_data.steps:
        nouns = "calls" if run_data.plan.of_calls else "messages"
        notes.append(f"there were no retries (--no-retries), so nothing is said about {nouns} lost for good")
    return notes
