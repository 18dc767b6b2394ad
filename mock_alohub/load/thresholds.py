"""The limits of a load run, and what the counts of a run measure against each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

from mock_alohub.errors import BadOption
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.figures import milliseconds
from mock_alohub.load.record import ThresholdRecord


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is allowed. By default nothing but an acknowledgement in time, as the contract wants it.

    `late`, `refused`, `failed` are percent of first attempts; `lost` is percent of deliveries, and counts only where
    there are retries: without them each of the former is lost. Of a latency None allows any (the deadline holds all
    the same). Raises `BadOption`.
    """

    late_percent: float = 0.0
    refused_percent: float = 0.0
    failed_percent: float = 0.0
    lost_percent: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            name, _, unit = one.name.partition("_")
            if unit == "percent" and not 0 <= value <= 100:
                raise BadOption(f"--max-{name} is {value:g} percent; allowed: from 0% to 100%")
            if unit == "ms" and value is not None and not value > 0:
                raise BadOption(f"--max-{name} is {value:g} ms; allowed: more than 0")

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> Thresholds:
        """The opposite of `as_dict`."""
        return cls(**document)

    def measured(self, run_counts: RunCounts, *, retries: bool) -> list[ThresholdRecord]:
        """Each limit with what was measured, exactly; `retries` says whether calls that failed were tried again.

        A share of nothing is not measured and breaks nothing; a latency that no answer gave breaks its limit.
        """
        return [*self._shares(run_counts, retries=retries), *self._latencies(run_counts)]

    def _shares(self, run_counts: RunCounts, *, retries: bool) -> Iterator[ThresholdRecord]:
        first, sent = run_counts.first, run_counts.first.total  # of those whose end is known
        yield _share("late", self.late_percent, first.late, sent)
        yield _share("refused", self.refused_percent, first.refused, sent)
        yield _share("failed", self.failed_percent, first.failed, sent)
        if retries:
            yield _share(
                "lost",
                self.lost_percent,
                run_counts.lost,
                run_counts.delivered + run_counts.lost + run_counts.undecided,
            )

    def _latencies(self, run_counts: RunCounts) -> Iterator[ThresholdRecord]:
        if self.p50_ms is not None:
            yield _latency("p50", self.p50_ms, milliseconds(run_counts.latencies, 0.50))
        if self.p95_ms is not None:
            yield _latency("p95", self.p95_ms, milliseconds(run_counts.latencies, 0.95))
        if self.p99_ms is not None:
            yield _latency("p99", self.p99_ms, milliseconds(run_counts.latencies, 0.99))


def _share(name: Any, limit: float, part: int, whole: int) -> ThresholdRecord:
    measured = 100 * part / whole if whole else None
    # In whole numbers: 1 of 1,000 is exactly 0.1 percent, which no binary fraction is.
    kept = part * 100 <= Fraction(str(limit)) * whole
    return ThresholdRecord(name=name, limit=limit, measured=measured, unit="percent", kept=kept)


def _latency(name: Any, limit: float, measured: float | None) -> ThresholdRecord:
    kept = measured is not None and measured <= limit
    return ThresholdRecord(name=name, limit=limit, measured=measured, unit="ms", kept=kept)
