"""Faults of number and order: the same message again, later, or before the one it follows."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Final

from mock_alohub.faults.fault import Fault, Plans, each, together

if TYPE_CHECKING:
    from mock_alohub.messages.transmission import Transmission

SHORTEST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 3.0


def _twice(transmissions: Plans, random: Random) -> Plans:
    return [
        copy
        for transmission in transmissions
        for copy in (transmission, replace(transmission, wait_s=0.0, beside=False))
    ]


def _twice_at_once(transmissions: Plans, random: Random) -> Plans:
    return [
        copy
        for transmission in transmissions
        for copy in (transmission, replace(transmission, wait_s=0.0, beside=True))
    ]


def _shuffled(transmissions: Plans, random: Random) -> Plans:
    groups = list(together(transmissions))
    order = sorted(range(len(groups)), key=lambda at: random.random())
    if order == sorted(order):
        # The one order that is no fault; a single message has no other.
        order = order[1:] + order[:1]
    return [transmission for at in order for transmission in groups[at]]


def _late(transmission: Transmission, random: Random) -> Transmission:
    wait_s = SHORTEST_DELAY_S + (LONGEST_DELAY_S - SHORTEST_DELAY_S) * random.random()
    return transmission if transmission.beside else replace(transmission, wait_s=transmission.wait_s + round(wait_s, 3))


DUPLICATE: Final = Fault("duplicate", "sends every message twice, one after the other", _twice)
DUPLICATE_CONCURRENTLY: Final = Fault(
    "duplicate-concurrently", "sends every message twice, both at the same moment", _twice_at_once
)
REORDER: Final = Fault("reorder", "sends the messages in another order", _shuffled)
DELAY: Final = Fault(
    "delay", f"waits {SHORTEST_DELAY_S:g} to {LONGEST_DELAY_S:g} seconds before every message", each(_late)
)
