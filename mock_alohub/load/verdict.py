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
    the capacity found, and `steps` what it tried; then `tally` is that of its last leg.
    """

    plan: LoadPlan
    endpoint: Endpoint
    policies: Mapping[str, Policy]
    thresholds: Thresholds
    tally: RunCounts
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


def judge(story: RunData) -> LoadRecord:
    """The whole record of a run; the key is masked wherever an endpoint may have repeated it."""
    plan, tally = _plan_of(story), story.tally
    secrets = secrets_of(story.endpoint)
    record = LoadRecord(
        format=1,
        kind="load",
        tool={"name": "mock-alohub", "version": __version__},
        target=_target(story),
        contract=contract_of(story.policies),
        plan=_plan(plan, story.workers),
        seed=plan.seed,
        started_at=story.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        duration_s=round(story.duration_s, 3),
        verdict="pass",
        reason="",
        thresholds=story.thresholds.measured(tally, retries=plan.retries),
        rate=_rate(plan, story),
        first_attempts=figures.counts(tally.first),
        retry_attempts=figures.counts(tally.retries),
        deliveries={"delivered": tally.delivered, "lost": tally.lost, "undecided": tally.undecided},
        unsent=dict(tally.unsent),
        webhooks={name: figures.counts(counted) for name, counted in sorted(tally.by_webhook.items())},
        causes=masked(figures.causes(tally), secrets),
        latency_ms=figures.percentiles(tally.latencies),
        lag_ms=figures.percentiles(tally.lag),
        percentiles=figures.curve(tally.latencies),
        generator=bottleneck.generator_record(tally, story.workers),
        timeline=list(figures.timeline(tally)),
        capacity=_capacity(story),
        notes=masked(_notes(story), secrets),
    )
    record["verdict"] = verdict = _verdict(record, interrupted=story.interrupted)
    record["reason"] = masked(reason.REASONS[verdict](record, _noun(plan)), secrets)
    return record


def _target(story: RunData) -> LoadTarget:
    target = LoadTarget(
        url=masked(story.endpoint.url.shown(), secrets_of(story.endpoint)),
        webhooks=list(story.policies),
        key="masked" if story.endpoint.key else "none",
    )
    if story.plan.provider:
        target["provider"] = story.plan.provider
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


def _plan_of(story: RunData) -> LoadPlan:
    """What the tally is about: the plan, or of a search its last step."""
    if not story.steps:
        return story.plan
    last = story.steps[-1]
    return replace(story.plan, rate=last.rate, duration_s=last.seconds, profile=STEADY, retries=False)


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


def _rate(plan: LoadPlan, story: RunData) -> RateRecord:
    """Of calls, over the time in which they fell due: the whole of the plan, or what there was of it."""
    tally, over_s = story.tally, plan.duration_s
    if story.interrupted:
        over_s = max(min(tally.elapsed_s, over_s), 1e-3)
    return {
        "offered_per_s": round(tally.calls / over_s, 3),
        "achieved_per_s": round(tally.calls_sent / over_s, 3),
    }


def _capacity(story: RunData) -> CapacityRecord | None:
    if story.answer is None:
        return None
    return {
        "holds_per_s": story.answer.holds_per_s,
        "breaks_per_s": story.answer.breaks_per_s,
        "because": story.answer.because,
        "agents": story.answer.agents if story.plan.of_calls else None,
        "steps": [_step(step) for step in story.steps],
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


def _notes(story: RunData) -> list[str]:
    notes = list(story.notes)
    undecided = story.tally.undecided
    if undecided and not story.interrupted:
        waits = "--drain waits longer for it, --time-scale makes it come sooner"
        subject = f"1 {_noun(story.plan)} was" if undecided == 1 else f"{undecided:,} {_noun(story.plan)}s were"
        notes.append(f"{subject} neither delivered nor lost: a retry was still due when the run ended; {waits}")
    if not story.plan.retries and not story.steps:
        nouns = "calls" if story.plan.of_calls else "messages"
        notes.append(f"there were no retries (--no-retries), so nothing is said about {nouns} lost for good")
    return notes
