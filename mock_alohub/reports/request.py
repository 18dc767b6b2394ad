"""How a report is asked for: `html=report.html`, a format of a list and a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.reports.file import STDOUT
from mock_alohub.reports.record import AnyRecord, Format

Request = tuple[Format[AnyRecord], Path]
"""A format and the file it goes to."""


def named(name: str, formats: Sequence[Format[AnyRecord]]) -> Format[AnyRecord]:
    """The one of `formats` that is called `name`. Raises `UnknownName`."""
    for one in formats:
        if one.name == name:
            return one
    raise UnknownName("report format", name, (one.name for one in formats))


def parse_request(text: str, formats: Sequence[Format[AnyRecord]]) -> Request[AnyRecord]:
    """The format and the file that `FORMAT=FILE` asks for; the file `-` (`STDOUT`) is standard output.

    Raises `UnknownName` for a format that is not there, `BadOption` for a missing file.
    """
    name, equals, file = text.partition("=")
    found = named(name.strip(), formats)
    if not equals or not file.strip():
        example = f"{found.name}=report{found.suffix}"
        raise BadOption(
            f"the report `{text}` names no file; allowed: FORMAT=FILE, or FORMAT=- for standard output",
            hint=f"write {example}",
        )
    return found, Path(file.strip())


def parse_requests(texts: Iterable[str], formats: Sequence[Format[AnyRecord]]) -> tuple[Request[AnyRecord], ...]:
    """All requests of `texts`. Raises `BadOption` when two of them would write to one place."""
    requests = tuple(parse_request(text, formats) for text in texts)
    taken: dict[Path, Format[AnyRecord]] = {}
    for found, path in requests:
        place = path if path == STDOUT else path.absolute()
        if place in taken:
            where = "standard output" if path == STDOUT else f"`{path}`"
            raise BadOption(f"the reports `{taken[place].name}` and `{found.name}` would both be written to {where}")
        taken[place] = found
    return requests
