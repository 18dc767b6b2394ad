"""Read by every Python that has this folder on its path: writes down which deprecations the wheel's own code meets.

Processes that a verb starts are watched as well, also those whose standard error nobody sees.
"""

from __future__ import annotations

import os
import warnings
from typing import TextIO

shown = warnings.showwarning


def record(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Write down a deprecation that our code met; what other packages deprecate among themselves is their business."""
    if not issubclass(category, DeprecationWarning):
        shown(message, category, filename, lineno, file, line)
    elif "/mock_alohub/" in filename and (path := os.environ.get("DEPRECATIONS")):
        with open(path, "a", encoding="utf-8") as records:  # noqa: PTH123 - this runs in every process
            records.write(f"{filename}:{lineno}: {category.__name__}: {message}\n")


warnings.filterwarnings("default", category=DeprecationWarning)
warnings.showwarning = record
