"""The summary that is printed at the end of a load run: one screen, the verdict first."""

from __future__ import annotations

import math
from typing import Final

from mock_alohub.load import wording
from mock_alohub.load.record import CountsRecord, LoadRecord, ThresholdRecord
from mock_alohub.reports import outline
from mock_alohub.reports.page import INDENT, Page, text_of
from mock_alohub.reports.record import Format
from mock_alohub.reports.visible import all_visible, one_line

CAUSES_SHOWN: Final = 5
STEPS_SHOWN: Final = 12
"""Steps of a search for the capacity that are printed: the last ones decide."""

_LABEL: Final = 11
_COLOURS: Final = {
    "pass": "1;32",
    "fail": "1;31",
    "inconclusive": "1;33",
    "unreachable": "1;31",
    "interrupted": "1;33",
}
_DECADES: Final = 2.5
"""An empty bar stands for the deadline divided by ten to this."""
_JOINED: Final = "\u00a0"
"""Stands for a space at which a line is not to be broken."""
_BARS: Final = "▁▂▃▄▅▆▇█"


def render(record: LoadRecord, colour: bool = False, width: int = 80) -> str:
    """`record` for a terminal of `width` columns; `colour` puts ANSI colours in, which the caller decides on."""
    record = all_visible(record)
    page = Page(colour, max(width, 40), _LABEL)
    blocks = [_verdict(record, page), _steps(record, page), _figures(record, page), _why(record, page)]
    return text_of(blocks).replace(_JOINED, " ")


def _verdict(record: LoadRecord, page: Page) -> list[str]:
    word = wording.WORDS[record["verdict"]]
    lines = page.wrapped(record["reason"] or wording.headline(record), " " * (len(word) + 2))
    plan = record["plan"]
    run = [
        wording.offer(record),
        f"{plan['arrivals']} arrivals",
        wording.webhooks(record),
        f"seed {record['seed']}",
    ]
    return [
        page.paint(word, _COLOURS[record["verdict"]]) + (lines[0][len(word) :] if lines else ""),
        *lines[1:],
        *page.wrapped(record["target"]["url"], INDENT, at_most=2),
        *page.wrapped(" · ".join(run), INDENT, at_most=2),
    ]


def _figures(record: LoadRecord, page: Page) -> list[str]:
    rate, ends = record["rate"], record["deliveries"]
    offered = f"{wording.per_second(rate['offered_per_s'])} {wording.rates(record)} offered"
    made = f"{wording.per_second(rate['achieved_per_s'])} made"
    lines = page.labelled("last step", wording.load(record)) if record["capacity"] else []
    lines += page.labelled("rate", f"{offered}   {made}")
    lines += page.labelled("first", _counts(record["first_attempts"]))
    if record["retry_attempts"]["sent"]:
        lines += page.labelled("retries", _counts(record["retry_attempts"]))
    undecided = [f"{ends['undecided']:,} undecided"] if ends["undecided"] else []
    if record["plan"]["retries"]:
        said = [f"{ends['delivered']:,} delivered", f"{ends['lost']:,} lost for good", *undecided]
        lines += page.labelled("in the end", "   ".join(said))
    lines += _latency(record, page)
    if record["verdict"] in wording.JUDGED and not record["capacity"]:
        lines += page.labelled("limits", "   ".join(map(_threshold, record["thresholds"])), at_most=3)
    return lines


def _counts(counts: CountsRecord) -> str:
    parts = [f"{counts[name]:,} {name}" for name in ("acknowledged", "late", "refused", "failed")]
    return "   ".join([f"{counts['sent']:,} sent:", *parts])


def _threshold(one: ThresholdRecord) -> str:
    mark = "✓" if one["kept"] else "✗"
    said = f"{mark} {one['name']} {wording.measured(one['measured'], one['unit'])}"
    if one["limit"] or not one["kept"]:
        said += f" (allowed: {wording.limit(one['limit'], one['unit'])})"
    return said.replace(" ", _JOINED)


def _allowed(one: ThresholdRecord) -> str:
    return f"{one['name']} {wording.limit(one['limit'], one['unit'])}".replace(" ", _JOINED)


def _latency(record: LoadRecord, page: Page) -> list[str]:
    figures = [(name, value) for name, value in wording.figures(record["latency_ms"]) if value is not None]
    if not figures:
        return []
    text = "   ".join(f"{name} {outline.milliseconds(value)}".replace(" ", _JOINED) for name, value in figures)
    lines = page.labelled("latency", text)
    spark = _sparkline(record, page)
    return lines + ([INDENT + " " * _LABEL + spark] if spark else [])


def _sparkline(record: LoadRecord, page: Page) -> str:
    """The slowest answers over time, logarithmic: a full bar is the deadline, a dot a time without any answer."""
    room = min(page.width - len(INDENT) - _LABEL - 30, 60)
    values = [cell["max_ms"] for cell in record["timeline"]]
    if room < 10 or not any(value is not None for value in values):
        return ""
    deadline, columns = record["contract"]["deadline_ms"], min(len(values), room)
    bars = []
    for at in range(columns):
        part = values[at * len(values) // columns : (at + 1) * len(values) // columns]
        known = [value for value in part if value is not None]
        bars.append(_bar(max(known), deadline, page) if known else page.paint("·", "2"))
    return f"{''.join(bars)}  slowest, {wording.span(_end(record))}; █ is {outline.milliseconds(deadline)}"


def _end(record: LoadRecord) -> float:
    last = record["timeline"][-1]
    return last["at_s"] + last["for_s"]


def _bar(value: float, deadline: float, page: Page) -> str:
    share = max(1 + math.log10(max(value / deadline, 1e-9)) / _DECADES, 0.0)
    bar = _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]
    return page.paint(bar, "31" if value > deadline else "36")


def _steps(record: LoadRecord, page: Page) -> list[str]:
    found = record["capacity"]
    if found is None:
        return []
    lines = page.labelled("allowed", "   ".join(map(_allowed, record["thresholds"])), at_most=3)
    for step in found["steps"][-STEPS_SHOWN:]:
        mark = page.paint("✓", "32") if step["kept"] else page.paint("✗", "31")
        text = f"{wording.per_second(step['rate']):>7}/s  p99 {outline.milliseconds(step['p99_ms'])}"
        lines.append(
            f"{INDENT}{' ' * _LABEL}{mark} {text}{'  ' + one_line(step['because']) if step['because'] else ''}"
        )
    return lines


def _why(record: LoadRecord, page: Page) -> list[str]:
    lines = []
    for at, one in enumerate(record["causes"][:CAUSES_SHOWN]):
        lines += page.labelled("causes" if at == 0 else "", f"{one['count']:,}: {one['cause']}", at_most=2)
    if len(record["causes"]) > CAUSES_SHOWN:
        rest = outline.number(len(record["causes"]) - CAUSES_SHOWN, "more cause")
        lines += page.labelled("", f"… {rest} in the other reports")
    code = "33" if record["generator"]["bottleneck"] else "2"
    lines += page.labelled("generator", wording.generator(record), at_most=3, code=code)
    assumed = record["contract"]["assumed"]
    if assumed:
        short = outline.assumed_in_short(assumed, record["target"]["webhooks"])
        lines += page.labelled("assumed", f"{short} (not published by the provider)", at_most=3)
    for note in record["notes"]:
        lines += page.labelled("note", note, at_most=3)
    return lines


def _plain(record: LoadRecord) -> str:
    return render(record)


FORMAT = Format("terminal", ".txt", "the summary that a load run prints, without colour", _plain)
