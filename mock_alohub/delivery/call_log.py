"""The calls there were, to be looked up: a table of its own in the file of the outbox.

Deliveries are promises and must survive a loss of power; this log is for searching, so it is written a moment later,
many calls to a commit, over a connection of its own. What is written survives the end of the process.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from mock_alohub.calls.call import Agent, Call, Direction, Outcome, Party
from mock_alohub.delivery.store import StoreTrouble

KEEP: Final = 300_000
"""Calls that are kept in all; the oldest go first. Every search counts what it finds: so many take under 100 ms."""
GATHER_S: Final = 0.02
"""So long a call waits for others to be written with."""
RETRY_S: Final = 0.5
"""The pause before a write that failed is tried again."""
_PER_COMMIT: Final = 2_000  # so that the outbox, which writes to the same file, never waits long
_LOCK_WAIT_S: Final = 10.0
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the times of calls are local and carry no zone
_SECOND: Final = timedelta(seconds=1)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS calls (
    number         INTEGER PRIMARY KEY,  -- in the order in which they were placed
    namespace      TEXT NOT NULL,
    id             TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    direction      TEXT NOT NULL,
    customer       TEXT NOT NULL,
    extension      TEXT NOT NULL,        -- '' without an agent, as account and agent
    account        TEXT NOT NULL,
    agent          TEXT NOT NULL,
    hotline        TEXT NOT NULL,
    started_at     INTEGER NOT NULL,     -- seconds of local time, as if it were UTC
    answered_at    INTEGER,
    ended_at       INTEGER NOT NULL,
    ended_by       TEXT NOT NULL,
    held_s         INTEGER NOT NULL,
    recording      TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    over_at        REAL NOT NULL         -- Unix time by which it is over: of a running call earlier than it says, by
);                                       -- the time scale or because someone moved the clock
CREATE UNIQUE INDEX IF NOT EXISTS calls_by_id ON calls (namespace, id);
CREATE INDEX IF NOT EXISTS calls_by_time
    ON calls (namespace, started_at, over_at, direction, outcome, extension, account);
CREATE INDEX IF NOT EXISTS calls_by_customer ON calls (namespace, customer, started_at);
CREATE INDEX IF NOT EXISTS calls_by_transaction ON calls (namespace, transaction_id, started_at)
    WHERE transaction_id <> '';
CREATE INDEX IF NOT EXISTS calls_by_recording ON calls (namespace, recording) WHERE recording <> '';
"""
_COLUMNS: Final = (
    "id, outcome, direction, customer, extension, account, agent, hotline, started_at, answered_at, ended_at, ended_by,"
    " held_s, recording, transaction_id"
)
_INSERT: Final = f"INSERT OR REPLACE INTO calls (namespace, {_COLUMNS}, over_at) VALUES ({', '.join('?' * 17)})"  # noqa: S608 - nothing in it is data

_log: Final = logging.getLogger(__name__)
Row = tuple[Any, ...]
Kept = tuple[str, Call, float]
"""A namespace, a call, and when it is over."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which calls are looked for: those of a namespace that are over by `now` and for which all that is given holds.

    `now` is in Unix seconds. `since` and `until` are local times of Vietnam and bound the start of the call, both
    included. None asks for nothing; an empty tuple finds nothing.
    """

    namespace: str
    now: float
    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None
    outcomes: tuple[Outcome, ...] | None = None
    extensions: tuple[str, ...] | None = None
    accounts: tuple[str, ...] | None = None
    call_id: str | None = None
    customer: str | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of calls, the latest first, and how many there are in all."""

    calls: tuple[Call, ...]
    total: int


class CallLog:
    """The calls in the file at `path`. Made within a running event loop, once the outbox has opened that file.

    `due_at` says when something that happens at a local time of Vietnam is over, in Unix seconds.
    """

    def __init__(self, path: Path, due_at: Callable[[datetime], float], *, keep: int = KEEP) -> None:
        self._due_at = due_at
        self._keep = keep
        self._writing = _connected(path)
        self._writing.executescript(_SCHEMA)
        self._writing.execute("PRAGMA synchronous = NORMAL")
        self._reading = _connected(path)
        self._reading.execute("PRAGMA query_only = TRUE")
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "call-log")
        self._pending: list[Kept] = []
        self._timer: asyncio.TimerHandle | None = None
        self._last: asyncio.Future[None] | None = None

    def keep(self, namespace: str, calls: Sequence[Call]) -> None:
        """Write `calls` soon. One of an id that is known takes the other's place."""
        self._pending.extend((namespace, call, self._due_at(call.ended_at)) for call in calls)
        if self._timer is None:
            self._timer = self._loop.call_later(GATHER_S, self._flush)

    async def written(self) -> None:
        """Ends when all that was to be kept until now is written. Raises `StoreTrouble`."""
        if self._pending:
            self._flush()
        if self._last is not None:
            await asyncio.shield(self._last)

    def find(self, search: Search, *, offset: int = 0, limit: int = 50) -> Found:
        """The `limit` calls behind the first `offset` of those that are looked for."""
        where, values = _condition(search)
        (total,) = self._reading.execute(f"SELECT count(*) FROM calls WHERE {where}", values).fetchone()  # noqa: S608
        if offset >= total:
            return Found((), total)
        # The page is picked from the index alone, then its rows are read: a last page costs no more than the count.
        page = f"SELECT number FROM calls WHERE {where} ORDER BY started_at DESC, number DESC LIMIT ? OFFSET ?"  # noqa: S608
        sql = f"SELECT {_COLUMNS} FROM calls WHERE number IN ({page}) ORDER BY started_at DESC, number DESC"  # noqa: S608
        return Found(tuple(_call(row) for row in self._reading.execute(sql, [*values, limit, offset])), total)

    def ids(self, search: Search, limit: int) -> list[str]:
        """The ids of the latest `limit` calls that are looked for: for who knows a call by what follows from its id."""
        where, values = _condition(search)
        sql = f"SELECT id FROM calls WHERE {where} ORDER BY started_at DESC, number DESC LIMIT ?"  # noqa: S608
        return [name for (name,) in self._reading.execute(sql, [*values, limit])]

    def recorded(self, namespace: str, recording: str, now: float) -> Call | None:
        """The call that is over by `now` and whose recording is the file `recording`; None when there is none."""
        sql = (
            f"SELECT {_COLUMNS} FROM calls WHERE namespace = ? AND recording = ? AND recording <> '' AND over_at <= ?"  # noqa: S608
            " ORDER BY number DESC LIMIT 1"
        )
        row = self._reading.execute(sql, [namespace, recording, now]).fetchone()
        return None if row is None else _call(row)

    async def advance(self, namespace: str, seconds: float, now: float) -> None:
        """Let the calls of `namespace` that are not over by `now` be so `seconds` earlier, as their messages are."""
        sql = "UPDATE calls SET over_at = over_at - ? WHERE namespace = ? AND over_at > ?"
        await self._do(sql, (seconds, namespace, now))

    async def reset(self, namespace: str) -> None:
        """Forget all calls of `namespace`."""
        await self._do("DELETE FROM calls WHERE namespace = ?", (namespace,))

    async def close(self) -> None:
        """Write what is left to write, and let go of the file."""
        try:
            await self.written()
        except StoreTrouble as trouble:
            _log.error("calls are missing from the log: %s", trouble)
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.to_thread(self._thread.shutdown)
        self._reading.close()
        self._writing.close()

    async def _do(self, sql: str, values: Row) -> None:
        """Run `sql` behind all that was to be kept until now."""
        await self.written()
        await self._loop.run_in_executor(self._thread, self._writing.execute, sql, values)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        kept, self._pending = self._pending, []
        self._last = asyncio.ensure_future(self._write(kept))
        self._last.add_done_callback(_seen)

    async def _write(self, kept: list[Kept]) -> None:
        for start in range(0, len(kept), _PER_COMMIT):
            try:
                await self._loop.run_in_executor(self._thread, self._insert, kept[start : start + _PER_COMMIT])
            except sqlite3.Error as error:
                self._pending[:0] = kept[start:]
                if self._timer is None:
                    self._timer = self._loop.call_later(RETRY_S, self._flush)
                raise StoreTrouble(f"calls cannot be written to the log: {error}") from error

    def _insert(self, kept: list[Kept]) -> None:
        connection = self._writing
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.executemany(_INSERT, [_row(*one) for one in kept])
            connection.execute("DELETE FROM calls WHERE number <= (SELECT max(number) FROM calls) - ?", [self._keep])
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise


def _seen(done: asyncio.Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _log.warning("%s", error)


def _connected(path: Path) -> sqlite3.Connection:
    # One thread at a time uses a connection, though not always the same.
    return sqlite3.connect(path, timeout=_LOCK_WAIT_S, isolation_level=None, check_same_thread=False)


def _condition(search: Search) -> tuple[str, list[Any]]:
    equal = {
        "namespace": search.namespace,
        "id": search.call_id,
        "direction": search.direction,
        "customer": search.customer,
        "transaction_id": search.transaction_id,
    }
    given: list[tuple[str, list[Any]]] = [
        (f"{column} = ?", [value]) for column, value in equal.items() if value is not None
    ]
    if search.transaction_id is not None:
        given.append(("transaction_id <> ''", []))  # lets the partial index be used
    given.append(("over_at <= ?", [search.now]))
    if search.since is not None:
        given.append(("started_at >= ?", [_seconds(search.since)]))
    if search.until is not None:
        given.append(("started_at <= ?", [_seconds(search.until)]))
    listed = {"outcome": search.outcomes, "extension": search.extensions, "account": search.accounts}
    for column, values in listed.items():
        if values is not None:
            given.append((f"{column} IN ({', '.join('?' * len(values))})", list(values)))
    return " AND ".join(sql for sql, _ in given), [value for _, values in given for value in values]


def _row(namespace: str, call: Call, over_at: float) -> Row:
    agent = call.agent or Agent("", "", "")
    return (
        namespace,
        call.id,
        str(call.outcome),
        str(call.direction),
        call.customer_number,
        agent.extension,
        agent.account,
        agent.name,
        call.hotline,
        _seconds(call.started_at),
        None if call.answered_at is None else _seconds(call.answered_at),
        _seconds(call.ended_at),
        str(call.ended_by),
        call.held_s,
        call.recording,
        call.transaction_id,
        over_at,
    )


def _call(row: Row) -> Call:
    answered_at: int | None = row[9]
    return Call(
        id=row[0],
        outcome=Outcome(row[1]),
        direction=Direction(row[2]),
        customer_number=row[3],
        agent=Agent(row[4], row[5], row[6]) if row[4] or row[5] or row[6] else None,
        hotline=row[7],
        started_at=_time(row[8]),
        answered_at=None if answered_at is None else _time(answered_at),
        ended_at=_time(row[10]),
        ended_by=Party(row[11]),
        held_s=row[12],
        recording=row[13],
        transaction_id=row[14],
    )


def _seconds(at: datetime) -> int:
    return (at - _EPOCH) // _SECOND


def _time(seconds: int) -> datetime:
    return _EPOCH + seconds * _SECOND
