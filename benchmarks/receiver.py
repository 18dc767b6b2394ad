"""What several benchmarks need: a receiver faster than any sender, and processes on cores of their own."""

from __future__ import annotations

import os
import subprocess
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY = "benchmark-key"
BODY_SIZE = 597
SOURCE = Path(__file__).with_name("receiver.c")


@dataclass(frozen=True, slots=True)
class Stamping:
    """A receiver that notes arrivals: its port, and where the notes are once it has ended."""

    port: int
    file: Path

    def arrivals(self) -> list[float]:
        """Seconds of the real-time clock at which requests came in, in order. Only when the receiver has ended."""
        stamps = array("q", self.file.read_bytes())
        return [stamp / 1e9 for stamp in sorted(stamps)]


@contextmanager
def receiver(folder: Path, cores: set[int]) -> Iterator[int]:
    process = started([_program(folder)], cores)
    try:
        yield _port(process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def stamping_receiver(
    folder: Path, cores: set[int], *, freeze_s: float = 0.0, period_s: float = 10.0
) -> Iterator[Stamping]:
    """A receiver that notes when each request came in; it freezes for `freeze_s` in every `period_s`."""
    file = folder / "stamps"
    freeze = [str(round(seconds * 1000)) for seconds in (freeze_s, period_s)] if freeze_s else []
    process = started([_program(folder), str(file), *freeze], cores, stdin=subprocess.PIPE)
    try:
        yield Stamping(_port(process), file)
        process.communicate(timeout=freeze_s + 30)  # closes its input, so that it writes down what it noted
        if process.returncode:
            raise SystemExit("the receiver could not write down what it noted")
    finally:
        process.kill()
        process.communicate()


def _program(folder: Path) -> str:
    program = folder / "receiver"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-w", "-o", str(program), str(SOURCE)], check=True)
    return str(program)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def output(command: list[str], cores: set[int]) -> str:
    process = started(command, cores)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return output


def started(
    command: list[str],
    cores: set[int],
    *,
    stdin: int | None = None,
    stderr: int | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[str]:
    # A child inherits the cores of its parent, so the parent moves there while it starts one.
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment)
    finally:
        os.sched_setaffinity(0, own)


def body(number: int) -> bytes:
    facts = f'{{"call_id":"17000{number:08}","call_status":"answered","pad":"'
    return f'{facts}{"x" * (BODY_SIZE - len(facts) - 2)}"}}'.encode()
