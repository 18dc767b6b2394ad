"""A line on standard error that is written over, where somebody looks at it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from mock_alohub.cli import terminal


class LiveLine:
    """The last line of a terminal. `live` says whether there is one; elsewhere nothing is written."""

    def __init__(self) -> None:
        self.live = terminal.live(sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.say("")

    def say(self, text: str) -> None:
        """Write `text` over the line, where it can be written over; an empty one clears it."""
        if self.live:
            sys.stderr.write(f"\r\x1b[K{text[: terminal.width() - 1]}")
            sys.stderr.flush()
