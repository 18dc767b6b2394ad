"""`mock-alohub report report.json`: render the record of a check, now or a year later."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mock_alohub import reports
from mock_alohub.cli import options, terminal
from mock_alohub.cli.reporting import announce, report_option
from mock_alohub.cli.verb import Verb
from mock_alohub.errors import ExitCode, Unreadable
from mock_alohub.report import Record, read_record
from mock_alohub.reports.terminal import render


@click.command(cls=Verb)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@report_option
def report(file: Path, report_texts: tuple[str, ...]) -> ExitCode:
    """Render the record of a check in other formats.

    FILE is what `check --report json=FILE` wrote; `-` is standard input. Without --report the summary is printed. The
    exit code says whether that worked, not what the verdict was.
    """
    requests = reports.parse_requests(report_texts)
    record = _record(file)
    for wanted, path in requests:
        reports.write(record, wanted, path)
        announce(wanted, path)
    if not requests:
        print(render(record, terminal.colour(sys.stdout), terminal.width()), end="")
    return ExitCode.KEPT


def _record(file: Path) -> Record:
    if file == options.STDIN:
        return read_record(sys.stdin.buffer.read(), source="standard input")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    return read_record(data, source=str(file))
