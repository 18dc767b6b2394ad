"""Opening the file: one process at a time, only what is ours, and a sentence for whatever is wrong with it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from mock_alohub.delivery.outbox.schema import APPLICATION_ID, MIGRATIONS, migrate
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.errors import Mistake, Unreadable, Unwritable

OLDEST_SQLITE: Final = (3, 33, 0)
"""The first version that knows `UPDATE ... FROM`."""
_LOCK_WAIT_S: Final = 2.0
_CHECKPOINT_PAGES: Final = 4000
_WAL_LIMIT: Final = 64 * 1024 * 1024


class InUse(Mistake):
    """Another process has the file."""


class Claim:
    """The right to be the only process that uses a database file. The system takes it back when the process ends.

    It is a lock on a file beside the database: closing any other handle of the database itself would drop SQLite's
    own locks.
    """

    def __init__(self, path: Path) -> None:
        lock = path.with_name(f"{path.name}.lock")
        try:
            self._file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unwritable(f"cannot write {lock}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(self._file, 20).decode("ascii", "replace") or "unknown"
            os.close(self._file)
            raise InUse(
                f"{path} is in use by another process ({owner})", hint="stop that one, or name another file with --db"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._file)


def opened(path: Path) -> sqlite3.Connection:
    """The writing connection to the database at `path`, made or brought up to date where necessary.

    Raises `Unreadable` for a file that is no database, another program's, or of a newer schema, `Unwritable` where
    nothing can be written, and `StoreTrouble` when another program holds a lock.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise Mistake(f"this Python comes with SQLite {sqlite3.sqlite_version}; {oldest} or newer is needed")
    _make_private(path)
    try:
        connection = _connected(path)
    except sqlite3.Error as error:
        raise mistake_of(error, path) from None
    try:
        version = _version(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
        migrate(connection, version)
        # Reading works on a file that nobody may write: find out now.
        connection.executescript("BEGIN IMMEDIATE; ROLLBACK;")
    except sqlite3.Error as error:
        connection.close()
        raise mistake_of(error, path) from None
    except Mistake:
        connection.close()
        raise
    return connection


def opened_to_read(path: Path) -> sqlite3.Connection:
    """A connection for reading, beside the one that writes."""
    connection = _connected(path)
    connection.execute("PRAGMA query_only = TRUE")
    return connection


def _make_private(path: Path) -> None:
    # The keys of endpoints are in it; SQLite gives the files beside it the same mode. What cannot be made here cannot
    # be made by SQLite either, and it says why.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _connected(path: Path) -> sqlite3.Connection:
    # One thread at a time uses a connection, though not always the same.
    return sqlite3.connect(path, timeout=_LOCK_WAIT_S, isolation_level=None, check_same_thread=False)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (tables or version or application):
        raise Unreadable(f"{path} is the database of another program", hint="name another file with --db")
    if version > len(MIGRATIONS):
        raise Unreadable(
            f"{path} was written by a newer mock-alohub (schema {version}, known here up to {len(MIGRATIONS)})",
            hint="upgrade mock-alohub, or name another file with --db",
        )
    return int(version)


def mistake_of(error: sqlite3.Error, path: Path) -> Mistake:
    """What SQLite's `error` about the file at `path` means to the user."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_NOTADB"):
        return Unreadable(f"{path} is no SQLite database", hint="name another file with --db")
    if name.startswith("SQLITE_CORRUPT"):
        return Unreadable(f"{path} is damaged", hint=f"try: sqlite3 {path} .recover | sqlite3 recovered.sqlite3")
    if name.startswith("SQLITE_FULL"):
        return StoreTrouble(f"cannot write {path}: the disk is full")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreTrouble(f"cannot write {path}: another program holds a lock on it")
    if name.startswith("SQLITE_READONLY"):
        return Unwritable(f"cannot write {path}: it is read-only")
    if name.startswith("SQLITE_CANTOPEN"):
        why = "it is a folder" if path.is_dir() else "its folder does not exist or is not accessible"
        return Unwritable(f"cannot open {path}: {why}")
    return StoreTrouble(f"cannot use {path}: {error}")
