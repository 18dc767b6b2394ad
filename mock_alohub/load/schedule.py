"""When calls depart: a pure function of the plan, the same for every worker whatever the endpoint does.

Arrivals at a rate of one (evenly, or Poisson from the seed) are mapped through the inverse of the integral of the
profile's rate, so one schedule has the statistics of the arrivals and the shape of the profile. Both kinds have as many
calls as the rate adds up to: 200 calls/s for a minute are 12,000 calls, whatever the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Final

from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.profiles import named

_AT_ONCE: Final = 10_000
"""Calls whose moments are drawn together: enough for chance, few enough to be sorted between two departures."""


def departures(plan: LoadPlan) -> Iterator[float]:
    """When each call of the run departs, all workers together: seconds from its beginning, rising."""
    curve = named(plan.profile).curve(plan.rate, plan.duration_s)
    return curve.times(_evenly() if plan.arrivals == "constant" else _at_random(plan.seed, curve.total))


def _evenly() -> Iterator[float]:
    return (number + 0.5 for number in count())


def _at_random(seed: int, total: float) -> Iterator[float]:
    """Poisson arrivals of which it is known how many there are: each moment is as likely for each call."""
    draw = Random(f"{seed} departures").random
    calls = round(total)
    for first in range(0, calls, _AT_ONCE):
        some = min(_AT_ONCE, calls - first)
        moments = sorted([draw() for _ in range(some)])
        yield from (min((first + some * moment) * total / calls, total) for moment in moments)
