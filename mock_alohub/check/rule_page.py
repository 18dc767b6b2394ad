"""What there is to say about a rule, in the order in which it is read, for a terminal and for a document alike."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mock_alohub.check.rule import Level, Need, Rule, Source
from mock_alohub.check.rules import BY_ID
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.specification.specification import DEFAULT, Specification

CASES_SHOWN: Final = 12
"""More cases than these are counted; the JSON of a rule names them all."""
_INDENT: Final = 2
_BINDING: Final = {
    Level.MUST: "the provider's documents demand it",
    Level.SHOULD: "real life asks for it; a warning, unless the check is --strict",
}
_NEEDS: Final = {
    Need.KEY: "a key (--key)",
    Need.EFFECTS: "a way to read what was processed (--effects)",
    Need.HTTPS: "an https URL",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a page says: a sentence each, or a list of `names` that stand for themselves."""

    label: str
    text: str = ""
    names: tuple[str, ...] = ()
    rest: str = ""
    """What is said of names that are not shown."""


@dataclass(frozen=True, slots=True)
class RulePage:
    """The page of one rule. `entries` follow each other as they are read; none is empty."""

    id: str
    level: Level
    title: str
    requirement: str
    entries: tuple[Entry, ...]


def page_of(rule: Rule) -> RulePage:
    """The page of `rule`, as it is for the webhooks that are meant when none is named."""
    every = (
        Entry("level", _level_line(rule)),
        Entry("sends", rule.sends),
        _cases(rule),
        Entry("to fix", rule.fix),
        Entry("source", _source_line(rule.source)),
        Entry("needs", ", ".join(_NEEDS[need] for need in rule.needs)),
        Entry("builds on", names=rule.builds_on),
    )
    entries = tuple(entry for entry in every if entry.text or entry.names)
    return RulePage(rule.id, rule.level, rule.title, rule.requirement, entries)


def _level_line(rule: Rule) -> str:
    if rule.level is Level.MUST and rule.source.assumed:
        return "MUST where the provider's documents demand it, else SHOULD"
    return f"{rule.level}: {_BINDING[rule.level]}"


def _source_line(source: Source) -> str:
    """Where a requirement comes from, in one line."""
    return f"{source.document}, {source.section}" + (" (assumed)" if source.assumed else "")


def case_names(rule: Rule) -> tuple[str, ...]:
    """The cases of `rule`, each named once: for the usual webhooks, or for all built in where those give none."""
    specification = Specification.load()
    for webhooks in (DEFAULT, tuple(specification.webhooks)):
        subjects = [under_test(specification.webhook(name)) for name in webhooks]
        names = tuple(dict.fromkeys(case.name for case in rule.cases(subjects)))
        if names:
            return names
    return ()


def _cases(rule: Rule) -> Entry:
    names = case_names(rule)
    if not names:
        # A rule that judges what others saw says so under `sends`.
        return Entry("cases", "" if rule.judge else f"none for the built-in webhooks: {rule.absent}")
    if len(names) <= CASES_SHOWN:
        return Entry("cases", names=names)
    shown = CASES_SHOWN - 1
    return Entry("cases", names=names[:shown], rest=f"and {len(names) - shown} more")


Paint = Callable[[str, str], str]
"""Gives a text the colour of an ANSI code, or leaves it as it is."""


def in_terminal(rule: Rule, width: int, paint: Paint) -> Iterator[str]:
    """The page of `rule` in lines of at most `width` columns, which fit on a screen of 80."""
    page = page_of(rule)
    yield paint(page.id, "1")
    yield from textwrap.wrap(page.title, width, break_on_hyphens=False)
    label_width = max(len(entry.label) for entry in page.entries)
    yield ""
    yield from _wrapped(page.requirement, width, _INDENT)
    yield ""
    for entry in page.entries:
        indent = _INDENT + label_width + 2
        lines = [line for text in _texts(entry) for line in _wrapped(text, width, indent)]
        yield " " * _INDENT + paint(f"{entry.label:<{label_width}}", "2") + "  " + lines[0].lstrip()
        yield from lines[1:]
    if rule.judge is None:
        yield ""
        yield f"To try it alone: mock-alohub check URL --rule {page.id}"


def _texts(entry: Entry) -> Iterator[str]:
    if entry.text:
        yield entry.text
    for name in entry.names:
        base = BY_ID.get(name)
        yield f"{name} ({base.title})" if base else name
    if entry.rest:
        yield f"{entry.rest}: --format json names them all"


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    margin = " " * indent
    return textwrap.wrap(
        text, width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False, break_long_words=False
    )


def in_markdown(rule: Rule) -> str:
    """The page of `rule` as a section of a Markdown document."""
    page = page_of(rule)
    lines = [f"### {page.id}\n", f"**{page.level}** · {page.title}.\n", f"{page.requirement}\n"]
    lines += [f"- {entry.label.capitalize()}: {_inline(entry)}." for entry in page.entries if entry.label != "level"]
    return "\n".join([*lines, ""])


def _inline(entry: Entry) -> str:
    listed = [entry.text] if entry.text else [f"`{name}`" for name in entry.names]
    return ", ".join(listed) + (f" {entry.rest}" if entry.rest else "")
