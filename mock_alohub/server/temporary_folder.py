"""The folder of a database that nobody keeps: gone with its server, or at the next start if that was killed."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

NAME: Final = "mock-alohub.sqlite3"
_PREFIX: Final = "mock-alohub-ephemeral-"
_CLAIMED_WITHIN_S: Final = 5.0
"""A folder is claimed at once when it is made; one that is younger may be just about to be."""


@contextmanager
def thrown_away() -> Iterator[Path]:
    """A folder for a database called `NAME`, removed afterwards; those that dead processes left behind go first."""
    for forsaken in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            _remove_if_forsaken(forsaken)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    claim = _opened(folder)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX)
        yield folder
    finally:
        remove(folder)
        os.close(claim)


def remove(folder: Path) -> None:
    """Remove the database and its folder. What else may be in there stays, and with it the folder."""
    for file in folder.glob(f"{NAME}*"):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _remove_if_forsaken(folder: Path) -> None:
    facts = folder.lstat()
    young = time.time() - facts.st_mtime < _CLAIMED_WITHIN_S
    if young or not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        return
    claim = _opened(folder)
    try:
        # The system gives the lock back when the process that had it ends, however it ends.
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(folder)
    finally:
        os.close(claim)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
