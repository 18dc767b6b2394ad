"""Whether the generator was the bottleneck: then a run says something about this machine, not about the endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mock_alohub.load import figures, wording
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.record import GeneratorRecord
from mock_alohub.load.result import WorkerShare

MOST_LAG_MS: Final = 50.0
"""How late departures may be at p99: a hundredth of the deadline, which no verdict on it hangs on."""
LEAST_MADE: Final = 0.99
"""The share of the departures that has to be made at least."""
MOST_CPU_PERCENT: Final = 95.0
"""Of one core: above it a process has nothing left …"""
BUSY_LAG_MS: Final = 10.0
"""… which counts where departures are late by so much at p99."""


def generator_record(run_counts: RunCounts, workers: Sequence[WorkerShare]) -> GeneratorRecord:
    """How the generator of the load fared, and what it could not do, if anything."""
    cpu_percent = _cpu_percent(workers)
    reason = next(_reasons(run_counts, cpu_percent), "")
    return {
        "bottleneck": bool(reason),
        "reason": reason,
        "cpu_percent": cpu_percent,
        "in_flight_max": run_counts.in_flight_max,
        "workers": [{"name": one.name, "sent": one.sent, "lost_after_s": one.lost_after_s} for one in workers],
    }


def _reasons(run_counts: RunCounts, cpu_percent: float | None) -> Iterator[str]:
    """What the generator could not do, the weightiest first."""
    due = run_counts.scheduled
    if run_counts.unsent:
        share = wording.percent(sum(run_counts.unsent.values()), due)
        yield f"{share} of the departures were not made ({wording.unsent(run_counts.unsent)})"
    if run_counts.sent < LEAST_MADE * due:
        yield f"{wording.percent(due - run_counts.sent, due)} of the departures were not made"
    lag_ms = figures.milliseconds(run_counts.lag, 0.99) or 0.0
    if lag_ms > MOST_LAG_MS:
        share = wording.percent(figures.above(run_counts.lag, MOST_LAG_MS), run_counts.lag.count)
        yield f"{share} of the departures were more than {MOST_LAG_MS:g} ms late"
    if cpu_percent is not None and cpu_percent > MOST_CPU_PERCENT and lag_ms > BUSY_LAG_MS:
        yield f"a worker had no CPU left ({cpu_percent:.0f} %), and departures were late by {lag_ms:.0f} ms at p99"


def _cpu_percent(workers: Sequence[WorkerShare]) -> float | None:
    """That of the busiest worker: one that has nothing left delays its share, however idle the others are."""
    known = [one.cpu_percent for one in workers if one.cpu_percent is not None]
    return max(known, default=None)
