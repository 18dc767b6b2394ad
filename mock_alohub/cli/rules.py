"""`mock-alohub rules`: the catalogue, as a table or as JSON; `mock-alohub rules explain ID`: one rule in full."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

import click
import orjson

from mock_alohub import spec
from mock_alohub.cli import options, terminal
from mock_alohub.cli.option import Parsed, one_of, option
from mock_alohub.cli.terminal import painted
from mock_alohub.cli.verb import CONTEXT, VerbGroup
from mock_alohub.errors import BadOption, ExitCode, UnknownName
from mock_alohub.rule import Level, Rule
from mock_alohub.rule_page import case_names, in_terminal
from mock_alohub.rules import BY_ID, FAMILIES, RULES
from mock_alohub.subject import Subject, subject_of

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _format_option(help: str) -> Callable[[Verb], Verb]:  # noqa: A002 - as click calls it
    return option("--format", "form", type=one_of("format", ("text", "json")), default="text", show_default=True,
                  metavar="FORMAT", help=help)  # fmt: skip


@click.group(cls=VerbGroup, invoke_without_command=True, context_settings=dict(CONTEXT))
@option("--family", "families", multiple=True, type=one_of("family", FAMILIES), metavar="FAMILY",
        help=f"Only these families: {', '.join(FAMILIES)}. Repeatable.")  # fmt: skip
@option("--level", type=Parsed("LEVEL", lambda text: one_of("level", Level).convert(text.upper(), None, None)),
        metavar="LEVEL", help="Only MUST or only SHOULD.")  # fmt: skip
@options.webhook_option((), "Only the rules that say something of this webhook. Repeatable.")
@_format_option("text: a table; json: everything about each rule.")
@click.pass_context
def rules(context: click.Context, /, **chosen: Any) -> ExitCode | None:
    """List the rules an endpoint is held to, or explain one.

    MUST: the provider's documents demand it. SHOULD: real life does; a warning, unless the check is --strict.
    """
    if context.invoked_subcommand is not None:
        return None
    subjects = [subject_of(spec.load().webhook(name)) for name in options.webhook_names(chosen["webhooks"])]
    found = [rule for rule in _bound(subjects) if _fits(rule, chosen)]
    if not found:
        raise BadOption("no rule is left with these filters")
    if chosen["form"] == "json":
        print(_json([_record(rule) for rule in found]))
    else:
        print("\n".join(_table(found)))
    return ExitCode.KEPT


@rules.command(short_help="Say all there is about a rule.", context_settings=dict(CONTEXT))
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_format_option("How to print it: text or json.")
def explain(ids: tuple[str, ...], form: str) -> ExitCode:
    """Say what a rule demands, where that comes from, what is sent and how to put it right."""
    found = [_rule(name) for name in ids]
    if form == "json":
        records = [_record(rule) for rule in found]
        print(_json(records[0] if len(records) == 1 else records))
    else:
        print("\n\n".join("\n".join(in_terminal(rule, terminal.width(), _paint)) for rule in found))
    return ExitCode.KEPT


def _rule(name: str) -> Rule:
    if name not in BY_ID:
        raise UnknownName("rule", name, BY_ID, hint="mock-alohub rules lists them")
    return BY_ID[name]


def _fits(rule: Rule, chosen: dict[str, Any]) -> bool:
    if chosen["families"] and rule.family not in chosen["families"]:
        return False
    return not chosen["level"] or rule.level == chosen["level"]


def _bound(subjects: Sequence[Subject]) -> Iterator[Rule]:
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
