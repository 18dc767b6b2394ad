"""Attempts under way: each one exchange over a connection, under one absolute deadline, without a task where it can be.

A task per attempt costs more than the attempt. So a request goes out over a kept connection with a callback for its
end; only to open a connection a task is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Generic, TypeVar

from mock_alohub.delivery.connection import Connection
from mock_alohub.delivery.failure import Failure, connect_failure
from mock_alohub.delivery.transport import Transport, was_stale
from mock_alohub.messages.endpoint import URL

Item = TypeVar("Item")
Landed = Callable[[Item, int, Failure | None, float], None]
"""Told of the end of an attempt: its item, the status (0 without a whole answer), why it failed, when it ended."""


class InFlight(Generic[Item]):
    """Sends requests and tells `landed` what came of each; `count` are under way. Times are of `perf_counter`."""

    def __init__(self, transport: Transport, landed: Landed[Item]) -> None:
        self._transport = transport
        self._landed = landed
        self._tasks: set[asyncio.Task[None]] = set()
        self._flying: set[Connection] = set()
        self._stopped = False
        self.count = 0

    def launch(self, item: Item, url: URL, payload: bytes, ends_at: float, now: float, *, bodiless: bool) -> None:
        """Send `payload`, a whole request. `landed` is called later, by `ends_at` at the latest."""
        self.count += 1
        connection = self._transport.take(url, now)
        if connection is None:
            self._open(item, url, payload, ends_at, bodiless)
            return
        self._flying.add(connection)
        future = connection.exchange(payload, ends_at, bodiless=bodiless)
        future.add_done_callback(partial(self._arrived, connection, item, url, payload, ends_at, bodiless))

    def abandon(self) -> None:
        """Drop everything that is under way at once; nothing more lands."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        for connection in self._flying:
            connection.abort()
        self._flying.clear()

    def _arrived(
        self,
        connection: Connection,
        item: Item,
        url: URL,
        payload: bytes,
        ends_at: float,
        bodiless: bool,
        future: asyncio.Future[Failure | None],
    ) -> None:
        failure = future.result()
        if failure is not None and was_stale(connection, failure) and not self._stopped:
            self._flying.discard(connection)
            connection.close()
            self._open(item, url, payload, ends_at, bodiless)
            return
        self._land(connection, item, failure)

    def _land(self, connection: Connection, item: Item, failure: Failure | None) -> None:
        self._flying.discard(connection)
        if self._stopped:
            return
        self.count -= 1
        if failure is None:
            status = connection.answer.reply().status
            if connection.reusable:
                self._transport.keep(connection)
            else:
                connection.close()
        else:
            status = 0
            connection.close()
        self._landed(item, status, failure, connection.done_at)

    def _open(self, item: Item, url: URL, payload: bytes, ends_at: float, bodiless: bool) -> None:
        task = asyncio.get_running_loop().create_task(self._opened(item, url, payload, ends_at, bodiless))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _opened(self, item: Item, url: URL, payload: bytes, ends_at: float, bodiless: bool) -> None:
        try:
            connection = await self._transport.open(url, ends_at)
        except (Failure, OSError) as error:
            self.count -= 1
            # Not bound to a name: an exception in the frame it was raised through would be garbage in a circle.
            self._landed(
                item,
                0,
                error if isinstance(error, Failure) else connect_failure(error, url.authority),
                perf_counter(),
            )
            return
        self._flying.add(connection)
        self._land(connection, item, await connection.exchange(payload, ends_at, bodiless=bodiless))
