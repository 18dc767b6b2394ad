"""The highest rate at which a tool keeps to its schedule: deviation p99 under 10 ms, at most 1 % short of the rate."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import sqrt

from benchmarks.load_peers import Tool
from benchmarks.load_trial import Trial, cores, trial

MOST_MS = 10.0
MOST_SHORT = 0.01
NEAR = 1.08
TRIES = 2
"""A rate is held if one of so many tries holds it: what else the machine does must not decide."""

Cores = tuple[set[int], set[int]]


@dataclass(frozen=True, slots=True)
class Climber:
    """A tool that climbs, from a rate it is sure to hold, on cores of the receiver and of its own."""

    tool: Tool
    start: float
    on: Cores | None = None


def ceilings(climbers: Sequence[Climber], seconds: float) -> list[float]:
    """The highest rate of each; their steps alternate."""
    ways = [_climb(climber.start) for climber in climbers]
    rates: list[float | None] = [next(way) for way in ways]
    best = [0.0 for _ in climbers]
    while any(rate is not None for rate in rates):
        for number, (climber, way, rate) in enumerate(zip(climbers, ways, list(rates), strict=True)):
            if rate is None:
                continue
            held = _holds(climber, rate, seconds)
            if held:
                best[number] = max(best[number], rate)
            try:
                rates[number] = way.send(held)
            except StopIteration:
                rates[number] = None
    return best


def shared_cores() -> Cores:
    """All cores for both, for tools of several processes."""
    first, second = cores()
    return first | second, first | second


def kept(found: Trial) -> bool:
    """Whether a run kept to its schedule."""
    return found.found.error <= MOST_SHORT and found.found.deviation_p99_ms < MOST_MS


def _holds(climber: Climber, rate: float, seconds: float) -> bool:
    return any(kept(trial(climber.tool, rate, seconds, on=climber.on)) for _ in range(TRIES))


def _climb(start: float) -> Generator[float, bool, None]:
    """Rates to try, told after each whether it was held: half as much again until one is not, then halving the gap."""
    low, high, rate = 0.0, 0.0, start
    while not high or high > low * NEAR:
        held = yield rate
        if held:
            low = rate
        else:
            high = rate
        rate = float(round(low * 1.5 if not high else sqrt(low * high) if low else high / 2))
        if rate < 100:
            return
