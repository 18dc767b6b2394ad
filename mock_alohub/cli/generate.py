"""`mock-alohub generate`: messages about simulated calls, one in a line."""

from __future__ import annotations

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import done_by
from mock_alohub.cli.option import FilePath, option
from mock_alohub.cli.verb import Verb
from mock_alohub.cli.wish_options import count_option, wish_options


@click.command(cls=Verb)
@options.spec_option
@options.webhook_option((options.CALL_ENDED,), "The webhook whose messages to write. Repeatable.")
@options.template_option
@count_option(10)
@wish_options
@options.seed_option("Draw the same calls again, to the byte; they then start on 2024-01-13 at 08:00.")
@options.start_option
@options.spelling_option
@option("-o", "--output", type=FilePath(), metavar="FILE",
        help="Write to FILE.  [default: standard output]")  # fmt: skip
@done_by("mock_alohub.cli.actions.generate:generate")
def generate() -> None:
    """Write messages about simulated calls.

    One message in a line (NDJSON), as Alohub would send it: realistic, and true in itself. With --seed the same bytes
    come out on every machine.
    """
