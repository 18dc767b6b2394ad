"""How often, how long: the shape of a call centre's day as tables of equally likely whole numbers.

A draw is one look-up at `int(random() * len(table))`: fast, and the same on every machine. The tables of log-normal and
exponential quantiles are rounded to whole units, far from where the last digit of a logarithm could matter (tested).
The figures are our own estimate of an ordinary sales and service desk; no provider publishes such statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Final, TypeVar

from mock_alohub.call import Direction, Outcome, Party

T = TypeVar("T")
Key = tuple[Direction, Outcome]

_IN, _OUT = Direction.INBOUND, Direction.OUTBOUND
_POINTS: Final = 1_000


def _weighted(percent: Mapping[T, int]) -> tuple[T, ...]:
    """A table of a hundred entries: each choice as often as its percentage says."""
    return tuple(choice for choice, share in percent.items() for _ in range(share))


def _quantiles(inverse: Callable[[float], float]) -> tuple[int, ...]:
    """The inverse of a distribution at the middle of each of `_POINTS` equal slices, rounded."""
    return tuple(round(inverse((point + 0.5) / _POINTS)) for point in range(_POINTS))


def log_normal(median: float, sigma: float) -> Callable[[float], float]:
    """The inverse of the log-normal distribution with that median and that sigma of the logarithm."""
    normal = NormalDist(math.log(median), sigma)
    return lambda share: math.exp(normal.inv_cdf(share))


def _uniform(low: int, high: int) -> tuple[int, ...]:
    return tuple(range(low, high + 1))


DIRECTION_PERCENT: Final[Mapping[Direction, int]] = {_OUT: 60, _IN: 40}
OUTCOME_PERCENT: Final[Mapping[Direction, Mapping[Outcome, int]]] = {
    _OUT: {Outcome.ANSWERED: 58, Outcome.NO_ANSWER: 25, Outcome.BUSY: 8, Outcome.FAILED: 5, Outcome.CANCELED: 4},
    _IN: {Outcome.ANSWERED: 82, Outcome.NO_ANSWER: 12, Outcome.BUSY: 3, Outcome.FAILED: 1, Outcome.CANCELED: 2},
}
ENDED_BY_PERCENT: Final[Mapping[Key, Mapping[Party, int]]] = {
    (_OUT, Outcome.ANSWERED): {Party.CUSTOMER: 55, Party.AGENT: 43, Party.SYSTEM: 2},
    (_IN, Outcome.ANSWERED): {Party.CUSTOMER: 64, Party.AGENT: 34, Party.SYSTEM: 2},
    (_OUT, Outcome.NO_ANSWER): {Party.SYSTEM: 100},
    (_IN, Outcome.NO_ANSWER): {Party.CUSTOMER: 65, Party.SYSTEM: 35},
    (_OUT, Outcome.BUSY): {Party.CUSTOMER: 70, Party.SYSTEM: 30},
    (_IN, Outcome.BUSY): {Party.SYSTEM: 100},
    (_OUT, Outcome.FAILED): {Party.SYSTEM: 100},
    (_IN, Outcome.FAILED): {Party.SYSTEM: 100},
    (_OUT, Outcome.CANCELED): {Party.AGENT: 85, Party.SYSTEM: 15},
    (_IN, Outcome.CANCELED): {Party.SYSTEM: 100},
}

DIRECTIONS: Final = _weighted(DIRECTION_PERCENT)
OUTCOMES: Final = {direction: _weighted(percent) for direction, percent in OUTCOME_PERCENT.items()}
ENDINGS: Final = {key: _weighted(percent) for key, percent in ENDED_BY_PERCENT.items()}

TALK_S: Final = _quantiles(log_normal(median=95, sigma=0.95))
RING_S: Final[Mapping[Key, tuple[int, ...]]] = {
    (_OUT, Outcome.ANSWERED): _quantiles(log_normal(median=11, sigma=0.5)),
    (_IN, Outcome.ANSWERED): _quantiles(log_normal(median=6, sigma=0.6)),
    (_OUT, Outcome.NO_ANSWER): _uniform(28, 45),
    (_IN, Outcome.NO_ANSWER): _quantiles(log_normal(median=24, sigma=0.5)),
    (_OUT, Outcome.BUSY): _uniform(2, 9),
    (_IN, Outcome.BUSY): _uniform(1, 4),
    (_OUT, Outcome.FAILED): _uniform(0, 2),
    (_IN, Outcome.FAILED): _uniform(0, 2),
    (_OUT, Outcome.CANCELED): _uniform(3, 20),
    (_IN, Outcome.CANCELED): _uniform(3, 20),
}
HELD_PERCENT: Final = (0,) * 88 + tuple(range(5, 65, 5))
"""Time on hold in percent of the talk: most calls are never held."""

TRANSACTION_PERCENT: Final[Mapping[Direction, int]] = {_OUT: 70, _IN: 0}
"""Calls that carry the partner's own id: those it placed itself."""
HOTLINE_PERCENT: Final[Mapping[Direction, int]] = {_OUT: 60, _IN: 100}
"""Calls that go over a hotline."""
AGENT_PERCENT: Final[Mapping[Key, int]] = {
    **{(direction, outcome): 100 for direction in Direction for outcome in Outcome},
    (_IN, Outcome.NO_ANSWER): 50,
    (_IN, Outcome.BUSY): 0,
    (_IN, Outcome.FAILED): 0,
    (_IN, Outcome.CANCELED): 0,
}
"""Calls that reached an agent's extension. One the agent ended always did."""

HOURS_PER_MILLE: Final = (
    *(2, 1, 1, 1, 1, 3, 10, 32),  # midnight to 08:00
    *(92, 118, 112, 68, 34, 72, 108, 110),  # to 16:00, with a lull at noon
    *(92, 52, 30, 24, 18, 11, 5, 3),  # to midnight
)
"""Share of a day's calls that start in each hour, in thousandths."""

_HOUR_MS: Final = 3_600_000
_WAITS: Final = tuple(wait * 1_000 for wait in _quantiles(lambda share: -math.log1p(-share) * _HOUR_MS))
"""Waits between arrivals at one call in an hour, in milliseconds times the thousandths of `HOURS_PER_MILLE`."""


def arrivals(draw: Callable[[], float], begin: datetime, calls_per_day: int) -> Iterator[datetime]:
    """The starts of calls from `begin` on: Poisson arrivals at the rate of the hour, in whole seconds.

    A wait is work to be done at the rate of each hour it crosses, so a quiet hour never swallows the rush after it.
    """
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    at_ms = (begin - midnight) // timedelta(milliseconds=1)
    while True:
        work = _WAITS[int(draw() * _POINTS)]
        while True:
            rate = HOURS_PER_MILLE[at_ms // _HOUR_MS % 24] * calls_per_day
            left_ms = _HOUR_MS - at_ms % _HOUR_MS
            if work <= left_ms * rate:
                break
            work -= left_ms * rate
            at_ms += left_ms
        at_ms += work // rate
        yield midnight + timedelta(seconds=at_ms // 1_000)
