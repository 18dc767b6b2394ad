"""Background traffic: calls that nobody asked for one by one."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from random import Random
from typing import Final

from mock_alohub.clock import local_now
from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.distributions import HOURS_PER_MILLE
from mock_alohub.server.switchboard import Switchboard
from mock_alohub.server.wishes import ended_at
from mock_alohub.simulator import Simulator

_HOURS: Final = 24
_log: Final = logging.getLogger(__name__)


def gap_s(random: Random, calls_per_minute: float, hour: int | None = None) -> float:
    """Seconds to the next call, drawn so that calls come at random (Poisson), `calls_per_minute` of them on average.

    `hour`: the average is that of a whole day, and this is the hour of the day it is.
    """
    rate = calls_per_minute / 60
    if hour is not None:
        rate *= HOURS_PER_MILLE[hour] * _HOURS / 1000
    return random.expovariate(rate)


async def flow(switchboard: Switchboard, calls_per_minute: float, seed: int, *, day_profile: bool = False) -> None:
    """Place calls that have just ended in the default namespace, until it is canceled."""
    random = Random(f"{seed} traffic")
    simulator = Simulator(seed, start=local_now() - timedelta(minutes=1))
    while True:
        now = local_now()
        await asyncio.sleep(gap_s(random, calls_per_minute, now.hour if day_profile else None))
        now = local_now()
        try:
            await switchboard.place(DEFAULT_NAMESPACE, [ended_at(simulator.call(at=now), now)])
        except StoreTrouble as trouble:
            _log.warning("event=call-lost reason=%r", trouble.message)
