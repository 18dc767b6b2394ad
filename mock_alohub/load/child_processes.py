"""The locust processes of a run as children: they come up with it, say what happens, and never outlive it.

Each child's standard input is the line down (`control`), held open by this process alone: whatever ends this process,
`kill -9` too, ends that line, and the child leaves.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

from mock_alohub import bundle
from mock_alohub.errors import ExitCode, MissingExtra, Mistake
from mock_alohub.load.control_pipe import EVENTS_FD, Lines, encode
from mock_alohub.load.protocol import Exited, Message
from mock_alohub.messages.endpoint import Key

_CLOSE_WITHIN_S: Final = 1.0
_TAIL_LINES: Final = 15
_FOREIGN: Final = ("LOCUST_", "MOCK_ALOHUB_")
"""Variables that would change what the children are told on their command line."""


class Broken(Mistake):
    """A process of the run ended when it should not: the load could not be offered."""

    exit_code = ExitCode.INTERNAL


class Child:
    """One locust process."""

    def __init__(
        self, children: ChildProcesses, role: str, arguments: Sequence[str], environment: dict[str, str]
    ) -> None:
        self.role = role
        self._siblings = children
        self._log = children.folder / f"{role}.log"
        up, events = os.pipe()
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 -- the interpreter this runs in, and its locust
                    [sys.executable, "-m", "locust", "-f", str(bundle.path("load") / "locustfile.py"), *arguments],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(events,),
                    env={**environment, EVENTS_FD: str(events)},
                    # Locust reads a locust.conf where it stands, and imports from there.
                    cwd=children.folder,
                    # Ctrl-C in a terminal is for the parent, which ends the run in good order.
                    start_new_session=True,
                )
        finally:
            os.close(events)
        self._stdin = cast(IO[bytes], self._process.stdin)
        threading.Thread(target=self._listen, args=(up,), daemon=True, name=f"{role}-events").start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def tell(self, order: Message) -> None:
        """Send something down the line."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.write(encode(order))
            self._stdin.flush()

    def hang_up(self) -> None:
        """End the line, which ends the process."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()

    def end(self, within_s: float) -> None:
        """Wait for the process to leave, and make it after a while."""
        self.hang_up()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def obituary(self) -> Broken:
        """What is to be said of its end: how, and what it last logged."""
        code = self._process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        tail = self._log.read_text(errors="replace").strip().splitlines()[-_TAIL_LINES:]
        return Broken(
            f"the process `{self.role}` of the run {how}", hint="\n".join(["it said:", *tail]) if tail else ""
        )

    def _listen(self, up: int) -> None:
        lines = Lines()
        with os.fdopen(up, "rb", buffering=0) as pipe:
            while data := pipe.read(1 << 16):
                for event in lines.feed(data):
                    self._siblings.events.put((self, event))
        self._siblings.events.put((self, Exited(self._process.wait())))


class ChildProcesses:
    """The children of one run, and one queue of what they say. Leaving the context ends them all."""

    def __init__(self, key: Key | None) -> None:
        if importlib.util.find_spec("locust") is None:
            raise MissingExtra("mock-alohub load", "load")
        self.folder = Path(tempfile.mkdtemp(prefix="mock-alohub-load-"))
        self.events: queue.SimpleQueue[tuple[Child, Message]] = queue.SimpleQueue()
        self._environment = _environment(key)
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._children:
            child.hang_up()
        for child in self._children:
            child.end(_CLOSE_WITHIN_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, role: str, *arguments: str) -> Child:
        """Start a locust process; `role` names it in messages."""
        child = Child(self, role, arguments, self._environment)
        self._children.append(child)
        return child

    def next_event(self, within_s: float) -> tuple[Child, Message] | None:
        """What a child says next; None when none said anything in time."""
        try:
            return self.events.get(timeout=within_s)
        except queue.Empty:
            return None


def _environment(key: Key | None) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    if key is not None:
        environment["MOCK_ALOHUB_KEY"] = key.reveal()
    package = Path(__file__).resolve().parents[2]
    if package == bundle.ROOT:
        # A checkout may not be installed, and the children stand elsewhere.
        environment["PYTHONPATH"] = os.pathsep.join([str(package), *filter(None, [environment.get("PYTHONPATH")])])
    return environment
