"""The one thread that writes: changes come in batches, and each batch is one commit.

A commit costs the disk a flush whether it holds one row or a hundred, so whatever comes while one is under way goes
into the next. The event loop never waits for the disk: the time that an endpoint took is measured by that loop. Rows
go to SQLite many to a statement, so that the thread gives the interpreter back for the whole of it and not for each.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from mock_alohub.delivery.new_delivery import ScheduledDelivery
from mock_alohub.delivery.outbox.opening import mistake_of
from mock_alohub.delivery.outbox.rows import Row
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.errors import Mistake

BATCH_ROWS: Final = 400
"""So many rows are not kept waiting for more. Measured: a delivery costs a tenth less than in batches of 100."""
GATHER_S: Final = 0.001
"""So long the first row of a batch waits for more. Measured: to wait 3 or 5 ms gains nothing."""
RETRY_S: Final = 0.5
"""The pause before a write that failed is tried again."""
_PER_STATEMENT: Final = (256, 64, 16, 4, 1)

_log = logging.getLogger(__name__)
Result = TypeVar("Result")
Job = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True)
class Batch:
    """Changes that are committed together: new rows by table, moves, and whatever else, as jobs."""

    streams: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    jobs: list[tuple[Job, asyncio.Future[Any]]] = field(default_factory=list)
    enqueued: list[tuple[asyncio.Future[list[ScheduledDelivery]], list[ScheduledDelivery]]] = field(
        default_factory=list
    )
    recorded: asyncio.Future[None] | None = None
    results: list[Any] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """About how many rows it writes."""
        return len(self.deliveries) + len(self.moves) + len(self.jobs)


def write(connection: sqlite3.Connection, batch: Batch) -> None:
    """Make all changes of `batch` within a transaction that is open."""
    _insert(connection, "streams", batch.streams)
    _insert(connection, "deliveries", batch.deliveries)
    _insert(connection, "messages", batch.messages)
    _insert(connection, "attempts", batch.attempts)
    for rows in _portions(batch.moves):
        connection.execute(_move(len(rows)), _flat(rows))
    batch.results = [_done(job, connection) for job, _ in batch.jobs]


def _done(job: Job, connection: sqlite3.Connection) -> Any:
    try:
        return job(connection)
    except Mistake as mistake:
        return mistake


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    for portion in _portions(rows):
        connection.execute(_insertion(table, len(portion[0]), len(portion)), _flat(portion))


@cache
def _insertion(table: str, columns: int, rows: int) -> str:
    # An attempt whose delivery was called off in the meantime is kept, and not counted: its number can come again.
    insert = "INSERT OR REPLACE" if table == "attempts" else "INSERT"
    row = f"({', '.join('?' * columns)})"
    return f"{insert} INTO {table} VALUES {', '.join([row] * rows)}"


@cache
def _move(rows: int) -> str:
    # Only what waits moves by itself: the answer to an attempt does not undo what someone said in the meantime.
    return (
        "UPDATE deliveries SET state = new.column2, at = new.column3, cause = new.column4, attempts = new.column5,"  # noqa: S608
        f" tries = new.column6 FROM (VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * rows)}) AS new"
        " WHERE deliveries.id = new.column1 AND deliveries.state = 0"
    )


def _portions(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    # Few different sizes, so that each statement is compiled once.
    start = 0
    for size in _PER_STATEMENT:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def _flat(rows: Sequence[Row]) -> list[Any]:
    return [value for row in rows for value in row]


class Writer:
    """Takes changes from the event loop and has them written. Its methods are called in that loop only."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._pending = Batch()
        self.trouble: StoreTrouble | None = None
        self.on_trouble: Callable[[StoreTrouble | None], object] = lambda trouble: None
        self.on_enqueued: Callable[[list[ScheduledDelivery]], object] = lambda dues: None
        self._idle = asyncio.Event()
        self._idle.set()

    def batch(self) -> Batch:
        """The batch that takes changes at the moment. After putting one in, call `added`."""
        return self._pending

    def added(self) -> None:
        """See to it that the batch is written soon."""
        self._idle.clear()
        if self._busy:
            return
        if self._pending.rows >= BATCH_ROWS and self.trouble is None:
            self._flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(GATHER_S, self._flush)

    def do(self, job: Callable[[sqlite3.Connection], Result]) -> asyncio.Future[Result]:
        """Have `job` done within the next commit; the future has its result."""
        future: asyncio.Future[Result] = self._loop.create_future()
        if self.trouble is not None:
            future.set_exception(self.trouble)
            return future
        self._pending.jobs.append((job, future))
        self.added()
        return future

    def recorded(self) -> asyncio.Future[None]:
        """Ends when the attempts that were put into the present batch are written."""
        if self._pending.recorded is None:
            self._pending.recorded = self._loop.create_future()
        return self._pending.recorded

    async def close(self) -> None:
        """Write what is left and end the thread. What cannot be written is given up: it is attempted again."""
        await self._idle.wait()
        if self._timer is not None:
            self._timer.cancel()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._pending = self._pending, Batch()
        self._busy = True
        self._queue.put(batch)

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            error = self._committed(batch)
            try:
                self._loop.call_soon_threadsafe(self._ended, batch, error)
            except RuntimeError:
                return  # The loop was closed without us: nobody is left to be told.

    def _committed(self, batch: Batch) -> Exception | None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            write(connection, batch)
            connection.execute("COMMIT")
        except Exception as error:
            if connection.in_transaction:
                connection.rollback()
            return error
        return None

    def _ended(self, batch: Batch, error: Exception | None) -> None:
        self._busy = False
        if error is None:
            self._tell(None)
            for _, dues in batch.enqueued:
                self.on_enqueued(dues)
            _succeed(batch)
        elif isinstance(error, sqlite3.Error):
            mistake = mistake_of(error, self._path)
            trouble = mistake if isinstance(mistake, StoreTrouble) else StoreTrouble(mistake.message)
            self._tell(trouble)
            self._put_back(batch, trouble)
        else:
            _log.error("a batch could not be written", exc_info=error)
            _fail(batch, error)
        if self.trouble is not None:
            self._timer = self._loop.call_later(RETRY_S, self._flush)
            self._idle.set()
        elif self._pending.rows:
            self._flush()
        else:
            self._idle.set()

    def _tell(self, trouble: StoreTrouble | None) -> None:
        changed = (trouble is None) != (self.trouble is None)
        self.trouble = trouble
        if changed:
            self.on_trouble(trouble)

    def _put_back(self, batch: Batch, trouble: StoreTrouble) -> None:
        # Who waits for a commit is told that there was none. What happened has happened: it is written later.
        pending = self._pending
        _fail(Batch(jobs=batch.jobs + pending.jobs, enqueued=batch.enqueued + pending.enqueued), trouble)
        again = Batch(streams=batch.streams + pending.streams, attempts=batch.attempts, moves=batch.moves)
        again.recorded = batch.recorded
        again.attempts += pending.attempts
        again.moves += pending.moves
        if again.recorded is None:
            again.recorded = pending.recorded
        elif pending.recorded is not None:
            later = pending.recorded
            again.recorded.add_done_callback(lambda _: _set(later, None))
        self._pending = again


def _succeed(batch: Batch) -> None:
    for future, result in batch.enqueued:
        _set(future, result)
    for (_, future), result in zip(batch.jobs, batch.results, strict=True):
        if isinstance(result, Mistake):
            _fail(Batch(jobs=[(lambda _: None, future)]), result)
        else:
            _set(future, result)
    if batch.recorded is not None:
        _set(batch.recorded, None)


def _fail(batch: Batch, error: Exception) -> None:
    futures = [future for future, _ in batch.enqueued] + [future for _, future in batch.jobs]
    for future in futures:
        if not future.done():
            future.set_exception(error)
            future.exception()  # Whoever was waiting may have gone; that is no reason to complain of it.
    if batch.recorded is not None:
        _set(batch.recorded, None)


def _set(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)
