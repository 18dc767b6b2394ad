"""One run of pytest in a copy of the tree, in a process of its own that is ended when its time is up.

The process is forked from one that has already imported pytest and the libraries, which saves most of the start.
"""

from __future__ import annotations

import importlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.mutants.areas import PACKAGE

NO_TESTS: Final = int(pytest.ExitCode.NO_TESTS_COLLECTED)
_ANOTHER_PACKAGE: Final = 70
_LIBRARIES: Final = (
    *("hypothesis.strategies", "schemathesis", "jsonschema_rs", "orjson", "yaml", "jinja2", "faker", "uvloop"),
    *("starlette.applications", "uvicorn", "pytest_httpserver", "pytest_cov.plugin", "xdist.plugin", "pytest_timeout"),
)
_MEMORY: Final = 8 * 1024**3
_LOOK_S: Final = 0.05


class Trouble(Exception):
    """The tests cannot judge mutants as they are."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of pytest ended: its exit code (None when it was ended at its time limit), output and duration."""

    code: int | None
    output: str
    seconds: float


def preload() -> None:
    """Import what every run needs, besides the program itself. Raises Trouble when the program is imported already."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    if PACKAGE in sys.modules:
        raise Trouble(f"{PACKAGE} is imported already: a copy of it could not be tested here")


def run_tests(folder: Path, arguments: Sequence[str], limit_s: float) -> Run:
    """Run pytest with `arguments` in the copy of the tree in `folder`. Raises Trouble when another copy was tested."""
    said, began = folder.with_suffix(".output"), time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        _test_and_exit(folder, arguments, said)
    try:
        code = _wait(process, began + limit_s)
    finally:
        # What the tests have started ends with them.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process, signal.SIGKILL)
    output = said.read_text(errors="replace") if said.exists() else ""
    if code == _ANOTHER_PACKAGE:
        raise Trouble(f"the tests in {folder} did not import its own {PACKAGE}:\n{output}")
    return Run(code, output, time.monotonic() - began)


def _wait(process: int, ends_at: float) -> int | None:
    """The exit code of `process`; None when it did not end in time and was killed."""
    try:
        while time.monotonic() < ends_at:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(_LOOK_S)
    except BaseException:
        _kill(process)
        raise
    _kill(process)
    return None


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def _test_and_exit(folder: Path, arguments: Sequence[str], said: Path) -> None:
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # A mutant that collects without end must not take the memory of the whole machine.
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        _redirect(said)
        _move_to(folder)
        ended = int(pytest.main([*arguments]))
        code = ended if _tested_is_in(folder) else _ANOTHER_PACKAGE
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(said: Path) -> None:
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _move_to(folder: Path) -> None:
    """Let this process, and all that it starts, find the modules of the copy before those of any other tree."""
    os.chdir(folder)
    os.environ |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] in {"tests", PACKAGE}]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _tested_is_in(folder: Path) -> bool:
    tested = sys.modules.get(PACKAGE)
    file: str | None = getattr(tested, "__file__", None)
    return tested is None or Path(file or "").is_relative_to(folder)
