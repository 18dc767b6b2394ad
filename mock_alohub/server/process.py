"""The server as a process: a socket, uvicorn on it, signals, and the context behind."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.delivery.state import StateName
from mock_alohub.errors import BadOption, ExitCode, Mistake
from mock_alohub.server import temporary_folder
from mock_alohub.server.access import Access
from mock_alohub.server.app import App
from mock_alohub.server.buffered_connection import Gathered
from mock_alohub.server.context import Context
from mock_alohub.server.control.inboxes import HANG_UP
from mock_alohub.server.handler_table import HANDLERS
from mock_alohub.server.lifespan import GRACE_S, Plan, opened

HEADERS_LIMIT: Final = 64 * 1024
"""Bytes of all headers of a request together."""
_KEEP_ALIVE_S: Final = 65
_GOODBYE_S: Final = 1
"""How long answers under way have to end once no attempt is."""
_BACKLOG: Final = 2048
_COLLECTED_AFTER: Final = 50_000
"""Objects more than before, then the collector looks for cycles: what requests leave behind has hardly any."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Background traffic: how many calls a minute, drawn from what seed, busier by day or not."""

    calls_per_minute: float
    seed: int
    day_profile: bool = False


class PortInUse(Mistake):
    """Another program listens there already."""


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port` (0: a free one). Raises a `Mistake`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise BadOption(f"`{host}` is no address of this machine", hint="for example 127.0.0.1, or 0.0.0.0") from None
    family, *_, address = found[0]
    try:
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno in _IN_USE:
            raise PortInUse(
                f"port {port} of {host} is in use by another program", hint="choose one with --port, 0 takes a free one"
            ) from None
        raise BadOption(f"cannot listen at {host}, port {port}: {(error.strerror or str(error)).lower()}") from None


_IN_USE: Final = frozenset({98, 48})
"""EADDRINUSE on Linux and macOS; in the module `errno` it is one of them."""


def is_loopback(sock: socket.socket) -> bool:
    """Whether nobody but this machine can reach `sock`."""
    return ip_address(sock.getsockname()[0]).is_loopback


def url_of(sock: socket.socket) -> str:
    """Where a program on this machine reaches `sock`."""
    host, port = sock.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def drawn_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


async def serve(
    sock: socket.socket,
    plan: Plan,
    *,
    allowed_hosts: Collection[str] = (),
    traffic: Traffic | None = None,
    ready: Callable[[Context], object],
) -> ExitCode:
    """Serve on `sock` until a signal comes; `ready` is called once requests are answered.

    The first signal lets attempts under way end and parks the rest; a second one ends the process at once.
    """
    async with opened(replace(plan, url=url_of(sock))) as context:
        app = App(context, Access({socket.gethostname(), *allowed_hosts}, plan.token), HANDLERS)
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GOODBYE_S,
        )
        front = Front(config, context, ready)
        background = None
        if traffic is not None:
            # Imported here: drawing calls takes tables and names that the start need not wait for.
            from mock_alohub.server.traffic import flow

            background = asyncio.create_task(
                flow(
                    context.switchboard,
                    traffic.calls_per_minute,
                    traffic.seed,
                    day_profile=traffic.day_profile,
                    waiting=lambda: context.engine.store.counts(DEFAULT_NAMESPACE)[StateName.WAITING],
                    tell=context.tally.count_traffic,
                )
            )
        # What is here now stays: the collector need not look at it again and again.
        gc.freeze()
        gc.set_threshold(_COLLECTED_AFTER, 20, 100)
        try:
            await front.serve([sock])
        finally:
            if background is not None:
                background.cancel()
                with suppress(asyncio.CancelledError):
                    await background
        return ExitCode.INTERRUPTED if front.told == signal.SIGINT else ExitCode.KEPT


class Front(uvicorn.Server):
    """uvicorn's server, which stops deliveries before it closes connections, and then returns."""

    def __init__(self, config: uvicorn.Config, context: Context, ready: Callable[[Context], object]) -> None:
        super().__init__(config)
        self.told: int | None = None
        self._context = context
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self._ready(self._context)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams; what is sent to an inbox of ours is still answered, then no more."""
        self._context.feeds.close()
        await self._context.runs.stop()
        await self._context.engine.stop(GRACE_S)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals end the server; unlike uvicorn's own, they are not raised again afterwards."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._told_to_stop, number)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _told_to_stop(self, number: int) -> None:
        if self.told is not None:
            if self._context.folder is not None:
                temporary_folder.remove(self._context.folder)
            # Everything that was promised is on disk: nothing is lost by leaving without a word.
            os._exit(ExitCode.INTERRUPTED)
        self.told = number
        self.should_exit = True


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with a limit to headers, answers in one piece and a way to hang up."""

    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn says it
        """A client comes."""
        super().connection_made(Gathered(transport, self.loop))

    def on_message_begin(self) -> None:
        """A new request begins."""
        super().on_message_begin()
        self._received = 0
        self.scope["extensions"] = {HANG_UP: self.transport.close}  # type: ignore[dict-item]  # an extension of ours

    def on_header(self, name: bytes, value: bytes) -> None:
        """One more header."""
        self._received += len(name) + len(value)
        if self._received > HEADERS_LIMIT:
            raise ValueError("too many headers")
        super().on_header(name, value)
