"""The pictures of a load run: rate and latency over time, percentiles, retries, and the knee of the capacity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal

from mock_alohub.load.record import CellRecord, LoadRecord
from mock_alohub.load.reports import chart
from mock_alohub.load.reports.chart import Chart, Scale, Series, Tick
from mock_alohub.load.wording import noun, per_second, rates
from mock_alohub.reports.outline import milliseconds, number

_COLUMNS: Final = 300
"""Points of a line: more would be drawn over one another."""

_NOT_ACKNOWLEDGED: Final = "late, refused or failed"

_Latency = Literal["p50_ms", "p99_ms", "max_ms"]


def rate(record: LoadRecord) -> Chart | None:
    """Attempts per second over time: offered, made, acknowledged, and what was not."""
    cells = _columns(record["timeline"])
    if not cells:
        return None
    x, span_s = _time(cells)
    highest, step = chart.round_top(max(max(_offered(cell), _acknowledged(cell)) for cell in cells) or 1.0)
    y = chart.upward(highest)
    broken = [Series("broken", _NOT_ACKNOWLEDGED, chart.line(_over_time(cells, x, y, _broken)))]
    figures = record["rate"]
    return Chart(
        "rate",
        f"Messages per second over time; {per_second(figures['offered_per_s'])} {rates(record)} were offered "
        f"and {per_second(figures['achieved_per_s'])} made on average",
        (
            Series("acknowledged", "acknowledged", chart.area(_over_time(cells, x, y, _acknowledged)), chart.PATCH),
            Series("made", "made", chart.line(_over_time(cells, x, y, _made))),
            Series("offered", "offered", chart.line(_over_time(cells, x, y, _offered))),
            *(broken if any(map(_broken, cells)) else []),
        ),
        chart.time_ticks(span_s, x),
        chart.ticks(highest, step, y),
        note=_per_what(record, cells),
        uprights=_last_departure(record, x, span_s),
    )


def latency(record: LoadRecord) -> Chart | None:
    """Latency over time: median, p99 and slowest, on a logarithmic scale, against the deadline."""
    cells = _columns(record["timeline"])
    values = [cell[name] for cell in cells for name in ("p50_ms", "max_ms") if cell[name] is not None]
    known = [value for value in values if value is not None]
    if not known:
        return None
    x, span_s = _time(cells)
    y, up, deadline = _latency_axis(record, known)

    def over_time(name: _Latency) -> str:
        return chart.line(
            (x(at_s), None if (value := cell[name]) is None else y(value)) for at_s, cell in _moments(cells)
        )

    return Chart(
        "latency",
        f"Latency over time: the slowest answer took {milliseconds(max(known))}, the deadline is "
        f"{milliseconds(record['contract']['deadline_ms'])}",
        (
            Series("slowest", "slowest", over_time("max_ms")),
            Series("p99", "p99", over_time("p99_ms")),
            Series("p50", "median", over_time("p50_ms")),
        ),
        chart.time_ticks(span_s, x),
        up,
        deadline,
        note=f"From the moment a {noun(record)} was due; the scale is logarithmic.{_gaps(cells)}",
        uprights=_last_departure(record, x, span_s),
    )


def percentiles(record: LoadRecord) -> Chart | None:
    """Which latency how large a share of the calls did not exceed, the slowest calls spread out."""
    pairs = [(share, latency_ms) for share, latency_ms in record["percentiles"]]
    if not pairs:
        return None
    inner = [_nines(share) for share, _ in pairs if share < 1]
    reach = max([*inner, 1.0]) * 1.04
    x = chart.across(0.0, reach)
    y, up, deadline = _latency_axis(record, [value for _, value in pairs])
    points = [(x(_nines(share) if share < 1 else reach), y(value)) for share, value in pairs]
    shares = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999]
    labels = tuple(Tick(x(_nines(one)), f"{100 * one:.7g} %") for one in shares if _nines(one) <= reach)
    figures = record["latency_ms"]
    return Chart(
        "percentiles",
        f"Percentiles of the latency: half of the {noun(record)}s took at most {milliseconds(figures['p50'])}, "
        f"99 % at most {milliseconds(figures['p99'])}, the slowest {milliseconds(figures['max'])}",
        (Series("p99", f"share of {noun(record)}s that took no longer", chart.line(points)),),
        labels,
        up,
        deadline,
        note=f"Both scales are logarithmic; the line ends at the slowest {noun(record)}.",
    )


def retries(record: LoadRecord) -> Chart | None:
    """Attempts that came to nothing and the retries that they caused, per second."""
    cells = _columns(record["timeline"])
    if not any(cell["retried"] for cell in cells):
        return None
    x, span_s = _time(cells)
    highest, step = chart.round_top(max(max(_broken(cell), _retried(cell)) for cell in cells))
    y = chart.upward(highest)
    return Chart(
        "retries",
        f"Retries over time: {record['retry_attempts']['sent']:,} in all",
        (
            Series("acknowledged", "retries", chart.area(_over_time(cells, x, y, _retried)), chart.PATCH),
            Series("broken", _NOT_ACKNOWLEDGED, chart.line(_over_time(cells, x, y, _broken))),
        ),
        chart.time_ticks(span_s, x),
        chart.ticks(highest, step, y),
        note=_per_what(record, cells),
        uprights=_last_departure(record, x, span_s),
    )


def knee(record: LoadRecord) -> Chart | None:
    """The steps of a search for the capacity: p99 by rate, which held and which broke."""
    found = record["capacity"]
    steps = [step for step in found["steps"] if step["p99_ms"] is not None] if found else []
    if found is None or not steps:
        return None
    highest, step_x = chart.round_top(max(step["rate"] for step in steps) * 1.02)
    x = chart.across(0.0, highest)
    y, up, deadline = _latency_axis(record, [step["p99_ms"] or 0.0 for step in steps])
    held, broke = ([(x(one["rate"]), y(one["p99_ms"] or 0.0)) for one in steps if one["kept"] is kept]
                   for kept in (True, False))  # fmt: skip
    holds = found["holds_per_s"]
    ordered = sorted(dict(sorted([*held, *broke])).items())
    return Chart(
        "knee",
        f"p99 by rate: {len(held)} of {number(len(steps), 'step')} held"
        + ("" if holds is None else f", the highest at {per_second(holds)} {rates(record)}"),
        (
            Series("path", "", chart.line(ordered)),
            Series("held", "held", chart.circles(held), chart.RING),
            Series("broke", "broke", chart.crosses(broke), chart.CROSS),
        ),
        tuple(replace(tick, label=f"{tick.label}/s") for tick in chart.ticks(highest, step_x, x)),
        up,
        deadline,
        note=f"p99 by {noun(record)}s per second; the scale of the latency is logarithmic.",
        uprights=() if holds is None else (Tick(x(holds), f"holds {per_second(holds)}/s"),),
    )


def _columns(timeline: Sequence[CellRecord]) -> list[CellRecord]:
    """The timeline in at most `_COLUMNS` cells, neighbours put together."""
    size = math.ceil(len(timeline) / _COLUMNS)
    return [_together(timeline[at : at + size]) for at in range(0, len(timeline), max(size, 1))]


def _together(cells: Sequence[CellRecord]) -> CellRecord:
    """One cell for several: counts are added, of latencies the highest is kept, the median of the middle cell."""
    whole = cells[0].copy()
    whole["for_s"] = sum(cell["for_s"] for cell in cells)
    for name in ("scheduled", "sent", "retried", "acknowledged", "late", "refused", "failed"):
        whole[name] = sum(cell[name] for cell in cells)
    whole["in_flight"] = max(cell["in_flight"] for cell in cells)
    whole["lag_ms"] = max(cell["lag_ms"] for cell in cells)
    whole["p50_ms"] = cells[len(cells) // 2]["p50_ms"]
    for latency_name in ("p99_ms", "max_ms"):
        whole[latency_name] = max((value for cell in cells if (value := cell[latency_name]) is not None), default=None)
    return whole


def _time(cells: Sequence[CellRecord]) -> tuple[Scale, float]:
    span_s = max(cell["at_s"] + cell["for_s"] for cell in cells)
    return chart.across(0.0, span_s), span_s


def _moments(cells: Sequence[CellRecord]) -> list[tuple[float, CellRecord]]:
    """Each cell at its middle; the first and the last also where the run begins and ends."""
    middles = [(cell["at_s"] + cell["for_s"] / 2, cell) for cell in cells]
    first, last = cells[0], cells[-1]
    return [(first["at_s"], first), *middles, (last["at_s"] + last["for_s"], last)]


def _gaps(cells: Sequence[CellRecord]) -> str:
    return " Where there is no line nothing was answered." if any(cell["max_ms"] is None for cell in cells) else ""


def _last_departure(record: LoadRecord, x: Scale, span_s: float) -> tuple[Tick, ...]:
    """Where calls cease to depart, if the run went on for a while: then answers and retries were waited for."""
    end_s = record["plan"]["duration_s"]
    return (Tick(x(end_s), "last departure"),) if span_s >= end_s + 1 else ()


def _over_time(
    cells: Sequence[CellRecord], x: Scale, y: Scale, value: Callable[[CellRecord], float]
) -> list[tuple[float, float]]:
    return [(x(at_s), y(value(cell))) for at_s, cell in _moments(cells)]


def _offered(cell: CellRecord) -> float:
    return cell["scheduled"] / cell["for_s"]


def _made(cell: CellRecord) -> float:
    return cell["sent"] / cell["for_s"]


def _retried(cell: CellRecord) -> float:
    return cell["retried"] / cell["for_s"]


def _acknowledged(cell: CellRecord) -> float:
    return cell["acknowledged"] / cell["for_s"]


def _broken(cell: CellRecord) -> float:
    return (cell["late"] + cell["refused"] + cell["failed"]) / cell["for_s"]


def _per_what(record: LoadRecord, cells: Sequence[CellRecord]) -> str:
    """What is drawn: retries are in what was acknowledged or not, which is counted when an attempt ends."""
    length_s = cells[0]["for_s"]
    what = "Messages per second" + ("" if length_s == 1 else f", the mean of every {length_s:g} s")
    return f"{what}; answers to retries are counted as well." if record["retry_attempts"]["sent"] else f"{what}."


def _latency_axis(record: LoadRecord, values: Sequence[float]) -> tuple[Scale, tuple[Tick, ...], Tick]:
    deadline_ms = record["contract"]["deadline_ms"]
    low, high = chart.decades(values, deadline_ms / 10, deadline_ms * 1.5)
    y = chart.upward_log(low, high)
    return y, chart.latency_ticks(low, high), Tick(y(deadline_ms), f"deadline {milliseconds(deadline_ms)}")


def _nines(share: float) -> float:
    """How far right a share stands: 90 % at 1, 99 % at 2, 99.9 % at 3."""
    return -math.log10(1 - share)
