"""When calls start: Poisson arrivals over the hours of a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from mock_alohub.calls.distributions import HOURS_PER_MILLE, POINTS, exponential, quantiles

_HOUR: Final = timedelta(hours=1)
_HOUR_MS: Final = 3_600_000
_SECONDS: Final = tuple(timedelta(seconds=second) for second in range(3_601))

WAIT: Final = exponential(_HOUR_MS)
"""The wait between two arrivals at one call an hour, in milliseconds."""

_WORK: Final = tuple(wait * 1_000 for wait in quantiles(WAIT))  # in milliseconds times calls a day times per mille


def arrivals(draw: Callable[[], float], begin: datetime, calls_per_day: int) -> Iterator[datetime]:
    """The starts of calls from `begin` on, in whole seconds, `calls_per_day` of them in a day on average.

    `draw` gives numbers from 0 to below 1. A wait is work done at the rate of each hour it crosses, so a quiet hour
    never swallows the rush after it. Whole numbers throughout: every machine gives the same.
    """
    rates = [per_mille * calls_per_day for per_mille in HOURS_PER_MILLE]
    hour = begin.replace(minute=0, second=0, microsecond=0)
    into_ms = (begin - hour) // timedelta(milliseconds=1)
    rate = rates[hour.hour]
    while True:
        work = _WORK[int(draw() * POINTS)]
        while work > (left := (_HOUR_MS - into_ms) * rate):
            work -= left
            into_ms = 0
            hour += _HOUR
            rate = rates[hour.hour]
        into_ms += work // rate
        yield hour + _SECONDS[into_ms // 1_000]
