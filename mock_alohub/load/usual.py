"""What a load run has when nobody says otherwise, and what there is to choose from."""

from __future__ import annotations

from typing import Final

ARRIVALS: Final = ("poisson", "constant")
"""How calls follow each other at one rate: at random, as calls do, or evenly. The first is the default."""
MASTER_PORT: Final = 5557
"""Where a master listens: locust's own port."""
