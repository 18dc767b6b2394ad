"""What is read for people. Every question is answered by index, however many deliveries there are.

A list is the newest part of several runs of an index, one per stream and state: within each, deliveries lie in the
order of their numbers, so that the newest of all are among the newest of each. Most runs are empty, and the tallies say
which. What takes several questions is asked within one transaction, so that all answers are of the same moment.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from typing import Any, Final

from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.outbox.rows import CODES, NAMES, Row, attempt_of, message_of, state_of
from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.view import (
    NEWEST,
    AttemptView,
    DeliveryView,
    MessageView,
    Page,
    UnknownDelivery,
    Wanted,
    checked_limit,
    cursor_of,
    number_of,
)
from mock_alohub.errors import BadOption

MICROSECONDS: Final = 1_000_000
_DELIVERY: Final = "d.id, d.endpoint, d.stream, d.call_id, d.state, d.at, d.cause, d.attempts"
_MESSAGE: Final = "m.method, m.headers, m.body, m.credential, m.wire"
_ATTEMPT: Final = (
    "a.number, a.started_at, a.elapsed_s, a.status, a.cause, a.detail, a.dns_s, a.connect_s, a.tls_s, a.send_s,"
    " a.wait_s, a.receive_s, a.address, a.reused, a.headers, a.excerpt, a.body_size"
)
_NUMBER: Final = "SELECT id FROM deliveries d"
_VIEW: Final = f"SELECT {_DELIVERY} FROM deliveries d"  # noqa: S608 - nothing in it is data
_AMONG: Final = "id IN (SELECT value FROM json_each(?))"

_view: Final = drafted(DeliveryView)

Query = tuple[str, list[Any]]
"""The condition of a query, and the values in it."""


class Reads:
    """Reads what has been committed, by a connection of its own. `streams` maps (namespace, webhook) to a number."""

    def __init__(self, connection: sqlite3.Connection, streams: Mapping[tuple[str, str], int]) -> None:
        self._connection = connection
        self._streams = streams
        self._names: dict[int, tuple[str, str]] = {}

    def page(self, wanted: Wanted, limit: int, cursor: str, among: Collection[int] | None) -> Page[DeliveryView]:
        """A page of deliveries, the newest first."""
        checked_limit(limit)
        before = min(number_of(cursor) if cursor else NEWEST, _moment(wanted.until, NEWEST))
        with self._snapshot():
            queries = list(self._queries(wanted, before, among, self._filled(wanted)))
            if len(queries) == 1:  # As most often: what is found is what is wanted.
                where, values = queries[0]
                views = self._views(_newest(f"{_VIEW} WHERE {where}"), [*values, limit + 1])
            else:
                numbers: list[int] = []
                for where, values in queries:
                    rows = self._connection.execute(_newest(f"{_NUMBER} WHERE {where}"), [*values, limit + 1])
                    numbers += [number for (number,) in rows]
                numbers = sorted(numbers, reverse=True)[: limit + 1]
                views = self._views(f"{_VIEW} WHERE {_AMONG} ORDER BY id DESC", [json.dumps(numbers)])
        return Page(tuple(views[:limit]), cursor_of(views[limit - 1].id) if len(views) > limit else "")

    def count(self, wanted: Wanted, up_to: int, among: Collection[int] | None) -> int:
        """How many there are, counted up to `up_to`."""
        if among is None and wanted == Wanted(wanted.namespace, webhook=wanted.webhook, state=wanted.state):
            return min(up_to, self._tallied(wanted))
        found = 0
        with self._snapshot():
            for where, values in self._queries(wanted, _moment(wanted.until, NEWEST), among, self._filled(wanted)):
                counting = f"SELECT count(*) FROM ({_NUMBER} WHERE {where} LIMIT ?)"  # noqa: S608 - nothing in it is data
                found += self._connection.execute(counting, [*values, up_to - found]).fetchone()[0]
                if found >= up_to:
                    break
        return found

    def counts(self, namespace: str) -> dict[StateName, int]:
        """How many deliveries of `namespace` are in each state."""
        counted = dict.fromkeys(CODES, 0)
        sql = (
            "SELECT state, sum(count) FROM tallies WHERE stream IN (SELECT id FROM streams WHERE namespace = ?)"
            " GROUP BY state"
        )
        for code, count in self._connection.execute(sql, [namespace]):
            counted[NAMES[code]] = count
        return counted

    def namespaces(self) -> set[str]:
        """The namespaces that have deliveries."""
        sql = "SELECT DISTINCT namespace FROM streams WHERE id IN (SELECT stream FROM tallies WHERE count > 0)"
        return {name for (name,) in self._connection.execute(sql)}

    def one(self, namespace: str, number: int) -> DeliveryView:
        """One delivery of `namespace`."""
        row = self._connection.execute(f"{_VIEW} WHERE id = ?", [min(number, NEWEST)]).fetchone()
        view = None if row is None else self._view(row)
        if view is None or view.namespace != namespace:
            raise UnknownDelivery(number)
        return view

    def message(self, namespace: str, number: int) -> MessageView:
        """What a delivery of `namespace` sends."""
        return self.in_full(namespace, number)[1]

    def attempts(self, namespace: str, number: int) -> list[AttemptView]:
        """The attempts of a delivery of `namespace`."""
        return self.in_full(namespace, number)[2]

    def in_full(self, namespace: str, number: int) -> tuple[DeliveryView, MessageView, list[AttemptView]]:
        """A delivery of `namespace`, what it sends, its attempts."""
        # One statement in place of three: each would lock the file for itself. Nothing in it is data.
        sql = (
            f"SELECT {_DELIVERY}, {_MESSAGE}, {_ATTEMPT} FROM deliveries d JOIN messages m ON m.id = d.id"  # noqa: S608
            " LEFT JOIN attempts a ON a.delivery = d.id WHERE d.id = ? ORDER BY a.number"
        )
        rows = self._connection.execute(sql, [min(number, NEWEST)]).fetchall()
        view = self._view(rows[0][:8]) if rows else None
        if view is None or view.namespace != namespace:
            raise UnknownDelivery(number)
        return view, message_of(rows[0][8:13]), [attempt_of(row[13:]) for row in rows if row[13] is not None]

    def explained(self, wanted: Wanted) -> list[str]:
        """How SQLite finds a page: the steps of its plans."""
        runs = product(self._streams_of(wanted), _codes_of(wanted))
        return [
            step
            for where, values in self._queries(wanted, NEWEST, None, runs)
            for sql in (_newest(f"{_NUMBER} WHERE {where}"), _newest(f"{_VIEW} WHERE {where}"))
            for *_, step in self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", [*values, 51])
        ]

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def _filled(self, wanted: Wanted) -> Iterator[tuple[int, int]]:
        """The streams and states of `wanted` that there are deliveries of."""
        codes = _codes_of(wanted)
        for stream in self._streams_of(wanted):
            for (code,) in self._connection.execute(
                "SELECT state FROM tallies WHERE stream = ? AND count > 0", [stream]
            ):
                if code in codes:
                    yield stream, code

    def _queries(
        self, wanted: Wanted, before: int, among: Collection[int] | None, runs: Iterable[tuple[int, int]]
    ) -> Iterator[Query]:
        if wanted.endpoint is not None and wanted.endpoint > NEWEST:
            return
        since = _moment(wanted.since, 0)
        if among is not None or wanted.call_id is not None:
            yield _few(wanted, self._streams_of(wanted), _codes_of(wanted), since, before, among)
            return
        for run in runs:
            # The plus lets SQLite keep the plan: one index holds a single state, so that it would plan anew for each
            # value it is asked for, which takes five times as long as to find the answer.
            where, values = "stream = ? AND state = +?", list(run)
            if wanted.endpoint is not None:
                where, values = f"endpoint = ? AND {where}", [wanted.endpoint, *values]
            yield f"{where} AND id >= ? AND id < ?", [*values, since, before]

    def _tallied(self, wanted: Wanted) -> int:
        sql = (
            "SELECT ifnull(sum(count), 0) FROM tallies WHERE stream IN (SELECT value FROM json_each(?))"
            " AND state IN (SELECT value FROM json_each(?))"
        )
        values = [json.dumps(self._streams_of(wanted)), json.dumps(_codes_of(wanted))]
        return int(self._connection.execute(sql, values).fetchone()[0])

    def _streams_of(self, wanted: Wanted) -> list[int]:
        return [
            number
            for (namespace, webhook), number in self._streams.items()
            if namespace == wanted.namespace and wanted.webhook in (None, webhook)
        ]

    def _views(self, sql: str, values: list[Any]) -> list[DeliveryView]:
        return [self._view(row) for row in self._connection.execute(sql, values).fetchall()]

    def _view(self, row: Row) -> DeliveryView:
        number, endpoint, stream, call_id, code, at, cause, attempts = row
        if stream not in self._names:  # Only ever added to, while this was not looking.
            self._names = {number: name for name, number in self._streams.items()}
        namespace, webhook = self._names[stream]
        state = state_of(code, at, cause)
        return _view(number, namespace, endpoint, webhook, call_id, state, attempts, number / MICROSECONDS)


def _codes_of(wanted: Wanted) -> list[int]:
    if wanted.state is None:
        return list(NAMES)
    return [CODES[wanted.state]] if wanted.state in CODES else []


def _moment(at: float | None, otherwise: int) -> int:
    """The number that a delivery of the moment `at` has."""
    if at is None:
        return otherwise
    if math.isnan(at):
        raise BadOption("that is no time", hint="give Unix seconds")
    return int(min(max(at, 0.0), NEWEST / MICROSECONDS - 1) * MICROSECONDS)


def _few(
    wanted: Wanted, streams: list[int], codes: list[int], since: int, before: int, among: Collection[int] | None
) -> Query:
    # A call has few deliveries, and few are named by number: whatever else is asked is looked up in each of them.
    parts: list[tuple[str, list[Any]]] = [
        ("stream IN (SELECT value FROM json_each(?))", [json.dumps(streams)]),
        ("+state IN (SELECT value FROM json_each(?))", [json.dumps(codes)]),
        ("id >= ? AND id < ?", [since, before]),
    ]
    if among is not None:
        parts.append((_AMONG, [json.dumps(list(among))]))
    if wanted.call_id is not None:
        parts.append(("call_id = ?", [wanted.call_id]))
    if wanted.endpoint is not None:
        parts.append(("+endpoint = ?", [wanted.endpoint]))
    # The plus keeps SQLite from taking the index of that column.
    where = " AND ".join(f"+{part}" if part.startswith("stream") else part for part, _ in parts)
    return where, [value for _, values in parts for value in values]


def _newest(sql: str) -> str:
    return f"{sql} ORDER BY id DESC LIMIT ?"
