"""The option that asks for reports, and the word on where they went."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mock_alohub.cli.failure import talk
from mock_alohub.cli.option import option
from mock_alohub.report import Format
from mock_alohub.reports import FORMATS, STDOUT

Verb = TypeVar("Verb", bound=Callable[..., Any])


def report_option(verb: Verb) -> Verb:
    """Reports, each in its format and file. As texts: `reports.parse_requests` reads them together."""
    names = ", ".join(one.name for one in FORMATS)
    return option(
        "--report",
        "report_texts",
        multiple=True,
        pair="=",
        metavar="FORMAT=FILE",
        help=f"Write a report; FILE `-` is standard output. Formats: {names}. Repeatable.",
    )(verb)


def announce(report_format: Format, path: Path) -> None:
    """Say where a report went, unless it is there to be seen."""
    if path != STDOUT:
        talk(f"{report_format.name} report: {path}")
