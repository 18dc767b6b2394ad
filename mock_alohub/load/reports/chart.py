"""What every picture is made of: scales, round ticks, paths. The template draws a `Chart` and decides on colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mock_alohub.reports.outline import duration

WIDTH: Final = 920
HEIGHT: Final = 260
LEFT: Final = 58
RIGHT: Final = 906
TOP: Final = 16
BOTTOM: Final = 226

Scale = Callable[[float], float]
"""From a value to a coordinate."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: its coordinate and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """One set of values. `name` is its class in the style sheet, `path` SVG path data, `sample` the legend's mark."""

    name: str
    label: str
    path: str
    sample: str = "M0 6H24"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture. `says` tells in words what it shows, for whoever cannot see it; `note` stands beside the legend."""

    name: str
    says: str
    series: tuple[Series, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    deadline: Tick | None = None
    note: str = ""
    uprights: tuple[Tick, ...] = ()
    """Vertical lines with labels of their own."""

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


def across(low: float, high: float) -> Scale:
    """From left to right, linear, `low` to `high`."""
    return _linear(low, high, LEFT, RIGHT)


def upward(high: float) -> Scale:
    """From the bottom up, linear, 0 to `high`."""
    return _linear(0.0, high, BOTTOM, TOP)


def _linear(low: float, high: float, begin: float, end: float) -> Scale:
    reach = max(high - low, 1e-9)
    return lambda value: begin + (end - begin) * min(max((value - low) / reach, 0.0), 1.0)


def upward_log(low: int, high: int) -> Scale:
    """From the bottom up, logarithmic, 10^`low` to 10^`high`."""
    exponents = _linear(low, high, BOTTOM, TOP)
    return lambda value: exponents(math.log10(max(value, 10.0**low)))


def decades(values: Iterable[float], least: float, most: float) -> tuple[int, int]:
    """The powers of ten that hold `values`, and `least` and `most` at any rate."""
    known = [*values, least, most]
    low = math.floor(math.log10(max(min(known), 0.1)) + 1e-9)
    high = math.ceil(math.log10(max(known)) - 1e-9)
    return low, max(high, low + 1)


def latency_ticks(low: int, high: int) -> tuple[Tick, ...]:
    """A tick per power of ten of a millisecond."""
    scale = upward_log(low, high)
    return tuple(Tick(scale(10.0**power), _latency_label(power)) for power in range(low, high + 1))


def _latency_label(power: int) -> str:
    return f"{10.0 ** (power - 3):g} s" if power >= 3 else f"{10.0**power:g} ms"


def round_top(value: float) -> tuple[float, float]:
    """A round number that is no less than `value`, and the step of three to six ticks up to it."""
    rough = max(value, 1e-9) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough * 0.999)
    return math.ceil(value / step - 1e-9) * step, step


def ticks(high: float, step: float, scale: Scale) -> tuple[Tick, ...]:
    """Ticks from 0 to `high`, labelled with plain numbers."""
    return tuple(Tick(scale(at * step), f"{at * step:,.6g}") for at in range(round(high / step) + 1))


_TIME_STEPS_S: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)


def time_ticks(span_s: float, scale: Scale) -> tuple[Tick, ...]:
    """Round moments from 0 to `span_s`, at most nine of them."""
    step = next((one for one in _TIME_STEPS_S if span_s / one <= 8), 86400)
    return tuple(Tick(scale(at * step), _moment(at * step)) for at in range(int(span_s / step + 1e-9) + 1))


def _moment(at_s: float) -> str:
    return f"{at_s:.3g} s" if at_s < 60 else duration(at_s)


def line(points: Iterable[tuple[float, float | None]]) -> str:
    """A path through `points`, interrupted where there is no value; a single point is drawn as a dot."""
    path, down = [], False
    for x, y in points:
        if y is not None:
            path.append(f"{'L' if down else 'M'}{x:.1f} {y:.1f}{'' if down else 'h0'}")
        down = y is not None
    return "".join(path)


def area(points: Sequence[tuple[float, float]]) -> str:
    """The area between `points` and the bottom."""
    if not points:
        return ""
    outline = "".join(f"L{x:.1f} {y:.1f}" for x, y in points)
    return f"M{points[0][0]:.1f} {BOTTOM}{outline}L{points[-1][0]:.1f} {BOTTOM}Z"


def circles(points: Iterable[tuple[float, float]]) -> str:
    """A ring around each of `points`."""
    return "".join(f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0" for x, y in points)


def crosses(points: Iterable[tuple[float, float]]) -> str:
    """A cross on each of `points`."""
    return "".join(f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8" for x, y in points)


PATCH: Final = "M0 2h24v8H0Z"
RING: Final = circles([(12, 6)])
CROSS: Final = crosses([(12, 6)])
"""Marks of a legend, 24 by 12."""
