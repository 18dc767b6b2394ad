"""`mock-alohub validate [FILE...]`: whether messages are as the specification wants them."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import done_by
from mock_alohub.cli.option import FilePath, one_of, option
from mock_alohub.cli.verb import Verb

EXIT_CODES: Final = {
    "0": "all valid",
    "1": "some invalid",
    "2": "a file could not be read, or holds no message",
}


@click.command(cls=Verb, lists={"Exit codes": EXIT_CODES})
@click.argument("files", nargs=-1, type=FilePath(), metavar="[FILE]...")
@options.spec_option
@options.webhook_option((), "The webhook whose messages they are. Repeatable.  [default: any of them]")
@options.template_option
@options.spelling_option
@option("--format", "form", type=one_of("format", ("text", "json")), default="text", show_default=True,
        metavar="FORMAT", help="How to print what is wrong: text, or json (one object in a line).")  # fmt: skip
@done_by("mock_alohub.cli.actions.validate:validate")
def validate() -> None:
    """Say whether messages are as the specification wants them.

    FILE holds one message in a line (NDJSON), an array of them or one JSON document; `-`, or no FILE, is standard
    input. Every error is printed with its line and the JSON pointer of the value.
    """
