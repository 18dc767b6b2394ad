"""The hostile mode: of all that is sent, some goes out twice and some is overtaken by what comes after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.errors import BadOption

SHORTEST_S: Final = 1.0
LONGEST_S: Final = 3.0
"""So long, in the server's time, a delivery is held back for others to overtake it."""


class Hostility:
    """Duplicates one half of `percent` of what passes, and holds back the other half.

    What becomes of the n-th delivery since the start depends on `seed` and n alone. Raises `BadOption` for a percentage
    that is none.
    """

    def __init__(self, percent: float, seed: int, *, time_scale: float = 1.0) -> None:
        if not 0 <= percent <= 100:
            raise BadOption(f"{percent:g} is no percentage; allowed: 0 to 100")
        self._percent = percent
        self._time_scale = time_scale
        self._random = Random(f"{seed} hostile")

    def over(self, new_deliveries: Iterable[NewDelivery], now: float) -> Iterator[NewDelivery]:
        """What is sent instead of `new_deliveries`; `now` in Unix seconds."""
        draw = self._random.random
        for new_delivery in new_deliveries:
            # Two draws for each, whatever comes of it: the fate of the next one does not depend on it.
            chance, held_back_s = draw() * 100, SHORTEST_S + (LONGEST_S - SHORTEST_S) * draw()
            if chance < self._percent / 2:
                yield from (new_delivery, new_delivery)
            elif chance < self._percent:
                at = max(now, new_delivery.at or now)
                yield replace(new_delivery, at=at + held_back_s / self._time_scale)
            else:
                yield new_delivery
