"""The geometry of the latency picture: every sample over time, on a logarithmic scale, against the deadline."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mock_alohub.reports import outline
from mock_alohub.reports.record import Record, Sample

WIDTH = 920
HEIGHT = 300
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 16, 34


@dataclass(frozen=True, slots=True)
class Line:
    """A horizontal or vertical line with its label; `at` is its coordinate in the picture's units."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Percentile:
    """A horizontal line whose label stands at `label_at`, clear of the other labels."""

    at: float
    label: str
    label_at: float


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws. `in_time`, `late` and `refused` are SVG path data; the numbers count their samples."""

    in_time: str
    late: str
    refused: str
    count_in_time: int
    count_late: int
    count_refused: int
    deadline: Line
    levels: tuple[Line, ...]
    """Powers of ten of a millisecond."""
    moments: tuple[Line, ...]
    """Time since the start."""
    percentiles: tuple[Percentile, ...]

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def draw(record: Record) -> Picture | None:
    """The picture of `record`, None when it holds no sample."""
    samples = record["samples"]
    if not samples:
        return None
    deadline = record["contract"]["deadline_ms"]
    low, high = _range([sample["elapsed_ms"] for sample in samples], deadline)
    span = max(max(sample["at_ms"] for sample in samples), 1.0)

    def x(at_ms: float) -> float:
        return LEFT + 6 + (WIDTH - LEFT - RIGHT - 12) * min(max(at_ms, 0) / span, 1)

    def y(elapsed_ms: float) -> float:
        share = (math.log10(max(elapsed_ms, 10**low)) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share

    in_time = [one for one in samples if one["acknowledged"] and one["elapsed_ms"] <= deadline]
    late = [one for one in samples if one["acknowledged"] and one["elapsed_ms"] > deadline]
    refused = [one for one in samples if not one["acknowledged"]]

    def points(chosen: Iterable[Sample]) -> list[tuple[float, float]]:
        return [(x(one["at_ms"]), y(one["elapsed_ms"])) for one in chosen]

    return Picture(
        in_time="".join(f"M{px:.1f} {py:.1f}h0" for px, py in points(in_time)),
        late="".join(f"M{px:.1f} {py - 4.5:.1f}l4.5 8h-9z" for px, py in points(late)),
        refused="".join(f"M{px - 3:.1f} {py - 3:.1f}l6 6m0-6l-6 6" for px, py in points(refused)),
        count_in_time=len(in_time),
        count_late=len(late),
        count_refused=len(refused),
        deadline=Line(y(deadline), f"deadline {outline.milliseconds(deadline)}"),
        levels=tuple(Line(y(10.0**power), _level(power)) for power in range(low, high + 1)),
        moments=tuple(Line(x(at), f"{at / 1000:g} s") for at in _moments(span)),
        percentiles=_percentiles(record, y),
    )


def _range(values: list[float], deadline: float) -> tuple[int, int]:
    """Powers of ten of a millisecond that hold all `values` and the deadline, with some air above it."""
    low = math.floor(math.log10(max(min(*values, deadline / 10), 0.1)))
    high = math.ceil(math.log10(max(*values, deadline * 1.5)))
    return low, max(high, low + 1)


def _level(power: int) -> str:
    return f"{10.0 ** (power - 3):g} s" if power >= 3 else f"{10.0**power:g} ms"


def _moments(span_ms: float) -> list[float]:
    """Round moments from 0 to `span_ms`, four to eight of them."""
    rough = span_ms / 6
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    return [count * step for count in range(int(span_ms / step) + 1)]


def _percentiles(record: Record, y: Callable[[float], float]) -> tuple[Percentile, ...]:
    """The lines of p50, p95 and p99; a label that would lie on the one below moves up."""
    lines: list[Percentile] = []
    for name, value in outline.percentiles(record):
        if value is not None and name != "max":
            label_at = y(value) - 4
            if lines:
                label_at = min(label_at, lines[-1].label_at - 13)
            lines.append(Percentile(y(value), name, label_at))
    return tuple(lines)
