"""Background traffic: calls that nobody asked for one by one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, groupby, repeat
from random import Random
from typing import Final

from mock_alohub.calls.arrivals import arrivals
from mock_alohub.calls.distributions import POINTS, exponential, raw_quantiles
from mock_alohub.calls.simulator import Simulator
from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.server.call_request import ended_at
from mock_alohub.server.switchboard import Switchboard
from mock_alohub.vietnam_time import local_now

MOST_WAITING: Final = 50_000
"""While more deliveries than these wait, no calls are placed: an endpoint that is too slow must not fill the disk."""
MOST_AT_ONCE: Final = 1_000
"""Calls placed together when the traffic is behind its time; what is more is left out."""
_FORGIVEN_S: Final = 60.0
_MINUTES_OF_A_DAY: Final = 24 * 60
_log: Final = logging.getLogger(__name__)


class Came(StrEnum):
    """What came of a call of the background traffic."""

    PLACED = "placed"
    SKIPPED = "skipped"
    """Too many deliveries wait, or the traffic was behind its time."""
    LOST = "lost"
    """The store was in trouble."""


def starts(seed: int, begin: datetime, calls_per_minute: float, *, day_profile: bool = False) -> Iterator[float]:
    """When calls come: seconds after `begin` (local time of Vietnam), at random (Poisson), so many on average.

    `day_profile`: the average is that of a whole day, and each hour has its share as in the simulator.
    """
    draw = Random(f"{seed} traffic").random
    if not day_profile:
        gaps_s = [gap * 60 / calls_per_minute for gap in raw_quantiles(exponential(1.0))]
        yield from accumulate(gaps_s[int(draw() * POINTS)] for _ in repeat(None))
    a_day = max(1, round(calls_per_minute * _MINUTES_OF_A_DAY))
    for second, together in groupby(arrivals(draw, begin, a_day)):
        after_s = (second - begin).total_seconds()
        yield from sorted(after_s + draw() for _ in together)


async def flow(
    switchboard: Switchboard,
    calls_per_minute: float,
    seed: int,
    *,
    day_profile: bool = False,
    waiting: Callable[[], int] = int,
    tell: Callable[[Came, int], object] = lambda came, count: None,
) -> None:
    """Place calls that have just ended in the default namespace, until it is canceled.

    Endpoints get the webhooks they want, whichever provider's; what happened earlier in a call is told of earlier.

    `waiting` says how many deliveries wait; `tell` is told what came of how many calls.
    """
    simulator = Simulator(seed, start=local_now() - timedelta(minutes=1))
    clock = asyncio.get_running_loop().time
    while True:
        began_at, moments = clock(), starts(seed, local_now(), calls_per_minute, day_profile=day_profile)
        next_s = next(moments)
        # A machine that slept does not make up for the night: it begins again.
        while (late_s := clock() - began_at - next_s) < _FORGIVEN_S:
            await asyncio.sleep(max(0.0, -late_s))  # also when behind its time: others must have their turn
            count, now_s = 0, clock() - began_at
            while next_s <= now_s:
                count, next_s = count + 1, next(moments)
            if count:
                placed = 0 if waiting() > MOST_WAITING else min(count, MOST_AT_ONCE)
                if placed:
                    tell(await _place(switchboard, simulator, placed), placed)
                if placed < count:
                    tell(Came.SKIPPED, count - placed)


async def _place(switchboard: Switchboard, simulator: Simulator, count: int) -> Came:
    now = local_now()
    calls = [ended_at(simulator.call(at=now), now) for _ in range(count)]
    try:
        await switchboard.place(DEFAULT_NAMESPACE, calls)
    except StoreTrouble as trouble:
        _log.warning("event=calls-lost count=%d reason=%r", count, trouble.message)
        return Came.LOST
    return Came.PLACED
