"""`mock-alohub report FILE`: render the record of a check or of a load run, now or a year later."""

from __future__ import annotations

import click

from mock_alohub.cli import options
from mock_alohub.cli.later import done_by
from mock_alohub.cli.option import FilePath
from mock_alohub.cli.verb import Verb


@click.command(cls=Verb)
@click.argument("file", type=FilePath(), metavar="FILE")
@options.report_option
@done_by("mock_alohub.cli.actions.report:report")
def report() -> None:
    """Render the record of a check or of a load run.

    FILE is what `check` or `load` wrote with --report json=FILE; `-` is standard input. Without --report the summary
    is printed. The exit code says whether that worked, not what the verdict was.
    """
