"""The generator as a child process: orders on its standard input, news on its standard output, JSON lines both.

A child, because locust patches the sockets of the process it runs in, and because sending shares no loop with anything
else. It ends when its standard input does, so it never outlives its parent, whatever ends that.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final, cast

from mock_alohub.load.control_pipe import encode
from mock_alohub.load.protocol import Died, Message, UnknownMessage, from_wire

COMMAND: Final = (sys.executable, "-m", "mock_alohub.load.generator")
_SAID_BYTES: Final = 4_000


class GeneratorProcess:
    """One running generator. `on_news` is called in a thread of its own, in order; `Died` is always the last."""

    def __init__(
        self,
        on_news: Callable[[Message], None],
        *,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._on_news = on_news
        # What it says on stderr is shown only if it dies; a file never fills up as a pipe would.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the process does
        self._process = subprocess.Popen(  # noqa: S603 -- this program's own module
            command or COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment,
            # Ctrl-C in a terminal goes to the whole group; the generator is stopped by an order, not killed.
            start_new_session=True,
        )
        self._stdin = cast(IO[bytes], self._process.stdin)
        self._stdout = cast(IO[bytes], self._process.stdout)
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._listen, daemon=True, name="generator-news")
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def tell(self, order: Message) -> None:
        """Send an order. To one that has died it is lost: its `Died` is on the way."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._stdin.write(encode(order))
            self._stdin.flush()

    def close(self, *, within_s: float = 1.0) -> None:
        """End it: by the end of its input, and by force if it has not gone within the time."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        strays: list[str] = []
        for line in self._stdout:
            try:
                news = from_wire(json.loads(line))
            except (ValueError, UnknownMessage):
                strays.append(line.decode(errors="replace"))
                continue
            self._on_news(news)
        self._stdout.close()
        exit_code = self._process.wait()
        self._on_news(Died(exit_code, "".join(strays) + self._last_words()))

    def _last_words(self) -> str:
        with self._said as said:
            size = said.seek(0, os.SEEK_END)
            said.seek(max(0, size - _SAID_BYTES))
            return said.read().decode(errors="replace").strip()
