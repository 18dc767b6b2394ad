"""How long deliveries that have ended are kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """How long ended deliveries are kept: the newest `keep`, and none longer than `days`; looked after `every_s`."""

    keep: int = 1_000_000
    days: float = 30.0
    every_s: float = 60.0
