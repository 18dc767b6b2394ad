"""An endpoint that counts what it receives, in a thread of the tests' own process."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.listening import listening

_ANSWER = "HTTP/1.1 {} Said\r\ncontent-length: 0\r\n\r\n"
_SETTLES_S = 0.05

Fields = dict[str, str]
"""Of a head, by name in small letters."""


class Received:
    """The bodies that came, and how often each; the keys they carried. `status` says how each request is answered."""

    def __init__(self, status: Callable[[Fields, bytes], int]) -> None:
        self.status = status
        self.port = 0
        self.bodies: Counter[bytes] = Counter()
        self.keys: set[str] = set()
        self.requests: list[tuple[Fields, bytes]] = []
        self.peers: Counter[tuple[str, int]] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def count(self) -> int:
        return self.bodies.total()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line]
                fields = {name.lower(): value for name, value in lines}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                self.bodies[body] += 1
                self.keys.add(fields.get("authorization", ""))
                self.peers[peer] += 1
                self.requests.append((fields, body))
                writer.write(_ANSWER.format(self.status(fields, body)).encode())
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


@contextmanager
def receiving(
    host: str = "127.0.0.1", status: Callable[[Fields, bytes], int] = lambda fields, body: 200
) -> Iterator[Received]:
    """An endpoint for as long as the context is open."""
    received = Received(status)
    up = threading.Event()
    over: list[Callable[[], object]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        over.append(lambda: loop.call_soon_threadsafe(ended.set))
        async with listening(received.answer, host) as received.port:
            up.set()
            await ended.wait()
        await asyncio.sleep(_SETTLES_S)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert up.wait(60)
    try:
        yield received
    finally:
        over[0]()
        thread.join(10)
