"""What a rate of calls means for a call centre: how many agents make so many calls."""

from __future__ import annotations

from functools import cache
from math import floor, log10
from statistics import fmean
from typing import Final

from mock_alohub.calls.call import Outcome
from mock_alohub.calls.distributions import SCENES, TALK_S

OCCUPANCY: Final = 0.85
"""The share of an agent's time that goes into calls: what call centres plan with. No provider publishes it."""


@cache
def handling_s() -> float:
    """How long a call keeps an agent on average, in seconds: ringing and talking, as the simulator draws them."""
    talk_s = fmean(TALK_S)
    total = 0.0
    for scene in SCENES:
        spent_s = fmean(scene.ring_s) + (talk_s if scene.outcome is Outcome.ANSWERED else 0.0)
        total += scene.per_mille / 1_000 * scene.reaches_agent / 100 * spent_s
    return total


def agents_for(rate: float) -> int:
    """How many agents make `rate` calls per second between them, to two figures."""
    agents = rate * handling_s() / OCCUPANCY
    return max(1, int(round(agents, min(0, 1 - floor(log10(agents))))))


def assumption() -> str:
    """What a number of agents hangs on, as a sentence."""
    return (
        f"the number of agents assumes that a call takes {handling_s():.0f} s of an agent's time, "
        f"and that calls take {OCCUPANCY:.0%} of it"
    )
