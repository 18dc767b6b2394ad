"""The report formats, and how one is asked for: `html=report.html`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.report import Format
from mock_alohub.reports import github, html, json, junit, markdown, terminal
from mock_alohub.reports.file import STDOUT, write

__all__ = ["FORMATS", "STDOUT", "named", "parse_request", "parse_requests", "write"]

FORMATS: Final[tuple[Format, ...]] = (
    terminal.FORMAT,
    json.FORMAT,
    junit.FORMAT,
    html.FORMAT,
    markdown.FORMAT,
    github.FORMAT,
)
"""Every format there is. The command line's choices and the documentation's table are read from here."""


def named(name: str) -> Format:
    """The format called `name`. Raises `UnknownName`."""
    for one in FORMATS:
        if one.name == name:
            return one
    raise UnknownName("report format", name, (one.name for one in FORMATS))


def parse_request(text: str) -> tuple[Format, Path]:
    """The format and the file that `FORMAT=FILE` asks for; the file `-` (`STDOUT`) is standard output.

    Raises `UnknownName` for a format that is not there, `BadOption` for a missing file.
    """
    name, equals, file = text.partition("=")
    found = named(name.strip())
    if not equals or not file.strip():
        example = f"{found.name}=report{found.suffix}"
        raise BadOption(
            f"the report `{text}` names no file; allowed: FORMAT=FILE, or FORMAT=- for standard output",
            hint=f"write {example}",
        )
    return found, Path(file.strip())


def parse_requests(texts: Iterable[str]) -> tuple[tuple[Format, Path], ...]:
    """All requests of `texts`. Raises `BadOption` when two of them would write to one place."""
    requests = tuple(parse_request(text) for text in texts)
    taken: dict[Path, Format] = {}
    for found, path in requests:
        place = path if path == STDOUT else path.absolute()
        if place in taken:
            where = "standard output" if path == STDOUT else f"`{path}`"
            raise BadOption(f"the reports `{taken[place].name}` and `{found.name}` would both be written to {where}")
        taken[place] = found
    return requests
