"""Markdown for a comment on a pull request or for `$GITHUB_STEP_SUMMARY`.

Whatever came from outside stands in code, where GitHub makes no link, mention or markup of it, or is escaped as HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from mock_alohub.reports import outline
from mock_alohub.reports.outline import Weight
from mock_alohub.reports.record import FindingRecord, Format, Record, RuleRecord
from mock_alohub.reports.visible import all_visible, one_line

ROOM = 60_000
"""Characters of the whole text: a comment on GitHub holds 65,536."""
FINDINGS_SHOWN = 5
BODY_SHOWN = 1500
"""Characters of a message that are shown."""

_ICONS = {
    Weight.KEPT: "✅",
    Weight.BROKEN: "❌",
    Weight.WARNING: "⚠️",
    Weight.SKIPPED: "➖",  # noqa: RUF001 - the emoji of a minus
    Weight.CRASHED: "💥",
}
_VERDICTS = {"pass": "✅", "fail": "❌", "unreachable": "🔌", "interrupted": "⏸️", "crashed": "💥"}


def render(record: Record) -> str:
    """The verdict, a table of the families, and every finding folded in, as far as there is room."""
    record = all_visible(record)
    blocks = [*_head(record), _table(record), *_facts(record)]
    used = sum(len(block) + 2 for block in blocks)
    details = list(_details(record))
    for at, block in enumerate(details):
        used += len(block) + 2
        if used > ROOM:
            left = outline.number(len(details) - at, "more rule")
            blocks.append(f"*… and {left}: the HTML and the JSON report hold all of them.*")
            break
        blocks.append(block)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(record: Record) -> Iterator[str]:
    target = record["target"]
    yield f"## {_VERDICTS[outline.ending(record)]} {outline.headline(record)}"
    yield prose(outline.reason(record))
    run = [
        code(target["url"]),
        ", ".join(code(name) for name in target["webhooks"]),
        outline.number(record["counts"]["requests"], "request"),
        outline.duration(record["duration_s"]),
        f"seed {record['seed']}",
        *(["strict"] if record["strict"] else []),
    ]
    yield " · ".join(run)


def _table(record: Record) -> str:
    families = outline.families(record)
    if not families:
        return ""
    columns = [weight for weight in Weight if any(weight is found for family in families for found, _ in family.rules)]
    head = "".join(f" {_ICONS[weight]} {weight} |" for weight in columns)
    rows = [f"| rules |{head}", "|---|" + "--:|" * len(columns)]
    for family in families:
        counts = [sum(found is weight for found, _ in family.rules) for weight in columns]
        name = code(family.name).replace("|", "\\|")  # a bar would end the cell, even in code
        rows.append(f"| {name} |" + "".join(f" {count or ''} |" for count in counts))
    return "\n".join(rows)


def _facts(record: Record) -> Iterator[str]:
    if record["latency_ms"]["max"] is not None:
        figures = ", ".join(f"{name} {outline.milliseconds(value)}" for name, value in outline.percentiles(record))
        yield f"**Latency** {figures}; the deadline is {outline.milliseconds(record['contract']['deadline_ms'])}."
    skipped = outline.by_reason(outline.of_weight(record, Weight.SKIPPED))
    lines = [f"- {', '.join(code(rule['id']) for rule in rules)}: {prose(reason)}" for reason, rules in skipped]
    if lines:
        yield "**Skipped**\n\n" + "\n".join(lines)
    assumptions = outline.assumptions(record["contract"]["assumed"], record["target"]["webhooks"])
    assumed = [f"- {prose(what)} ({prose(names)}): {prose(why)}" for what, names, why in assumptions]
    if assumed:
        yield "**Assumed** (the provider does not publish it)\n\n" + "\n".join(assumed)
    notes = [f"- {prose(note)}" for note in record.get("notes", [])]
    if notes:
        yield "**Notes**\n\n" + "\n".join(notes)


def _details(record: Record) -> Iterator[str]:
    for rule in outline.of_weight(record, Weight.BROKEN, Weight.WARNING):
        yield _rule(outline.weight(record, rule), rule)
    for rule in outline.of_weight(record, Weight.CRASHED):
        yield (
            f"{_ICONS[Weight.CRASHED]} {code(rule['id'])}: the rule itself failed, which says nothing about the "
            f"endpoint.\n\n{fence(rule['reason'])}"
        )


def _rule(weight: Weight, rule: RuleRecord) -> str:
    findings = rule["findings"]
    first = f": {_html(findings[0]['got'])}" if findings else ""
    parts = [
        f"<details>\n<summary>{_ICONS[weight]} <b>{_html(rule['id'])}</b> ({rule['level']}){first}</summary>",
        f"{prose(rule['title'])}  \nSource: {prose(outline.source(rule['source']))}",
        *(_finding(finding) for finding in findings[:FINDINGS_SHOWN]),
    ]
    if len(findings) > FINDINGS_SHOWN:
        parts.append(f"*… and {outline.number(len(findings) - FINDINGS_SHOWN, 'more finding')}.*")
    return "\n\n".join([*parts, "</details>"])


def _finding(finding: FindingRecord) -> str:
    sent, received = finding["sent"], finding["received"]
    parts = [
        f"**{prose(finding['case'])}** ({code(finding['webhook'])})",
        f"- got {code(finding['got'])}\n- wanted {code(finding['wanted'])}"
        + (f"\n- to fix: {prose(finding['hint'])}" if finding["hint"] else ""),
    ]
    if sent:
        message = outline.headers_and_body(sent["headers"], sent["body"], sent["body_size"])
        parts.append("Sent\n\n" + fence(f"{sent['method']} {sent['url']}\n{message}"))
    if received:
        message = outline.headers_and_body(received["headers"], received["body"], received["body_size"])
        parts.append("Received\n\n" + fence(f"{outline.reply_line(received)}\n{message}"))
    if finding["reproduce"]:
        parts.append("Reproduce\n\n" + fence(finding["reproduce"], "sh", whole=True))
    return "\n\n".join(parts)


def code(text: str) -> str:
    """`text` as a code span that nothing in it can end."""
    line = one_line(text) or " "
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(text: str, language: str = "", *, whole: bool = False) -> str:
    """`text` as a fenced block that nothing in it can end, cut after `BODY_SHOWN` characters unless `whole`."""
    cut = text if whole or len(text) <= BODY_SHOWN else text[:BODY_SHOWN] + "\n…"
    ticks = "`" * max(3, max((len(run) for run in re.findall("`+", cut)), default=0) + 1)
    return f"{ticks}{language or 'text'}\n{cut.rstrip()}\n{ticks}"


_MARKUP = re.compile(r"[\\`*\[\]#~$|]|(?<!\w)_|_(?!\w)")
_LIVE = re.compile(r"(@|#(?=\d)|GH-(?=\d)|://|www(?=\.))", re.IGNORECASE)
_BROKEN_UP = "\\1\u200b"
"""A zero-width space behind what GitHub would turn into a mention, a reference or a link."""


def prose(text: str) -> str:
    """`text` as words and, between paired backticks, code; no other markup, nor what GitHub makes links of."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0 or "" in parts[1::2]:
        return _words("`".join(parts))
    return "".join(code(part) if at % 2 else _words(part) for at, part in enumerate(parts))


def _words(text: str) -> str:
    return html.escape(_MARKUP.sub(r"\\\g<0>", _LIVE.sub(_BROKEN_UP, text)), quote=False)


def _html(text: str) -> str:
    return f"<code>{html.escape(_LIVE.sub(_BROKEN_UP, one_line(text)))}</code>"


FORMAT = Format("markdown", ".md", "Markdown: for a pull request's comment or a job's summary page", render)
