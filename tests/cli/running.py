"""Running the command line: in this process, where it is quick, or as a process of its own, where that matters."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from mock_alohub.cli import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def run(*arguments: str | Path, stdin: bytes = b"") -> Done:
    """Run the command line here."""
    out, err = _stream(b""), _stream(b"")
    with redirect_stdout(out), redirect_stderr(err), patch.object(sys, "stdin", _stream(stdin)):
        code = main([str(argument) for argument in arguments])
    return Done(code, _text(out), _text(err))


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process: nothing of the settings of whoever runs the tests."""
    theirs = ("MOCK_ALOHUB_", "NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | changes


def command(*arguments: str | Path) -> list[str]:
    """The command line as a process of its own."""
    return [sys.executable, "-m", "mock_alohub", *map(str, arguments)]


def process(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdin: bytes = b""
) -> Done:
    """Run the command line as a process of its own, to its end."""
    done = subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        env=env or environment(),
        cwd=cwd,
        timeout=100,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def offered(load_run: Callable[[], Done]) -> Done:
    """The first load run of a few whose departures were in time: on a busy machine one may say that they were not."""
    for _ in range(4):
        done = load_run()
        if not done.out.startswith("INCONCLUSIVE"):
            return done
    return load_run()


def _stream(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
