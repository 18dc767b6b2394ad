"""One step of a search for the capacity: the run that tries a rate, and what is made of its figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mock_alohub.load.bottleneck import generator_record
from mock_alohub.load.capacity import StepPlan, StepResult, growing
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.figures import milliseconds
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.profiles import NAMES
from mock_alohub.load.result import Result
from mock_alohub.load.thresholds import Thresholds

DRAIN_S: Final = 10.0
"""Longer than the deadlines of the built-in webhooks; what takes longer than that is waited for as well."""
_WARM_UP_S: Final = 1

_BROKEN: Final = {
    "late": "late answers",
    "refused": "refused calls",
    "failed": "failed calls",
    "lost": "lost calls",
    "p50": "median latency",
    "p95": "p95 latency",
    "p99": "p99 latency",
}


def plan_of(step: StepPlan, plan: LoadPlan, number: int) -> LoadPlan:
    """The run of `step`, the `number`-th of a search over `plan`: a steady rate, without retries.

    Retries of one step would be the load of another; each step has other calls, so that none is taken for a duplicate.
    """
    return replace(
        plan,
        rate=step.rate,
        duration_s=step.duration_s,
        profile=NAMES[0],
        seed=plan.seed + number,
        retries=False,
        drain_s=DRAIN_S,
    )


def step_of(step: StepPlan, result: Result, thresholds: Thresholds) -> StepResult:
    """What came of `step`."""
    run_counts = result.run_counts
    generator = generator_record(run_counts, result.workers)
    because = generator["reason"] or _broken(run_counts, thresholds)
    return StepResult(
        rate=step.rate,
        seconds=step.duration_s,
        kept=not because,
        because=because,
        p99_ms=milliseconds(run_counts.latencies, 0.99),
        late=run_counts.first.late,
        refused=run_counts.first.refused,
        failed=run_counts.first.failed,
        achieved_per_s=round(run_counts.sent / step.duration_s, 3),
        offered=not generator["bottleneck"],
    )


def _broken(run_counts: RunCounts, thresholds: Thresholds) -> str:
    """The limit that was broken first in the order of the limits, or that a queue grows; empty when all is well."""
    for threshold in thresholds.measured(run_counts, retries=False):
        if not threshold["kept"]:
            return _BROKEN[threshold["name"]] + _main_cause(run_counts, threshold["name"])
    return growing(_medians(run_counts))


def _main_cause(run_counts: RunCounts, name: str) -> str:
    """Why most were not acknowledged, where the limit does not say it."""
    if name not in {"refused", "failed"} or not run_counts.causes:
        return ""
    return f", most for {max(run_counts.causes, key=run_counts.causes.__getitem__)}"


def _medians(run_counts: RunCounts) -> list[tuple[float, float]]:
    """The median latency of each second, in seconds, after the first in which connections are made."""
    return [
        (at_s, cell.latencies.percentile(0.5) or 0.0)
        for at_s, cell in sorted(run_counts.timeline.items())
        if at_s >= _WARM_UP_S and cell.latencies.count and cell.scheduled
    ]
