"""How long things took: counted in narrow buckets, so that runs of any length add up exactly and cost little memory.

A bucket is named by its upper edge, which belongs to it: 1 µs wide up to 10 ms, 10 µs to 100 ms, 100 µs to 1 s, 1 ms
above (at most 0.1 % of the value). Every whole millisecond is an edge, so "at most 5 s" is decided exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any, ClassVar, Final, Self

_US: Final = 1_000_000
_DECADES: Final = 3
_NOISE_US: Final = 0.0001
"""Far less than clocks tell apart: 0.0033 s are 3,300.0000000000005 µs, which must not count as 3,301."""


class Latencies:
    """Values in seconds. `count` and `max` are exact, percentiles by nearest rank are a bucket's upper edge."""

    __slots__ = ("_counts", "count", "max")

    unit_us: ClassVar[int] = 1
    """The width of the narrowest buckets."""
    linear: ClassVar[int] = 10_000
    """How many of these there are before they get ten times as wide, and again, and a third time."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.max = 0.0

    def add(self, seconds: float) -> None:
        """Count one value; one below zero counts as zero."""
        us = seconds * 1e6 - _NOISE_US
        bucket = ceil(us) if self.unit_us == 1 and us <= 10_000 and us > 0.0 else self._bucket(us)
        counts = self._counts
        counts[bucket] = counts.get(bucket, 0) + 1
        self.count += 1
        if seconds > self.max:
            self.max = seconds

    def percentile(self, share: float) -> float | None:
        """The value that `share` (0 to 1) of all values do not exceed; None when there is none."""
        if not self.count:
            return None
        wanted = max(1, ceil(share * self.count - 1e-9))
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(self._edge_us(bucket) / _US, self.max)
        return self.max

    def at_most(self, seconds: float) -> int:
        """How many values were no greater; exact for whole milliseconds."""
        last = self._bucket(seconds * 1e6 - _NOISE_US)
        return sum(count for bucket, count in self._counts.items() if bucket <= last)

    def pairs(self) -> Iterator[tuple[float, int]]:
        """Upper edge in seconds and count of every bucket that holds something, rising."""
        for bucket in sorted(self._counts):
            yield min(self._edge_us(bucket) / _US, self.max), self._counts[bucket]

    def merge(self, other: Latencies) -> None:
        """Count what `other`, of the same kind, has counted."""
        if type(other) is not type(self):
            raise TypeError("buckets of another width cannot be added exactly")
        counts = self._counts
        for bucket, count in other._counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        self.count += other.count
        self.max = max(self.max, other.max)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it: the buckets that hold something, number and count in turn."""
        return {"max": self.max, "buckets": [one for pair in self._counts.items() for one in pair]}

    @classmethod
    def of_dict(cls, document: dict[str, Any]) -> Self:
        """The opposite of `as_dict`."""
        made = cls()
        flat = document["buckets"]
        made._counts = dict(zip(flat[::2], flat[1::2], strict=True))
        made.count = sum(flat[1::2])
        made.max = document["max"]
        return made

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.max == other.max and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"{type(self).__name__}(count={self.count}, max={self.max})"

    @classmethod
    def _bucket(cls, us: float) -> int:
        if us <= 0.0:
            return 0
        width, first = cls.unit_us, 0
        begin, end = 0, cls.unit_us * cls.linear
        for _ in range(_DECADES):
            if us <= end:
                break
            first += (end - begin) // width
            width, begin, end = width * 10, end, end * 10
        return first + ceil((us - begin) / width)

    @classmethod
    def _edge_us(cls, bucket: int) -> int:
        width, begin, end = cls.unit_us, 0, cls.unit_us * cls.linear
        for _ in range(_DECADES):
            size = (end - begin) // width
            if bucket <= size:
                break
            bucket -= size
            width, begin, end = width * 10, end, end * 10
        return begin + bucket * width


class CoarseLatencies(Latencies):
    """For each second of a run: 5 µs wide up to 1 ms, 50 µs to 10 ms, 500 µs to 100 ms, 5 ms above (at most 5 %)."""

    __slots__ = ()
    unit_us = 5
    linear = 200
