"""How often, how long: the shape of a call centre's day as tables of equally likely values.

A draw is one look-up at `int(random() * len(table))`: fast, and the same on every machine. Quantiles of log-normal and
exponential distributions are rounded to whole units, and no quantile lies so near a half that the last digit of a
logarithm could matter (tested). The figures are an estimate of an ordinary sales and service desk; no provider
publishes such statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, TypeVar

from mock_alohub.calls.call import Direction, Outcome, Party

T = TypeVar("T")
Inverse = Callable[[float], float]
"""The inverse of a distribution function: share (0 to 1) to value."""

POINTS: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One way a call can go: how often, who ends it, how long it rings, how often it reaches an agent.

    `per_mille` is its share of all calls, `ring_s` and `ended_by` are tables to draw from, `reaches_agent` is a
    percentage.
    """

    per_mille: int
    direction: Direction
    outcome: Outcome
    ended_by: tuple[Party, ...]
    ring_s: tuple[int, ...]
    reaches_agent: int = 100


def quantiles(inverse: Inverse) -> tuple[int, ...]:
    """The value in the middle of each of `POINTS` equal slices of a distribution, rounded."""
    return tuple(round(value) for value in raw_quantiles(inverse))


def raw_quantiles(inverse: Inverse) -> tuple[float, ...]:
    """The value in the middle of each of `POINTS` equal slices of a distribution."""
    return tuple(inverse((point + 0.5) / POINTS) for point in range(POINTS))


def log_normal(median: float, sigma: float) -> Inverse:
    """The log-normal distribution with that median and that standard deviation of the logarithm."""
    normal = NormalDist(math.log(median), sigma)
    return lambda share: math.exp(normal.inv_cdf(share))


def exponential(mean: float) -> Inverse:
    """The exponential distribution with that mean."""
    return lambda share: -math.log1p(-share) * mean


def weighted(percent: Mapping[T, int]) -> tuple[T, ...]:
    """A table in which each choice stands as often as its weight says."""
    return tuple(choice for choice, weight in percent.items() for _ in range(weight))


def _seconds(low: int, high: int) -> tuple[int, ...]:
    return tuple(range(low, high + 1))


_IN, _OUT = Direction.INBOUND, Direction.OUTBOUND
_CUSTOMER, _AGENT, _SYSTEM = Party.CUSTOMER, Party.AGENT, Party.SYSTEM

TALK: Final = log_normal(median=95, sigma=0.95)
RING_OUTBOUND: Final = log_normal(median=11, sigma=0.5)
RING_INBOUND: Final = log_normal(median=6, sigma=0.6)
PATIENCE: Final = log_normal(median=24, sigma=0.5)
"""How long an inbound caller lets it ring before the call is lost."""

SCENES: Final = (
    Scene(348, _OUT, Outcome.ANSWERED, weighted({_CUSTOMER: 55, _AGENT: 43, _SYSTEM: 2}), quantiles(RING_OUTBOUND)),
    Scene(150, _OUT, Outcome.NO_ANSWER, (_SYSTEM,), _seconds(28, 45)),
    Scene(48, _OUT, Outcome.BUSY, weighted({_CUSTOMER: 70, _SYSTEM: 30}), _seconds(2, 9)),
    Scene(30, _OUT, Outcome.FAILED, (_SYSTEM,), _seconds(0, 2)),
    Scene(24, _OUT, Outcome.CANCELED, weighted({_AGENT: 85, _SYSTEM: 15}), _seconds(3, 20)),
    Scene(328, _IN, Outcome.ANSWERED, weighted({_CUSTOMER: 64, _AGENT: 34, _SYSTEM: 2}), quantiles(RING_INBOUND)),
    Scene(48, _IN, Outcome.NO_ANSWER, weighted({_CUSTOMER: 65, _SYSTEM: 35}), quantiles(PATIENCE), reaches_agent=50),
    Scene(12, _IN, Outcome.BUSY, (_SYSTEM,), _seconds(1, 4), reaches_agent=0),
    Scene(4, _IN, Outcome.FAILED, (_SYSTEM,), _seconds(0, 2), reaches_agent=0),
    Scene(8, _IN, Outcome.CANCELED, (_SYSTEM,), _seconds(3, 20), reaches_agent=0),
)
"""Every direction with every outcome. 60 % of calls are outbound; 58 % of those are answered, of the others 82 %."""

TALK_S: Final = quantiles(TALK)
HELD_PERCENT: Final = (0,) * 88 + tuple(range(5, 65, 5))
"""Time on hold in percent of the talk: 88 % of the answered calls are never held."""

HOTLINE_PERCENT: Final[Mapping[Direction, int]] = {_OUT: 60, _IN: 100}
"""Calls that go over a hotline."""
TRANSACTION_PERCENT: Final[Mapping[Direction, int]] = {_OUT: 70, _IN: 0}
"""Calls that carry the partner's own id: those it placed itself."""

HOURS_PER_MILLE: Final = (
    *(2, 1, 1, 1, 1, 3, 10, 32),  # midnight to 08:00
    *(92, 118, 112, 68, 34, 72, 108, 110),  # to 16:00, with a lull at noon
    *(92, 52, 30, 24, 18, 11, 5, 3),  # to midnight
)
"""Share of a day's calls that start in each hour, in thousandths."""
