"""The summary that is printed at the end of a check: one screen when all is well, each finding in a few lines else."""

from __future__ import annotations

from collections.abc import Iterator

from mock_alohub.reports import outline
from mock_alohub.reports.outline import Weight
from mock_alohub.reports.page import INDENT, LABEL, Page, text_of
from mock_alohub.reports.record import FindingRecord, Format, Record, RuleRecord
from mock_alohub.reports.visible import all_visible, one_line

FINDINGS_SHOWN = 4
"""Findings of one rule that are printed, each in one line where the one above says how to fix it too."""
BODY_LINES = 2

_MARKS = {Weight.KEPT: "✓", Weight.BROKEN: "✗", Weight.WARNING: "!", Weight.SKIPPED: "-", Weight.CRASHED: "?"}
_COLOURS = {
    Weight.KEPT: "32",
    Weight.BROKEN: "31",
    Weight.WARNING: "33",
    Weight.SKIPPED: "2",
    Weight.CRASHED: "35",
}
_VERDICTS = {
    "pass": ("PASS", "1;32"),
    "fail": ("FAIL", "1;31"),
    "unreachable": ("UNREACHABLE", "1;31"),
    "interrupted": ("INTERRUPTED", "1;33"),
    "crashed": ("UNDECIDED", "1;35"),
}


def render(record: Record, colour: bool = False, width: int = 80) -> str:
    """`record` for a terminal of `width` columns; `colour` puts ANSI colours in, which the caller decides on."""
    record = all_visible(record)
    page = Page(colour, max(width, 40))
    blocks = [_verdict(record, page), _families(record, page), _facts(record, page)]
    blocks += [_rule(record, rule, page) for rule in outline.of_weight(record, Weight.BROKEN, Weight.WARNING)]
    blocks += [_crashed(rule, page) for rule in outline.of_weight(record, Weight.CRASHED)]
    if len(blocks) > 3:
        blocks.append(_last_word(record, page))
    return text_of(blocks)


def _verdict(record: Record, page: Page) -> list[str]:
    word, code = _VERDICTS[outline.ending(record)]
    lines = page.wrapped(outline.reason(record) or outline.headline(record), " " * (len(word) + 2))
    target, counts = record["target"], record["counts"]
    run = [
        ", ".join(target["webhooks"]),
        outline.number(counts["requests"], "request"),
        outline.duration(record["duration_s"]),
        f"seed {record['seed']}",
        *(["strict"] if record["strict"] else []),
    ]
    return [
        page.paint(word, code) + (lines[0][len(word) :] if lines else ""),
        *lines[1:],
        *page.wrapped(target["url"], INDENT, at_most=2),
        *page.wrapped(" · ".join(run), INDENT, at_most=2),
    ]


def _families(record: Record, page: Page) -> list[str]:
    families = outline.families(record)
    name_width = max((len(one_line(family.name)) for family in families), default=0)
    marks_width = max((len(family.rules) for family in families), default=0)
    lines = []
    for family in families:
        marks = "".join(page.paint(_MARKS[weight], _COLOURS[weight]) for weight, _ in family.rules)
        gap = " " * (marks_width - len(family.rules))
        lines.append(f"{INDENT}{one_line(family.name):<{name_width}}  {marks}{gap}  {family.tally()}")
    return lines


def _facts(record: Record, page: Page) -> list[str]:
    lines = _latency(record, page)
    for reason, rules in outline.by_reason(outline.of_weight(record, Weight.SKIPPED)):
        names = ", ".join(rule["id"] for rule in rules)
        lines += page.labelled("skipped", f"{len(rules)}: {reason} ({names})", at_most=3)
    assumed = record["contract"]["assumed"]
    if assumed:
        short = outline.assumed_in_short(assumed, record["target"]["webhooks"])
        text = f"{short} (not published by the provider; the reasons are in every other report)"
        lines += page.labelled("assumed", text, at_most=3)
    for note in record.get("notes", []):
        lines += page.labelled("note", note, at_most=3)
    return lines


def _latency(record: Record, page: Page) -> list[str]:
    latency, deadline = record["latency_ms"], record["contract"]["deadline_ms"]
    p95, slowest = latency["p95"], latency["max"]
    if slowest is None or p95 is None:
        return []
    figures = (f"{name} {outline.milliseconds(value)}" for name, value in outline.percentiles(record))
    room = 40
    to_p95, to_max = (min(room, round(room * value / deadline)) for value in (p95, slowest))
    late = slowest > deadline
    bar = page.paint("█" * max(to_p95, 1), "36") + page.paint("▒" * (to_max - max(to_p95, 1)), "31" if late else "36")
    rest = page.paint("·" * (room - max(to_max, 1)), "2")
    share = f"{slowest / deadline:.0%} of {outline.milliseconds(deadline)}".replace("%", " %")
    word = page.paint("LATE", "31") + f", {share}" if late else share
    return [
        *page.labelled("latency", "   ".join(figures)),
        f"{INDENT}{' ' * LABEL}{bar}{rest}| slowest {word}",
    ]


def _rule(record: Record, rule: RuleRecord, page: Page) -> list[str]:
    weight = outline.weight(record, rule)
    mark, code = _MARKS[weight], _COLOURS[weight]
    lines = [
        page.paint(f"{mark} {one_line(rule['id'])}", f"1;{code}") + f"  {rule['level']}",
        *page.wrapped(rule["title"], INDENT, at_most=3),
        *page.labelled("source", outline.source(rule["source"]), at_most=2),
    ]
    findings = rule["findings"]
    for at, finding in enumerate(findings[:FINDINGS_SHOWN]):
        told = at > 0 and finding["hint"] == findings[at - 1]["hint"]
        short = f"▸ {_place(finding)}: got {finding['got']}"
        lines += page.wrapped(short, INDENT) if told else _finding(finding, page)
    if len(findings) > FINDINGS_SHOWN:
        rest = outline.number(len(findings) - FINDINGS_SHOWN, "more finding")
        lines += page.wrapped(f"… {rest}: --report html=report.html shows all", INDENT)
    return lines


def _finding(finding: FindingRecord, page: Page) -> list[str]:
    sent, received = finding["sent"], finding["received"]
    lines = ["", *page.wrapped(f"▸ {_place(finding)}", INDENT)]
    if sent:
        size = outline.number(sent["body_size"], "byte")
        lines += page.labelled("sent", f"{sent['method']} {sent['url']}, {size}", at_most=2)
        lines += _body(sent["body"], page)
    lines += page.labelled("got", finding["got"], code="31")
    if received:
        lines += _body(received["body"], page)
    lines += page.labelled("wanted", finding["wanted"], code="32")
    lines += page.labelled("fix", finding["hint"], code="1", at_most=6)
    return [*lines, *_reproduce(finding["reproduce"], page)]


def _place(finding: FindingRecord) -> str:
    return f"{finding['case']} ({finding['webhook']})" if finding["webhook"] else finding["case"]


def _body(body: str, page: Page) -> list[str]:
    """The beginning of `body`, cut where the line ends: it is data, not prose."""
    gutter = INDENT + " " * LABEL + "| "
    room = max(page.width - len(gutter), 20)
    text = one_line(body.strip())
    if len(text) > BODY_LINES * room:
        text = text[: BODY_LINES * room - 1] + "…"
    return [gutter + text[at : at + room] for at in range(0, len(text), room)]


def _reproduce(command: str, page: Page) -> Iterator[str]:
    """The command as it is: wrapped lines could not be copied."""
    for at, line in enumerate(command.splitlines()):
        label = page.paint("try", "1") + " " * (LABEL - 3) if at == 0 else " " * LABEL
        yield INDENT + label + line


def _crashed(rule: RuleRecord, page: Page) -> list[str]:
    why = f"the rule itself failed, which says nothing about the endpoint: {rule['reason']}"
    head = page.paint(f"{_MARKS[Weight.CRASHED]} {one_line(rule['id'])}", f"1;{_COLOURS[Weight.CRASHED]}")
    return [f"{head}  crashed", *page.wrapped(why, INDENT)]


def _last_word(record: Record, page: Page) -> list[str]:
    word, code = _VERDICTS[outline.ending(record)]
    lines = page.wrapped(outline.tally(record), " " * (len(word) + 2))
    return [page.paint(word, code) + lines[0][len(word) :], *lines[1:]]


def _plain(record: Record) -> str:
    return render(record)


FORMAT = Format("terminal", ".txt", "the summary that a check prints, without colour", _plain)
