"""Where reports go, and the summary at the end of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from mock_alohub import reports
from mock_alohub.cli import terminal
from mock_alohub.cli.failure import talk, tell
from mock_alohub.errors import ExitCode, Mistake, Unwritable
from mock_alohub.reports import STDOUT
from mock_alohub.reports.record import AnyRecord, Format
from mock_alohub.reports.request import Request


def demand_writable(paths: Iterable[Path]) -> None:
    """Say now, not after a run, that a report has nowhere to go. Raises `Unwritable`."""
    for path in paths:
        if path == STDOUT:
            continue
        if path.is_dir():
            raise Unwritable(f"cannot write a report to `{path}`: it is a folder", hint="name a file in it")
        if not path.parent.is_dir():
            raise Unwritable(
                f"cannot write a report to `{path}`: its folder does not exist", hint=f"mkdir -p {path.parent}"
            )


def write_all(record: AnyRecord, requests: Sequence[Request[AnyRecord]]) -> ExitCode | None:
    """Write every report that can be written; the exit code of the last that cannot."""
    failure: ExitCode | None = None
    for wanted, path in requests:
        try:
            reports.write(record, wanted, path)
        except BrokenPipeError:
            terminal.silence_stdout()
        except Mistake as mistake:
            failure = tell(mistake)
        else:
            announce(wanted, path)
    return failure


def announce(report_format: Format[AnyRecord], path: Path) -> None:
    """Say where a report went, unless it is there to be seen."""
    if path != STDOUT:
        talk(f"{report_format.name} report: {path}")


def summarize(requests: Iterable[Request[Any]], render: Callable[[bool, int], str]) -> None:
    """Print a run's summary, which `render` makes with or without colour and so wide, on the stream that is free."""
    stream = sys.stderr if any(path == STDOUT for _, path in requests) else sys.stdout
    try:
        print(render(terminal.colour(stream), terminal.width()), end="", file=stream, flush=True)
    except BrokenPipeError:
        # Whoever read the summary has seen enough; the verdict is still the exit code.
        terminal.silence_stdout()
