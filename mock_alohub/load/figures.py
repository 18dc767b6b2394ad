"""What was counted, as the figures of a record: percentiles, counts, the run piece by piece."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from mock_alohub.load.counts import Cell, Counts, RunCounts
from mock_alohub.load.latencies import Latencies
from mock_alohub.load.record import CauseRecord, CellRecord, CountsRecord, PercentilesRecord

_PER_DECADE: Final = 20
"""Points of the percentile curve between 90 and 99 percent, between 99 and 99.9, and so on."""


def milliseconds(latencies: Latencies, share: float) -> float | None:
    """The percentile of a `share` (0 to 1) in milliseconds, None when there is no value."""
    value = latencies.percentile(share)
    return None if value is None else _ms(value)


def above(latencies: Latencies, limit_ms: float) -> int:
    """How many values are longer than `limit_ms`, whole milliseconds."""
    return latencies.count - latencies.at_most(limit_ms / 1000)


def longest(latencies: Latencies) -> float | None:
    """The longest value in milliseconds, None when there is none."""
    return _ms(latencies.max) if latencies.count else None


def percentiles(latencies: Latencies) -> PercentilesRecord:
    """The figures of a record."""
    return {
        "p50": milliseconds(latencies, 0.50),
        "p90": milliseconds(latencies, 0.90),
        "p95": milliseconds(latencies, 0.95),
        "p99": milliseconds(latencies, 0.99),
        "p99_9": milliseconds(latencies, 0.999),
        "max": longest(latencies),
    }


def curve(latencies: Latencies) -> list[list[float]]:
    """Pairs of share and latency in milliseconds, denser towards the slowest, as far as the number of values tells.

    The last pair is that of the slowest value, with the share 1.
    """
    if not latencies.count:
        return []
    reach = math.ceil(math.log10(latencies.count) * _PER_DECADE)
    shares = [round(1 - 10 ** (-step / _PER_DECADE), 9) for step in range(reach)]
    return [*_at(latencies, shares), [1.0, _ms(latencies.max)]]


def _at(latencies: Latencies, shares: Sequence[float]) -> Iterator[list[float]]:
    """Each of `shares`, rising, with its latency: the buckets are walked once, for there may be a million."""
    pairs = latencies.pairs()
    edge, seen = next(pairs)
    for share in shares:
        wanted = max(1, math.ceil(share * latencies.count - 1e-9))
        while seen < wanted:
            edge, count = next(pairs)
            seen += count
        yield [share, _ms(edge)]


def counts(counted: Counts) -> CountsRecord:
    """Attempts that came to their end, by what came of them."""
    return {
        "sent": counted.total,
        "acknowledged": counted.acknowledged,
        "late": counted.late,
        "refused": counted.refused,
        "failed": counted.failed,
    }


def causes(run_counts: RunCounts) -> list[CauseRecord]:
    """Why attempts were not acknowledged, the most frequent first."""
    ordered = sorted(run_counts.causes.items(), key=lambda item: (-item[1], item[0]))
    return [{"cause": cause, "count": count} for cause, count in ordered]


def timeline(run_counts: RunCounts) -> Iterator[CellRecord]:
    """The run, piece by piece."""
    for second, cell in sorted(run_counts.timeline.items()):
        yield _cell(second, run_counts.cell_s, cell)


def _cell(second: int, length_s: int, cell: Cell) -> CellRecord:
    return {
        "at_s": float(second),
        "for_s": float(length_s),
        "scheduled": cell.scheduled,
        "sent": cell.sent,
        "retried": cell.retried,
        "acknowledged": cell.acknowledged,
        "late": cell.late,
        "refused": cell.refused,
        "failed": cell.failed,
        "in_flight": cell.in_flight,
        "p50_ms": milliseconds(cell.latencies, 0.50),
        "p99_ms": milliseconds(cell.latencies, 0.99),
        "max_ms": longest(cell.latencies),
        "lag_ms": _ms(cell.lag_max_s),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
