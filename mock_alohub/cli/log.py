"""The log of a server: written by a thread of its own, so that whoever logs never waits for whoever reads."""

from __future__ import annotations

import logging
import os
import select
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

MOST: Final = 10_000
"""Lines that wait to be written; more are left out."""
_AT_ONCE: Final = 256
_GOODBYE_S: Final = 1.0
"""How long the lines that wait have at the end."""


class Unhurried(logging.Handler):
    """Writes records to the file descriptor `to`, later.

    A pipe that nobody reads is full after a few hundred lines, and whoever writes to it then is held up. Here lines are
    left out instead, once `most` of them wait; the next one that has room is told how many.
    """

    def __init__(self, to: int, most: int = MOST) -> None:
        super().__init__()
        self._to = to
        self._most = most
        self._left_out = 0
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        # Of a daemon nobody waits at the end of the process, whatever holds it up.
        self._thread = Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have `record` written when its turn comes."""
        if self._lines.qsize() >= self._most:
            self._left_out += 1
            return
        self._tell_of_left_out()
        self._lines.put(self.format(record))

    def close(self) -> None:
        """Let what waits be written, if somebody reads it."""
        self._tell_of_left_out()
        self._lines.put(None)
        self._thread.join(_GOODBYE_S)
        super().close()

    def _tell_of_left_out(self) -> None:
        count, self._left_out = self._left_out, 0
        if count:
            told = {"levelno": logging.WARNING, "levelname": "WARNING", "msg": f"event=lines-left-out count={count}"}
            self._lines.put(self.format(logging.makeLogRecord(told)))

    def _write(self) -> None:
        going_on = True
        while going_on:
            lines = [self._lines.get()]
            try:
                while len(lines) < _AT_ONCE and lines[-1] is not None:
                    lines.append(self._lines.get_nowait())
            except Empty:
                pass
            going_on = lines[-1] is not None
            written = "".join(f"{line}\n" for line in lines if line is not None)
            try:
                self._put(written.encode("utf-8", "backslashreplace"))
            except OSError:  # nobody will ever read it
                return

    def _put(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._to, data) :]
            except BlockingIOError:  # whoever shares the pipe has made it so
                select.select([], [self._to], [])
