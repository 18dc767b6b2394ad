"""GitHub workflow commands: what is broken stands on the summary page of the run, beside the log.

GitHub shows ten errors, ten warnings and ten notices of a step; so there is one annotation per rule, the weightiest
first. Grammar and escapes: GitHub, Workflow commands for GitHub Actions; and the toolkit's `core` package.
"""

from __future__ import annotations

from mock_alohub.reports import outline
from mock_alohub.reports.outline import Weight
from mock_alohub.reports.record import Format, Record, RuleRecord
from mock_alohub.reports.visible import all_visible

ROOM = 2000
"""Characters of one annotation: more would not be read on a summary page."""


def render(record: Record) -> str:
    """One command per line: an error per broken rule, a warning per warning and crash, then the verdict."""
    record = all_visible(record)
    lines = [_broken("error", rule) for rule in outline.of_weight(record, Weight.BROKEN)]
    lines += [_broken("warning", rule) for rule in outline.of_weight(record, Weight.WARNING)]
    lines += [_crashed(rule) for rule in outline.of_weight(record, Weight.CRASHED)]
    lines.append(_verdict(record))
    return "\n".join(lines) + "\n"


def _broken(level: str, rule: RuleRecord) -> str:
    findings = rule["findings"]
    parts = [rule["title"]]
    if findings:
        first = findings[0]
        parts += [outline.summary(first), f"How to fix: {first['hint']}" if first["hint"] else ""]
        parts.append(f"Reproduce: {first['reproduce']}" if first["reproduce"] else "")
    parts.append(f"Source: {outline.source(rule['source'])}")
    if len(findings) > 1:
        parts.append(f"({outline.number(len(findings) - 1, 'more finding')} of this rule in the other reports)")
    return command(level, f"{rule['id']} ({rule['level']})", "\n".join(part for part in parts if part))


def _crashed(rule: RuleRecord) -> str:
    text = f"The rule itself failed, which says nothing about the endpoint: {rule['reason']}"
    return command("warning", f"{rule['id']} crashed", text)


def _verdict(record: Record) -> str:
    level = "notice" if outline.ending(record) in ("pass", "fail") else "error"
    title = f"mock-alohub: {outline.headline(record)}"
    latency = record["latency_ms"]
    parts = [outline.reason(record), outline.tally(record)]
    if latency["max"] is not None:
        deadline = outline.milliseconds(record["contract"]["deadline_ms"])
        p95, slowest = outline.milliseconds(latency["p95"]), outline.milliseconds(latency["max"])
        parts.append(f"p95 {p95}, slowest {slowest}, deadline {deadline}")
    parts.append(f"{record['target']['url']}, seed {record['seed']}")
    return command(level, title, "\n".join(part for part in parts if part))


def command(level: str, title: str, text: str) -> str:
    """One workflow command; neither `title` nor `text` can end it or start another."""
    title = _escape(title).replace(":", "%3A").replace(",", "%2C")
    shown = text if len(text) <= ROOM else text[:ROOM] + "…"
    return f"::{level} title={title}::{_escape(shown)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


FORMAT = Format("github", ".txt", "annotations on a GitHub Actions run (print it to stdout: github=-)", render)
