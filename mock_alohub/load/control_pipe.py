"""The line between whoever started a run and the locust process that leads it: JSON lines over two pipes.

Down on locust's standard input, whose end means the same as `Finish`; up on a descriptor that the environment names.
Nobody but the parent can write to the one or read the other.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Final

from mock_alohub.load.protocol import Message, from_wire, to_wire

EVENTS_FD: Final = "MOCK_ALOHUB_LOAD_EVENTS"
"""The environment variable that names the descriptor for what goes up; without it nobody listens."""

Write = Callable[[int, bytes], int]


class Line:
    """The locust process's end. `write` is `os.write`, or what takes its place where sockets are patched."""

    def __init__(self, descriptor: int, write: Write = os.write) -> None:
        self._descriptor = descriptor
        self._write = write

    @classmethod
    def of_environment(cls, environment: Mapping[str, str], write: Write = os.write) -> Line | None:
        """The line that the parent prepared; None when this process was started by somebody else."""
        value = environment.get(EVENTS_FD, "")
        return cls(int(value), write) if value.isdecimal() else None

    def tell(self, message: Message) -> None:
        """Send a message up. When nobody reads any more, the end of the other pipe says so."""
        data = encode(message)
        with contextlib.suppress(OSError):
            while data:
                data = data[self._write(self._descriptor, data) :]


def encode(message: Message) -> bytes:
    """`message` as a line of JSON."""
    return json.dumps(to_wire(message)).encode() + b"\n"


class Lines:
    """Puts the bytes of a pipe together to messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises `UnknownMessage`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [from_wire(json.loads(line)) for line in lines if line.strip()]
