"""`mock-alohub rules`: the catalogue, as a table or as JSON; `mock-alohub rules explain ID`: one rule in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import Later, done_by
from mock_alohub.cli.option import Parsed, one_of, option
from mock_alohub.cli.verb import CONTEXT, VerbGroup
from mock_alohub.names import RULE_FAMILIES

_LIST: Final = Later("mock_alohub.cli.actions.rules:rules")
_LEVEL: Final = Parsed("LEVEL", Later("mock_alohub.cli.actions.rules:level"))

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _format_option(help: str) -> Callable[[Verb], Verb]:  # noqa: A002 - as click calls it
    return option("--format", "form", type=one_of("format", ("text", "json")), default="text", show_default=True,
                  metavar="FORMAT", help=help)  # fmt: skip


@click.group(cls=VerbGroup, invoke_without_command=True, context_settings=dict(CONTEXT))
@option("--family", "families", multiple=True, type=one_of("family", RULE_FAMILIES), metavar="FAMILY",
        help=f"Only these families: {', '.join(RULE_FAMILIES)}. Repeatable.")  # fmt: skip
@option("--level", type=_LEVEL,
        metavar="LEVEL", help="Only MUST or only SHOULD.")  # fmt: skip
@options.webhook_option((), "Only the rules that say something of this webhook. Repeatable.")
@_format_option("text: a table; json: everything about each rule.")
@click.pass_context
def rules(context: click.Context, /, **chosen: Any) -> Any:
    """List the rules an endpoint is held to, or explain one.

    MUST: the provider's documents demand it. SHOULD: real life does; a warning, unless the check is --strict.
    """
    # A verb below does its own work, and its help need not wait for that of this one.
    return None if context.invoked_subcommand else _LIST(**chosen)


@rules.command(short_help="Say all there is about a rule.", context_settings=dict(CONTEXT))
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_format_option("How to print it: text or json.")
@done_by("mock_alohub.cli.actions.rules:explain")
def explain() -> None:
    """Say what a rule demands, where that comes from, what is sent and how to put it right."""
