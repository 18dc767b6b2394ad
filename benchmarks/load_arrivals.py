"""How well a tool keeps to a schedule, judged by nothing but when its requests came in."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance

BIN_S = 0.010
EDGE_S = 1.0
"""Left out at either end: a tool may take so long to get its users going, and how it ends is its own affair."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """What came in between the edges of a run, beside what should have.

    `offered`: its share of what was asked for; `deviation_p50_ms`, `deviation_p99_ms`: how far arrivals are from their
    places in the schedule; `dispersion`: variance of arrivals per 10 ms over their mean, near 0 when they are even, 1
    when they are Poisson, above when they come in bunches.
    """

    offered: float
    deviation_p50_ms: float
    deviation_p99_ms: float
    dispersion: float

    @property
    def error(self) -> float:
        """How far the rate is from what was asked for, as a share."""
        return abs(self.offered - 1)


NOTHING = Fidelity(0.0, float("inf"), float("inf"), 0.0)


def fidelity_to_rate(arrivals: Sequence[float], rate: float, seconds: float) -> Fidelity:
    """Judge the sorted `arrivals` (seconds) of a tool that was to make `rate` evenly spaced calls a second."""
    if not arrivals:
        return NOTHING
    from_s, span_s = arrivals[0] + EDGE_S, seconds - 2 * EDGE_S
    inside = arrivals[bisect_left(arrivals, from_s) : bisect_left(arrivals, from_s + span_s)]
    return _fidelity(inside, [number / rate for number in range(len(inside))], len(inside) / (rate * span_s))


def fidelity_to_schedule(arrivals: Sequence[float], schedule: Sequence[float], seconds: float) -> Fidelity:
    """Judge sorted `arrivals` by the `schedule` (seconds since the beginning, sorted) that a tool says it follows.

    The n-th arrival is held to the n-th departure, from the first on: one too few or too many is in all that follow.
    """
    begin, end = bisect_left(schedule, EDGE_S), bisect_left(schedule, seconds - EDGE_S)
    return _fidelity(arrivals[begin:end], schedule[begin:end], len(arrivals) / len(schedule))


def _fidelity(inside: Sequence[float], due: Sequence[float], offered: float) -> Fidelity:
    """When the run began nobody but the tool knows, so the schedule is laid where its promptest hundredth is on time.

    Whoever is late now and then is thus late by the full amount.
    """
    if len(inside) < 2:
        return NOTHING
    late = sorted(at - should for at, should in zip(inside, due, strict=False))
    on_time = late[len(late) // 100]
    off = sorted(abs(one - on_time) for one in late)
    return Fidelity(
        offered=offered,
        deviation_p50_ms=off[len(off) // 2] * 1000,
        deviation_p99_ms=off[len(off) * 99 // 100] * 1000,
        dispersion=dispersion(inside),
    )


def dispersion(arrivals: Sequence[float]) -> float:
    """Variance over mean of the number of arrivals in each whole bin of 10 ms."""
    bins = Counter(int((at - arrivals[0]) / BIN_S) for at in arrivals)
    counts = [bins[number] for number in range(int((arrivals[-1] - arrivals[0]) / BIN_S))]
    return pvariance(counts) / fmean(counts) if counts else 0.0
