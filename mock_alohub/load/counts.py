"""What a load run counts: whole numbers, exact, which add up over seconds and over workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mock_alohub.load.latencies import CoarseLatencies, Latencies

MOST_CELLS: Final = 300
"""Longer runs have longer cells: a timeline never costs more than so many."""
MOST_CAUSES: Final = 50
OTHER_CAUSES: Final = "other causes"


@dataclass(slots=True)
class Counts:
    """Attempts by what came of them; every attempt that has ended is exactly one of these."""

    acknowledged: int = 0
    """An acknowledging status, the whole answer in time."""
    late: int = 0
    """The deadline passed, connecting included; whatever came afterwards."""
    refused: int = 0
    """A whole answer in time, with another status."""
    failed: int = 0
    """No whole answer, and the deadline had not passed."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.acknowledged + self.late + self.refused + self.failed

    def merge(self, other: Counts) -> None:
        """Add what `other` has counted."""
        self.acknowledged += other.acknowledged
        self.late += other.late
        self.refused += other.refused
        self.failed += other.failed

    def as_list(self) -> list[int]:
        """As JSON can carry it."""
        return [self.acknowledged, self.late, self.refused, self.failed]


@dataclass(slots=True)
class Cell:
    """A piece of the timeline.

    What departs is counted at its intended moment, what comes of first attempts and of retries when they end.
    """

    scheduled: int = 0
    sent: int = 0
    """Departures, of those scheduled in this piece, that were made."""
    retried: int = 0
    """Retries sent in this piece."""
    acknowledged: int = 0
    late: int = 0
    refused: int = 0
    failed: int = 0
    in_flight: int = 0
    """The most attempts that were under way at one time."""
    lag_max_s: float = 0.0
    latencies: CoarseLatencies = field(default_factory=CoarseLatencies)
    """Of the first attempts that ended in this piece, from the intended departure."""

    def merge(self, other: Cell, *, beside: bool = False) -> None:
        """Add what `other` has counted, before or after; `beside`: at the same time, elsewhere."""
        for name in _SUMS_OF_CELL:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.in_flight = self.in_flight + other.in_flight if beside else max(self.in_flight, other.in_flight)
        self.lag_max_s = max(self.lag_max_s, other.lag_max_s)
        self.latencies.merge(other.latencies)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"latencies": self.latencies.as_dict()}

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> Cell:
        """The opposite of `as_dict`."""
        return cls(**{**document, "latencies": CoarseLatencies.of_dict(document["latencies"])})


_SUMS_OF_CELL: Final = ("scheduled", "sent", "retried", "acknowledged", "late", "refused", "failed")
_SUMS: Final = ("scheduled", "sent", "calls", "calls_sent", "delivered", "lost", "undecided", "cpu_s")
_COUNTS: Final = ("first", "retries")
_LATENCIES: Final = ("latencies", "lag")


@dataclass(slots=True)
class RunCounts:
    """Everything a run counts, or a part of it: what one worker counted, or what came since its last word.

    `scheduled` is the departures that fell due, each either `sent` or, by reason, `unsent`. Of them, `calls` (and
    `calls_sent`) are those that begin a call; the others are further messages about one.
    """

    scheduled: int = 0
    sent: int = 0
    calls: int = 0
    calls_sent: int = 0
    unsent: dict[str, int] = field(default_factory=dict)
    first: Counts = field(default_factory=Counts)
    retries: Counts = field(default_factory=Counts)
    delivered: int = 0
    """Deliveries acknowledged at last."""
    lost: int = 0
    """Deliveries not acknowledged after the last retry."""
    undecided: int = 0
    """Deliveries with an attempt under way, or a retry still due, when the run ended."""
    by_webhook: dict[str, Counts] = field(default_factory=dict)
    """First attempts."""
    causes: dict[str, int] = field(default_factory=dict)
    """Why attempts, retries included, were not acknowledged; at most `MOST_CAUSES` kinds, the rest as one."""
    latencies: Latencies = field(default_factory=Latencies)
    """First attempts, from the intended departure to the last byte of the answer.

    Late ones count with the moment at which they were given up; `failed` ones not at all.
    """
    lag: Latencies = field(default_factory=Latencies)
    """First attempts, from the intended departure until the request was handed to the transport."""
    in_flight_max: int = 0
    timeline: dict[int, Cell] = field(default_factory=dict)
    """Cells by the second at which they begin, each `cell_s` long."""
    cell_s: int = 1
    cpu_s: float = 0.0
    """Of the processes that sent."""
    elapsed_s: float = 0.0
    """How far the run had come, in seconds from its first intended moment."""

    def cell(self, second: int) -> Cell:
        """The cell that `second` belongs to."""
        at = second - second % self.cell_s
        found = self.timeline.get(at)
        if found is None:
            found = self.timeline[at] = Cell()
        return found

    def unsend(self, reason: str, count: int = 1) -> None:
        """Count departures that were not made."""
        if count:
            self.unsent[reason] = self.unsent.get(reason, 0) + count

    def blame(self, cause: str, count: int = 1) -> None:
        """Count attempts that were not acknowledged. The first kinds keep their names, later ones share one."""
        if cause not in self.causes and len(self.causes) >= MOST_CAUSES:
            cause = OTHER_CAUSES
        self.causes[cause] = self.causes.get(cause, 0) + count

    def merge(self, other: RunCounts, *, beside: bool = False) -> None:
        """Add what `other` has counted; `beside`: at the same time elsewhere, so that what is in flight adds up."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in (*_COUNTS, *_LATENCIES):
            getattr(self, name).merge(getattr(other, name))
        for reason, count in other.unsent.items():
            self.unsend(reason, count)
        for cause, count in other.causes.items():
            self.blame(cause, count)
        for webhook, counts in other.by_webhook.items():
            self.by_webhook.setdefault(webhook, Counts()).merge(counts)
        in_flight = other.in_flight_max
        self.in_flight_max = self.in_flight_max + in_flight if beside else max(self.in_flight_max, in_flight)
        self.elapsed_s = max(self.elapsed_s, other.elapsed_s)
        self._lengthen(other.cell_s)
        for second, cell in other.timeline.items():
            self.cell(second).merge(cell, beside=beside)
        while len(self.timeline) > MOST_CELLS:
            self._lengthen(self.cell_s * 2)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            **{name: getattr(self, name) for name in (*_SUMS, "unsent", "causes", "in_flight_max", "cell_s")},
            **{name: getattr(self, name).as_list() for name in _COUNTS},
            **{name: getattr(self, name).as_dict() for name in _LATENCIES},
            "by_webhook": {name: counts.as_list() for name, counts in self.by_webhook.items()},
            "timeline": {str(second): cell.as_dict() for second, cell in self.timeline.items()},
            "elapsed_s": self.elapsed_s,
        }

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> RunCounts:
        """The opposite of `as_dict`."""
        return cls(
            **{
                **document,
                **{name: Counts(*document[name]) for name in _COUNTS},
                **{name: Latencies.of_dict(document[name]) for name in _LATENCIES},
                "unsent": dict(document["unsent"]),
                "causes": dict(document["causes"]),
                "by_webhook": {name: Counts(*counts) for name, counts in document["by_webhook"].items()},
                "timeline": {int(second): Cell.of_dict(cell) for second, cell in document["timeline"].items()},
            }
        )

    def _lengthen(self, cell_s: int) -> None:
        """Cells at least so long, by doubling; cells that fall together are merged."""
        if cell_s <= self.cell_s:
            return
        before, self.timeline, self.cell_s = self.timeline, {}, cell_s
        for second, cell in before.items():
            self.cell(second).merge(cell)
