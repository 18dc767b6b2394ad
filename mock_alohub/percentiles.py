"""Exact percentiles: a value that occurred, never an interpolation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def nearest_rank(ordered: Sequence[T], share: float) -> T:
    """The nearest-rank percentile of values in ascending order; `share` from 0 to 1. At least one value is needed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
