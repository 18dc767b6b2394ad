"""What `rules` does: the catalogue, as a table or as JSON, and one rule in full."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import orjson

from mock_alohub.check.rule import Level, Rule
from mock_alohub.check.rules import BY_ID, RULES
from mock_alohub.cli import terminal
from mock_alohub.cli.option import one_of
from mock_alohub.cli.terminal import painted
from mock_alohub.errors import BadOption, ExitCode, UnknownName

if TYPE_CHECKING:
    from mock_alohub.check.webhook_under_test import WebhookUnderTest


def rules(**chosen: Any) -> ExitCode:
    """List the rules that the options leave."""
    subjects = _subjects(chosen["webhooks"]) if chosen["webhooks"] else []
    found = [rule for rule in _bound(subjects) if _fits(rule, chosen)]
    if not found:
        raise BadOption("no rule is left with these filters")
    if chosen["form"] == "json":
        print(_json([_record(rule) for rule in found]))
    else:
        print("\n".join(_table(found)))
    return ExitCode.KEPT


def explain(ids: tuple[str, ...], form: str) -> ExitCode:
    """Print all there is about the rules called `ids`."""
    found = [_rule(name) for name in ids]
    if form == "json":
        records = [_record(rule) for rule in found]
        print(_json(records[0] if len(records) == 1 else records))
    else:
        # Imported here, for the list needs neither the pages nor the specification that their cases come from.
        from mock_alohub.check.rule_page import in_terminal

        print("\n\n".join("\n".join(in_terminal(rule, terminal.width(), _paint)) for rule in found))
    return ExitCode.KEPT


def level(text: str) -> str:
    """The level called `text`, in whatever case. Raises `UnknownName`."""
    found: str = one_of("level", Level).convert(text.upper(), None, None)
    return found


def _rule(name: str) -> Rule:
    if name not in BY_ID:
        raise UnknownName("rule", name, BY_ID, hint="mock-alohub rules lists them")
    return BY_ID[name]


def _fits(rule: Rule, chosen: dict[str, Any]) -> bool:
    if chosen["families"] and rule.family not in chosen["families"]:
        return False
    return not chosen["level"] or rule.level == chosen["level"]


def _subjects(wanted: Sequence[str]) -> list[WebhookUnderTest]:
    # Imported here, for the whole catalogue is listed without the specification.
    from mock_alohub.check.webhook_under_test import under_test
    from mock_alohub.cli import values
    from mock_alohub.specification.specification import Specification

    return [under_test(Specification.load().webhook(name)) for name in values.webhook_names(wanted)]


def _bound(subjects: Sequence[WebhookUnderTest]) -> Iterator[Rule]:
    """The rules that say something of the webhooks, with the level and source they have for these; all without any."""
    for rule in RULES:
        if not subjects:
            yield rule
        elif rule.judge is not None or any(True for _ in rule.cases(subjects)):
            yield rule.as_for(subject.webhook for subject in subjects)


def _table(found: Sequence[Rule]) -> Iterator[str]:
    wide = max(len(rule.id) for rule in found)
    for family, members in groupby(found, key=lambda rule: rule.family):
        yield painted(family, "1", sys.stdout)
        for rule in members:
            level = painted(f"{rule.level:<6}", "36" if rule.level is Level.MUST else "2", sys.stdout)
            yield f"  {rule.id:<{wide}}  {level}  {rule.title}"
        yield ""
    musts = sum(rule.level is Level.MUST for rule in found)
    yield f"{len(found)} rules: {musts} MUST, {len(found) - musts} SHOULD. mock-alohub rules explain ID says more."


def _paint(text: str, code: str) -> str:
    return painted(text, code, sys.stdout)


def _record(rule: Rule) -> dict[str, Any]:
    # Imported here, as for `explain`.
    from mock_alohub.check.rule_page import case_names

    return {
        "id": rule.id,
        "family": rule.family,
        "level": rule.level.value,
        "title": rule.title,
        "requirement": rule.requirement,
        "source": {
            "document": rule.source.document,
            "section": rule.source.section,
            "assumed": rule.source.assumed,
        },
        "sends": rule.sends,
        "cases": list(case_names(rule)),
        "fix": rule.fix,
        "needs": [need.name.lower() for need in rule.needs],
        "builds_on": list(rule.builds_on),
    }


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
