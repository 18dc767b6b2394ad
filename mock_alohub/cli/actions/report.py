"""What `report` does: render the record of a check or of a load run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from mock_alohub import reports
from mock_alohub.cli import terminal
from mock_alohub.cli.reporting import announce
from mock_alohub.cli.values import STDIN
from mock_alohub.errors import ExitCode, Unreadable
from mock_alohub.load import record as load_record
from mock_alohub.load import reports as load_reports
from mock_alohub.load.reports.terminal import render as load_summary
from mock_alohub.reports.record import Format, read_record
from mock_alohub.reports.terminal import render as check_summary


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of record: how it is read (bytes and the name of their source), its formats, its summary."""

    read: Callable[..., Any]
    formats: Sequence[Format[Any]]
    summary: Callable[[Any, bool, int], str]


_CHECK: Final = "check"
_KINDS: Final[Mapping[str, _Kind]] = {
    _CHECK: _Kind(read_record, reports.FORMATS, check_summary),
    load_record.KIND: _Kind(load_record.read_load_record, load_reports.FORMATS, load_summary),
}


def report(file: Path, report_texts: tuple[str, ...]) -> ExitCode:
    """Render the record in `file` as `report_texts` ask for; without any, print its summary."""
    reports.parse_requests(report_texts, reports.FORMATS)  # a mistake in them is told before the file is read
    data, source = _content(file)
    kind = _KINDS[_kind(data, source)]
    record = kind.read(data, source=source)
    requests = reports.parse_requests(report_texts, kind.formats)
    for wanted, path in requests:
        reports.write(record, wanted, path)
        announce(wanted, path)
    if not requests:
        print(kind.summary(record, terminal.colour(sys.stdout), terminal.width()), end="")
    return ExitCode.KEPT


def _content(file: Path) -> tuple[bytes, str]:
    if file == STDIN:
        return sys.stdin.buffer.read(), "standard input"
    try:
        return file.read_bytes(), str(file)
    except OSError as error:
        raise Unreadable(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None


def _kind(data: bytes, source: str) -> str:
    """What `data` is the record of: a check where it does not say, or is no record at all, which the reader tells."""
    try:
        document = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return _CHECK
    kind = document.get("kind", _CHECK) if isinstance(document, dict) else _CHECK
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Unreadable(
            f"{source} is a record of another kind; this version of mock-alohub reads those of: {', '.join(_KINDS)}",
            hint="use the version that wrote it, or a newer one",
        )
    return str(kind)
