"""Markdown for a comment on a pull request or for a job's summary page: the verdict and the figures as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from mock_alohub.load import wording
from mock_alohub.load.record import CountsRecord, LoadRecord
from mock_alohub.reports import outline
from mock_alohub.reports.markdown import code, prose
from mock_alohub.reports.record import Format
from mock_alohub.reports.visible import all_visible

_ICONS = {"pass": "✅", "fail": "❌", "inconclusive": "⚠️", "unreachable": "🔌", "interrupted": "⏸️"}
_RATES: Final[tuple[Literal["offered_per_s", "achieved_per_s"], ...]] = ("offered_per_s", "achieved_per_s")
_COUNTED = ("sent", "acknowledged", "late", "refused", "failed")


def render(record: LoadRecord) -> str:
    """The verdict, the limits, the attempts, the latency, the causes. Well below what a comment may hold."""
    record = all_visible(record)
    blocks = [*_head(record), _limits(record), _steps(record), _attempts(record), _latency(record), *_rest(record)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(record: LoadRecord) -> Iterator[str]:
    yield f"## {_ICONS[record['verdict']]} {prose(wording.headline(record))}"
    yield prose(wording.sentence(record))
    offered, made = (wording.per_second(record["rate"][name]) for name in _RATES)
    run = [
        code(record["target"]["url"]),
        *([prose(record["target"]["provider"])] if "provider" in record["target"] else []),
        ", ".join(code(name) for name in record["target"]["webhooks"]),
        prose(wording.offer(record)),
        f"{offered} {wording.rates(record)} offered, {made} made",
        f"seed {record['seed']}",
    ]
    yield " · ".join(run)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|---|" + "--:|" * (len(heads) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _limits(record: LoadRecord) -> str:
    if record["capacity"]:
        return f"Each step was held to: {_allowed(record)}."
    judged = record["verdict"] in wording.JUDGED
    rows = [
        (
            wording.THRESHOLDS[one["name"]],
            wording.limit(one["limit"], one["unit"]),
            wording.measured(one["measured"], one["unit"]),
            ("✅ kept" if one["kept"] else "❌ broken") if judged else "not judged",
        )
        for one in record["thresholds"]
    ]
    return _table(("limit", "allowed", "measured", ""), rows)


def _allowed(record: LoadRecord) -> str:
    limits = (
        f"{wording.THRESHOLDS[one['name']]} {wording.limit(one['limit'], one['unit'])}" for one in record["thresholds"]
    )
    return ", ".join(limits)


def _steps(record: LoadRecord) -> str:
    if not record["capacity"]:
        return ""
    rows = [
        (
            wording.per_second(step["rate"]),
            wording.per_second(step["achieved_per_s"]),
            outline.milliseconds(step["p99_ms"]),
            "✅ held" if step["kept"] else f"❌ {_cell(step['because'])}",
        )
        for step in record["capacity"]["steps"]
    ]
    return _table((wording.rates(record), "made", "p99", ""), rows)


def _attempts(record: LoadRecord) -> str:
    named = [("first attempts", record["first_attempts"])]
    if len(record["webhooks"]) > 1:
        named += [(f"… {_code(name)}", counts) for name, counts in record["webhooks"].items()]
    retries = record["plan"]["retries"]
    named += [("retries", record["retry_attempts"])] if retries else []
    table = _table(("", *_COUNTED), [(name, *_numbers(counts)) for name, counts in named])
    ends = record["deliveries"]
    return (
        table
        if not retries
        else table
        + (
            f"\n\n{ends['delivered']:,} delivered in the end, {ends['lost']:,} lost after the last retry, "
            f"{ends['undecided']:,} undecided."
        )
    )


def _numbers(counts: CountsRecord) -> Iterator[str]:
    values = (counts["sent"], counts["acknowledged"], counts["late"], counts["refused"], counts["failed"])
    return (f"{value:,}" for value in values)


def _latency(record: LoadRecord) -> str:
    figures = [(name, value) for name, value in wording.figures(record["latency_ms"]) if value is not None]
    if not figures:
        return ""
    said = ", ".join(f"{name} {outline.milliseconds(value)}" for name, value in figures)
    deadline = outline.milliseconds(record["contract"]["deadline_ms"])
    return f"**Latency** {said}; the deadline is {deadline}."


def _rest(record: LoadRecord) -> Iterator[str]:
    if record["causes"]:
        rows = [(_code(one["cause"]), f"{one['count']:,}") for one in record["causes"]]
        yield _table(("why attempts were not acknowledged", ""), rows)
    yield f"**Generator** {prose(wording.generator(record))}."
    assumptions = outline.assumptions(record["contract"]["assumed"], record["target"]["webhooks"])
    assumed = [f"- {prose(what)} ({prose(names)}): {prose(why)}" for what, names, why in assumptions]
    if assumed:
        yield "**Assumed** (the provider does not publish it)\n\n" + "\n".join(assumed)
    notes = [f"- {prose(note)}" for note in record["notes"]]
    if notes:
        yield "**Notes**\n\n" + "\n".join(notes)


def _code(text: str) -> str:
    """A code span in a cell, which a bar would end even there."""
    return code(text).replace("|", "\\|")


def _cell(text: str) -> str:
    return prose(text).replace("|", "\\|") if "\\|" not in prose(text) else prose(text)


FORMAT = Format("markdown", ".md", "Markdown: for a pull request's comment or a job's summary page", render)
