"""The store: what is written, and the way to what is read."""

from __future__ import annotations

import asyncio
import json
import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from mock_alohub.clock import Timekeeper, WallTime
from mock_alohub.delivery.destination import Destination, DestinationView, Registration
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.new_delivery import AttemptResult, NewDelivery, ScheduledDelivery
from mock_alohub.delivery.outbox.opening import Claim, opened, opened_to_read
from mock_alohub.delivery.outbox.reads import MICROSECONDS, Reads
from mock_alohub.delivery.outbox.rows import (
    WAITING,
    attempt_row,
    destination_of,
    due_of,
    end_of,
    message_row,
    registration_row,
)
from mock_alohub.delivery.outbox.writer import Writer
from mock_alohub.delivery.state import Canceled, StateName
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.delivery.view import AttemptView, DeliveryView, MessageView, Page, UnknownEndpoint, Wanted
from mock_alohub.errors import BadOption

_due = drafted(ScheduledDelivery)
_ENDPOINT = "SELECT id, namespace, url, key, webhooks, method, enabled, overrides, shape FROM endpoints"
_FORGET = (
    "DELETE FROM attempts WHERE delivery IN (SELECT value FROM json_each(?))",
    "DELETE FROM messages WHERE id IN (SELECT value FROM json_each(?))",
    "DELETE FROM deliveries WHERE id IN (SELECT value FROM json_each(?))",
)


class Outbox:
    """Deliveries in the SQLite file at `path`; a `Store`. Made within a running event loop, which it then belongs to.

    Raises a `Mistake` for a file that cannot be used: another process has it, it is no database or not ours, it was
    written by a newer version, it cannot be written.
    """

    def __init__(self, path: Path, clock: Timekeeper | None = None) -> None:
        self.path = path
        self._clock = clock or WallTime()
        self._loop = asyncio.get_running_loop()
        self._claim = Claim(path.resolve())
        try:
            self._connection = opened(path)
            self._reading = opened_to_read(path)
        except BaseException:
            self._claim.release()
            raise
        rows = self._reading.execute("SELECT namespace, webhook, id FROM streams")
        self._streams = {(namespace, webhook): number for namespace, webhook, number in rows}
        self._webhooks = {number: webhook for (_, webhook), number in self._streams.items()}
        self._destinations = {
            row[0]: destination_of(row) for row in self._reading.execute(f"{_ENDPOINT} WHERE removed_at IS NULL")
        }
        (self._last,) = self._reading.execute("SELECT ifnull(max(id), 0) FROM deliveries").fetchone()
        self._aside = ""
        self._reads = Reads(self._reading, self._streams)
        self._writer = Writer(self._connection, path)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Write what is left to write, and let go of the file."""
        await self._writer.close()
        self._reading.close()
        self._connection.close()
        self._claim.release()

    def on_trouble(self, tell: Callable[[StoreTrouble | None], object]) -> None:
        """Let `tell` know when writing begins to fail, and (None) when it goes on."""
        self._writer.on_trouble = tell

    def on_enqueued(self, tell: Callable[[list[ScheduledDelivery]], object]) -> None:
        """Let `tell` know of everything that was enqueued, once it is safe."""
        self._writer.on_enqueued = tell

    def enqueue(self, new_deliveries: Sequence[NewDelivery]) -> asyncio.Future[list[ScheduledDelivery]]:
        """Keep `new_deliveries`, all or none."""
        future: asyncio.Future[list[ScheduledDelivery]] = self._loop.create_future()
        if self._writer.trouble is not None:
            future.set_exception(self._writer.trouble)
            return future
        now = self._clock.now()
        namespaces = [self.destination(new_delivery.endpoint).registration.namespace for new_delivery in new_deliveries]
        dues = [self._due(new_delivery, now) for new_delivery in new_deliveries]
        for namespace, due in zip(namespaces, dues, strict=True):
            message = due.new_delivery.message
            stream = self._stream(namespace, message.webhook)
            batch = self._writer.batch()
            batch.deliveries.append(
                (due.id, due.new_delivery.endpoint, stream, message.call_id, WAITING, due.at, None, 0, 0)
            )
            batch.messages.append(message_row(due))
        self._writer.batch().enqueued.append((future, dues))
        self._writer.added()
        return future

    def record(self, outcome: AttemptResult) -> asyncio.Future[None]:
        """Keep an attempt and the state after it."""
        due, attempt = outcome.due, outcome.attempt
        batch = self._writer.batch()
        batch.attempts.append(attempt_row(due.id, attempt, outcome.failure))
        batch.moves.append((due.id, *end_of(outcome.state), attempt.number, due.tries + 1))
        recorded = self._writer.recorded()
        self._writer.added()
        return recorded

    def due(self, endpoint: int, now: float, limit: int) -> list[ScheduledDelivery]:
        """The first `limit` deliveries of `endpoint` whose time has come, the longest waiting first."""
        columns = (
            "d.id, d.stream, d.call_id, d.at, d.attempts, d.tries, m.method, m.headers, m.body, m.credential,"
            " m.wire, m.faulty_tries"
        )
        where = f"d.endpoint = ? AND d.state = 0 AND d.at <= ? {self._aside} ORDER BY d.at, d.id LIMIT ?"
        sql = f"SELECT {columns} FROM deliveries d JOIN messages m ON m.id = d.id WHERE {where}"  # noqa: S608
        return [due_of(row, endpoint, self._webhooks) for row in self._reading.execute(sql, [endpoint, now, limit])]

    def next_at(self, endpoint: int, after: float) -> float | None:
        """When the next delivery of `endpoint` becomes due after the moment `after`."""
        sql = f"SELECT min(at) FROM deliveries WHERE endpoint = ? AND state = 0 AND at > ? {self._aside}"  # noqa: S608
        at: float | None = self._reading.execute(sql, [endpoint, after]).fetchone()[0]
        return at

    def destinations(self) -> list[Destination]:
        """Every endpoint, with its key."""
        return list(self._destinations.values())

    def destination(self, number: int) -> Destination:
        """One endpoint, with its key."""
        try:
            return self._destinations[number]
        except KeyError:
            raise UnknownEndpoint(number) from None

    def endpoints(self, namespace: str) -> list[DestinationView]:
        """The endpoints of `namespace`, without their keys."""
        return [one.shown() for one in self._destinations.values() if one.registration.namespace == namespace]

    async def register(self, registration: Registration) -> Destination:
        """Keep a new endpoint."""
        sql = (
            "INSERT INTO endpoints (namespace, url, key, webhooks, method, enabled, overrides, shape)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        row = registration_row(registration)
        number = await self._writer.do(lambda connection: connection.execute(sql, row).lastrowid or 0)
        destination = self._destinations[number] = Destination(number, registration)
        return destination

    async def change(self, destination: Destination) -> None:
        """Keep an endpoint as it is now. Its namespace never changes."""
        known = self.destination(destination.id).registration
        kept = replace(destination.registration, namespace=known.namespace)
        sql = (
            "UPDATE endpoints SET namespace = ?, url = ?, key = ?, webhooks = ?, method = ?, enabled = ?,"
            " overrides = ?, shape = ? WHERE id = ?"
        )
        row = (*registration_row(kept), destination.id)
        await self._writer.do(lambda connection: connection.execute(sql, row))
        self._destinations[destination.id] = Destination(destination.id, kept)

    async def remove(self, endpoint: int, now: float) -> Mapping[str, int]:
        """Remove an endpoint and cancel what waits for it; how many deliveries of which webhook that were."""
        # From this moment on nothing is enqueued for it; otherwise something could slip in behind the cancelation.
        destination = self.destination(endpoint)
        del self._destinations[endpoint]

        def job(connection: sqlite3.Connection) -> list[tuple[int, int]]:
            connection.execute("UPDATE endpoints SET removed_at = ?, key = NULL WHERE id = ?", [now, endpoint])
            sql = "SELECT stream, count(*) FROM deliveries WHERE endpoint = ? AND state = 0 GROUP BY stream"
            waiting: list[tuple[int, int]] = connection.execute(sql, [endpoint]).fetchall()
            connection.execute(
                "UPDATE deliveries SET state = 3, at = ? WHERE endpoint = ? AND state = 0", [now, endpoint]
            )
            return waiting

        try:
            waiting = await self._writer.do(job)
        except StoreTrouble:
            self._destinations[endpoint] = destination
            raise
        return {self._webhooks[stream]: count for stream, count in waiting}

    async def cancel(self, delivery: int, canceled: Canceled) -> bool:
        """Cancel a delivery if it waits; whether it did."""
        sql = "UPDATE deliveries SET state = ?, at = ?, cause = ? WHERE id = ? AND state = 0"
        row = (*end_of(canceled), delivery)
        return await self._writer.do(lambda connection: connection.execute(sql, row).rowcount == 1)

    async def resend(self, delivery: int, now: float) -> bool:
        """Let a delivery wait for an attempt at `now`, with all its retries; whether it exists."""
        sql = "UPDATE deliveries SET state = 0, at = ?, cause = NULL, tries = 0 WHERE id = ?"
        return await self._writer.do(lambda connection: connection.execute(sql, [now, delivery]).rowcount == 1)

    async def advance(self, namespace: str, seconds: float) -> int:
        """Let everything that waits in `namespace` be due `seconds` earlier; how many deliveries that were."""
        sql = (
            "UPDATE deliveries SET at = at - ? WHERE state = 0 AND stream IN"
            " (SELECT id FROM streams WHERE namespace = ?)"
        )
        return await self._writer.do(lambda connection: connection.execute(sql, [seconds, namespace]).rowcount)

    async def reset(self, namespace: str) -> None:
        """Forget all deliveries and endpoints of `namespace`."""
        whose = "SELECT id FROM deliveries WHERE stream IN (SELECT id FROM streams WHERE namespace = ?)"

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(f"DELETE FROM attempts WHERE delivery IN ({whose})", [namespace])  # noqa: S608
            connection.execute(f"DELETE FROM messages WHERE id IN ({whose})", [namespace])  # noqa: S608
            connection.execute(f"DELETE FROM deliveries WHERE id IN ({whose})", [namespace])  # noqa: S608
            connection.execute("DELETE FROM endpoints WHERE namespace = ?", [namespace])

        gone = {number: one for number, one in self._destinations.items() if one.registration.namespace == namespace}
        for number in gone:
            del self._destinations[number]
        try:
            await self._writer.do(job)
        except StoreTrouble:
            self._destinations |= gone
            raise

    async def retire(self, before: float, keep: int, limit: int) -> int:
        """Forget up to `limit` ended deliveries, the oldest first; how many that were."""

        def job(connection: sqlite3.Connection) -> int:
            (ended,) = connection.execute("SELECT ifnull(sum(count), 0) FROM tallies WHERE state > 0").fetchone()
            oldest = connection.execute("SELECT id FROM deliveries WHERE state > 0 ORDER BY id LIMIT ?", [limit])
            too_many, too_old = ended - keep, int(before * MICROSECONDS)
            going = [number for rank, (number,) in enumerate(oldest) if rank < too_many or number < too_old]
            for sql in _FORGET:
                connection.execute(sql, [json.dumps(going)])
            return len(going)

        return await self._writer.do(job)

    def delivery(self, namespace: str, number: int) -> DeliveryView:
        """One delivery."""
        return self._reads.one(namespace, number)

    def message(self, namespace: str, number: int) -> MessageView:
        """What a delivery sends."""
        return self._reads.message(namespace, number)

    def attempts(self, namespace: str, number: int) -> list[AttemptView]:
        """The attempts of a delivery."""
        return self._reads.attempts(namespace, number)

    def in_full(self, namespace: str, number: int) -> tuple[DeliveryView, MessageView, list[AttemptView]]:
        """A delivery, what it sends, its attempts."""
        return self._reads.in_full(namespace, number)

    def deliveries(
        self, wanted: Wanted, *, limit: int = 50, cursor: str = "", among: Collection[int] | None = None
    ) -> Page[DeliveryView]:
        """A page of deliveries, the newest first."""
        return self._reads.page(wanted, limit, cursor, among)

    def count(self, wanted: Wanted, up_to: int, among: Collection[int] | None = None) -> int:
        """How many deliveries there are, counted up to `up_to`."""
        return self._reads.count(wanted, up_to, among)

    def counts(self, namespace: str) -> Mapping[StateName, int]:
        """How many deliveries of `namespace` are in each state."""
        return self._reads.counts(namespace)

    def namespaces(self) -> list[str]:
        """The namespaces in which there are endpoints or deliveries, in the order of their names."""
        of_endpoints = {one.registration.namespace for one in self._destinations.values()}
        return sorted(of_endpoints | self._reads.namespaces())

    def set_aside(self, known: Collection[str]) -> Mapping[str, int]:
        """Let nothing be due that is of another webhook than those `known`; how many of which go on waiting."""
        unknown = [number for number, webhook in self._webhooks.items() if webhook not in known]
        self._aside = f"AND stream NOT IN ({', '.join(map(str, unknown))})" if unknown else ""
        sql = "SELECT count(*) FROM deliveries WHERE stream = ? AND state = 0"
        waiting: Counter[str] = Counter()
        for number in unknown:
            waiting[self._webhooks[number]] += self._reading.execute(sql, [number]).fetchone()[0]
        return +waiting

    def explained(self, wanted: Wanted) -> list[str]:
        """How SQLite finds a page of deliveries: the steps of its plan."""
        return self._reads.explained(wanted)

    def _due(self, new_delivery: NewDelivery, now: float) -> ScheduledDelivery:
        self._last = number = max(self._last + 1, int(now * MICROSECONDS))
        at = now if new_delivery.at is None else new_delivery.at
        if not math.isfinite(at):
            raise BadOption(f"a delivery cannot be sent at {at}")
        if not new_delivery.message.call_id.isprintable():
            raise BadOption(f"{new_delivery.message.call_id!r} is no call id: it holds what cannot be printed")
        return _due(number, new_delivery, at)

    def _stream(self, namespace: str, webhook: str) -> int:
        number = self._streams.get((namespace, webhook))
        if number is None:
            number = self._streams[namespace, webhook] = len(self._streams) + 1
            self._webhooks[number] = webhook
            self._writer.batch().streams.append((number, namespace, webhook))
        return number
