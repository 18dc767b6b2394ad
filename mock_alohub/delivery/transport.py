"""The transport: one try under one absolute deadline, over connections that are kept alive."""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio import get_running_loop
from collections.abc import Callable, Coroutine
from functools import lru_cache
from itertools import pairwise
from time import perf_counter, time
from types import TracebackType
from typing import Any, Self, TypeVar

from mock_alohub.delivery.address import AddressFilter, Lookup, addresses_of, allowed, dial, literal
from mock_alohub.delivery.connection import Connection
from mock_alohub.delivery.failure import Failure, handshake_failure
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.tls import client_context
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Attempt, Cause, Headers, Phases
from mock_alohub.messages.endpoint import URL
from mock_alohub.messages.transmission import ORDINARY, HangUp, Request, Wire

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop
except ImportError:  # not on Windows, nor on PyPy
    from asyncio import new_event_loop

BODY_CAP = 64 * 1024
_quick_attempt = drafted(Attempt)
_GOODBYE_S = 1.0
_NO_TIMEOUT_OF_ITS_OWN_S = 86400.0

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` to its end on a new event loop: uvloop where it exists, asyncio's own elsewhere."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


class _Opening:
    """A connection in the making: what it leads to and what it took (seconds), as far as it came."""

    __slots__ = ("address", "connect_s", "dns_s", "stage", "tls_s")

    def __init__(self) -> None:
        self.address = ""
        self.stage = ""
        self.dns_s: float | None = None
        self.connect_s: float | None = None
        self.tls_s: float | None = None


class Transport:
    """Sends requests and tells what came of them; a `Sender`.

    One deadline covers everything: name look-up, connection, TLS, request, headers and the whole answer. Redirects are
    not followed, proxies named in the environment not used, bodies not decompressed. `body_cap` bytes of an answer's
    body are kept and the rest is counted; after 64 MiB reading stops and the attempt waits for its deadline, so that an
    endless answer costs neither memory nor work.

    `verify_tls` False accepts any certificate; a context of one's own takes the place of both. `lookup` finds the
    addresses of a host name, `address_filter` is asked about every one before it is dialled. Per origin `idle_limit`
    connections are kept, each for at most `idle_s` seconds. A kept connection that turns out to be closed before
    anything was answered is replaced by a fresh one within the same attempt, once. Attempts with a fault of the wire
    have a connection of their own.
    """

    def __init__(
        self,
        *,
        verify_tls: bool | ssl.SSLContext = True,
        address_filter: AddressFilter | None = None,
        lookup: Lookup = addresses_of,
        body_cap: int = BODY_CAP,
        idle_limit: int = 1024,
        idle_s: float = 30.0,
    ) -> None:
        self._verify_tls = verify_tls
        self._context = verify_tls if isinstance(verify_tls, ssl.SSLContext) else None
        self._address_filter = address_filter
        self._lookup = lookup
        self._body_cap = body_cap
        self._idle_limit = idle_limit
        self._idle_s = idle_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: set[Connection] = set()
        self._idle: dict[tuple[str, str, int], dict[Connection, None]] = {}

    async def send(self, request: Request, *, deadline_s: float, wire: Wire = ORDINARY, number: int = 1) -> Attempt:
        """One try to send `request`, ended after `deadline_s` seconds at the latest.

        Never raises for anything an endpoint does: a try that fails is an attempt with a cause and a detail. Raises
        `BadOption` for a request that cannot be written as HTTP (a line break in a header).
        """
        started_at = time()
        began = perf_counter()
        ends_at = began + deadline_s
        payload = encode(request) if wire.raw is None else wire.raw
        bodiless = request.method == "HEAD"
        ordinary = wire is ORDINARY or wire == ORDINARY
        opening: _Opening | None = None
        connection = self.take(request.url, began) if ordinary else None
        while True:
            if connection is None:
                opening = _Opening()
                try:
                    connection = await self._open(request.url, opening, ends_at)
                except Failure as error:
                    return _unopened(number, started_at, began, deadline_s, opening, error)
            try:
                if ordinary:
                    failure = await connection.exchange(payload, ends_at, bodiless=bodiless)
                else:
                    failure = await _exchange_with_fault(connection, request, payload, wire, ends_at)
            except BaseException:
                connection.abort()
                raise
            if failure is None and ordinary and connection.reusable:
                self.keep(connection)
            else:
                connection.close()
                if opening is None and was_stale(connection, failure):
                    connection = None
                    continue
            return _attempt(number, started_at, began, deadline_s, connection, failure, opening)

    def take(self, url: URL, now: float) -> Connection | None:
        """A kept connection to where `url` leads, None when there is none; whoever takes it keeps or closes it.

        `now` is on the clock of `perf_counter`. For senders that cannot afford a task per attempt; see `send`.
        """
        if get_running_loop() is not self._loop:
            # Connections live and die with their event loop; this transport has outlived one.
            self._loop = get_running_loop()
            self._idle.clear()
            self._connections = set()
        idle = self._idle.get((url.scheme, url.host, url.port))
        while idle:
            connection, _ = idle.popitem()
            if now - connection.done_at < self._idle_s and not connection.is_closing:
                return connection
            connection.close()
        return None

    def keep(self, connection: Connection) -> None:
        """Keep a connection that is `reusable` for another attempt."""
        if len(connection.pool) < self._idle_limit:
            connection.pool[connection] = None
        else:
            connection.close()

    async def open(self, url: URL, ends_at: float) -> Connection:
        """A fresh connection to where `url` leads. Raises `Failure`, at `ends_at` (`perf_counter`) at the latest."""
        return await self._open(url, _Opening(), ends_at)

    def drop_idle(self) -> None:
        """Close the connections that are kept alive but not in use."""
        for idle in self._idle.values():
            while idle:
                idle.popitem()[0].close()

    async def close(self) -> None:
        """Close every connection; attempts that are under way end as hung up."""
        connections = list(self._connections)
        for connection in connections:
            connection.hang_up("the transport was closed")
        if connections:
            await asyncio.wait([connection.lost for connection in connections], timeout=_GOODBYE_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _open(self, url: URL, opening: _Opening, ends_at: float) -> Connection:
        try:
            async with asyncio.timeout(ends_at - perf_counter()):
                return await self._connect(url, opening)
        except TimeoutError:
            raise Failure(Cause.CONNECT_TIMEOUT, f"{opening.stage} was not done") from None

    async def _connect(self, url: URL, opening: _Opening) -> Connection:
        began = perf_counter()
        address = literal(url.host, url.port)
        if address is not None:
            addresses = [address]
        else:
            opening.stage = f"looking up the host name `{url.host}`"
            addresses = await self._lookup(url.host, url.port)
            opening.dns_s = perf_counter() - began
        opening.address = str(addresses[-1])
        addresses = allowed(addresses, url.host, self._address_filter)

        began = perf_counter()
        opening.stage = f"connecting to {' or '.join(str(address) for address in addresses)}"
        sock, address = await dial(addresses)
        opening.connect_s = perf_counter() - began
        opening.address = str(address)

        pool = self._idle.setdefault(url.origin, {})
        connection = Connection(sock, opening.address, pool, self._body_cap, self._connections)
        loop = get_running_loop()
        if url.scheme == "http":
            await loop.create_connection(lambda: connection, sock=sock)
        else:
            began = perf_counter()
            opening.stage = f"the TLS handshake with {opening.address}"
            await self._shake_hands(connection, sock, url.host.rstrip("."))
            opening.tls_s = perf_counter() - began
        return connection

    async def _shake_hands(self, connection: Connection, sock: socket.socket, host: str) -> None:
        if self._context is None:
            self._context = client_context(verify=bool(self._verify_tls))
        try:
            await get_running_loop().create_connection(
                lambda: connection,
                sock=sock,
                ssl=self._context,
                server_hostname=host,
                ssl_handshake_timeout=_NO_TIMEOUT_OF_ITS_OWN_S,
                ssl_shutdown_timeout=_GOODBYE_S,
            )
        except OSError as error:
            raise handshake_failure(error, host) from None


def _attempt(
    number: int,
    started_at: float,
    began: float,
    deadline_s: float,
    connection: Connection,
    failure: Failure | None,
    opening: _Opening | None,
) -> Attempt:
    elapsed_s = connection.done_at - began
    reused = opening is None
    if opening is None:
        phases = connection.phases(None, None, None)
    else:
        phases = connection.phases(opening.dns_s, opening.connect_s, opening.tls_s)
    if failure is None and elapsed_s <= deadline_s:
        reply = connection.answer.reply()
        return _quick_attempt(number, started_at, elapsed_s, reply, None, "", phases, connection.address, reused)
    if failure is None:
        # It came while this process was busy elsewhere, but whole before the deadline it was not.
        failure = Failure(Cause.DEADLINE, "the answer was not complete")
    detail = _within(failure, deadline_s)
    return Attempt(number, started_at, elapsed_s, None, failure.cause, detail, phases, connection.address, reused)


def _unopened(
    number: int, started_at: float, began: float, deadline_s: float, opening: _Opening, failure: Failure
) -> Attempt:
    phases = Phases(opening.dns_s, opening.connect_s, opening.tls_s)
    detail = _within(failure, deadline_s)
    return Attempt(number, started_at, perf_counter() - began, None, failure.cause, detail, phases, opening.address)


def _within(failure: Failure, deadline_s: float) -> str:
    if failure.cause in (Cause.DEADLINE, Cause.CONNECT_TIMEOUT):
        return f"{failure.detail} within {deadline_s:g} s"
    return failure.detail


def _exchange_with_fault(
    connection: Connection, request: Request, payload: bytes, wire: Wire, ends_at: float
) -> asyncio.Future[Failure | None]:
    hang_up = wire.hang_up or (None if wire.cut_at is None else HangUp.AFTER_REQUEST)
    pieces = pieces_of(payload, len(request.body) if wire.raw is None else len(payload), wire)
    return connection.exchange_pieces(pieces, wire.pause_s, hang_up, ends_at, bodiless=request.method == "HEAD")


def encode(request: Request) -> bytes:
    """The bytes of `request`. Raises `BadOption` when a header holds what no HTTP header can carry."""
    return _head(request.method, request.url.target, request.headers) + request.body


@lru_cache(maxsize=1024)
def _head(method: str, target: str, headers: Headers) -> bytes:
    # The messages of one webhook differ in their body and, at most, its length: their heads are few.
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if any("\r" in line or "\n" in line for line in lines):
        raise BadOption("a header or the target of the request holds a line break")
    try:
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
    except UnicodeEncodeError:
        raise BadOption("a header holds characters that no HTTP header can carry (outside latin-1)") from None


def pieces_of(payload: bytes, body_size: int, wire: Wire) -> list[bytes]:
    """What of `payload`, which ends with `body_size` bytes of body, is sent, in pieces; the head is with the first."""
    head_size = len(payload) - body_size
    sent = body_size if wire.cut_at is None else min(wire.cut_at, body_size)
    count = max(1, min(wire.pieces, sent))
    ends = [0, *(head_size + sent * (index + 1) // count for index in range(count))]
    return [payload[start:end] for start, end in pairwise(ends)]


def was_stale(connection: Connection, failure: Failure | None) -> bool:
    """Whether a kept connection turned out to be closed before anything was answered: a fresh one may be tried."""
    return failure is not None and failure.cause is Cause.RESET and not connection.answer.received
