"""What the standard streams are: a terminal or a file, with colours or without, how wide."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Final, TextIO

WIDEST: Final = 120
"""Columns; longer lines of prose are hard to read however wide the window is."""
UNKNOWN_WIDTH: Final = 100
"""Columns where there is no terminal to ask, as in the log of a build."""


def colour(stream: TextIO) -> bool:
    """Whether `stream` takes colours. NO_COLOR forbids them, FORCE_COLOR demands them (see no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def painted(text: str, code: str, stream: TextIO) -> str:
    """`text` in the colour of an ANSI `code`, where `stream` takes colours."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour(stream) else text


def live(stream: TextIO) -> bool:
    """Whether a line on `stream` can be written over: on a terminal somebody looks at, not in the log of a build."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def width() -> int:
    """The columns there are for text. COLUMNS overrides what the terminal says."""
    import shutil  # here, for it loads three compressors that most commands need not wait for

    return min(shutil.get_terminal_size((UNKNOWN_WIDTH, 24)).columns, WIDEST)


def settle() -> None:
    """Make the standard streams take every character: what their encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a stream put in their place may have no such method
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def silence_stdout() -> None:
    """Send what is still to be written to nowhere, so that the interpreter does not complain when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
