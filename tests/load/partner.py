"""A partner's endpoint in a process of its own, so that it does not disturb the one that measures."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

from mock_alohub.load.limits import raised_file_limit

CHOKE = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Manner:
    """How an endpoint behaves. Times in seconds."""

    answers_after_s: float = 0.0
    refuses_one_in: int = 0
    """Every so manieth *call* (not request) is answered with 503 when it comes for the first time."""
    always: str = "200 OK"
    freezes_s: float = 0.0
    freezes_every_s: float = 0.0
    closes: bool = False
    """After every answer."""
    endless: bool = False
    """The answer never ends."""
    echoes: bool = False
    """What came back is not HTTP but the request itself."""


@dataclass(slots=True)
class Heard:
    """What the endpoint has seen: when requests came, and what they said."""

    came_at: list[float] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)


class Partner:
    """A running endpoint; `heard` is known once it has been left."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.process = process
        self.heard = Heard()


@contextmanager
def partner(**manner: Any) -> Iterator[Partner]:
    """An endpoint that listens on loopback, and hears until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.partner", json.dumps(asdict(Manner(**manner)))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        running = Partner(f"http://127.0.0.1:{process.stdout.readline().strip()}/hook", process)
        yield running
        said, _ = process.communicate(timeout=120)
        running.heard = Heard(**json.loads(said))
    finally:
        process.kill()
        process.communicate()


class _Serving(asyncio.Protocol):
    def __init__(self, manner: Manner, heard: Heard, seen: dict[str, bool]) -> None:
        self._manner, self._heard, self._seen = manner, heard, seen
        self._held = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not asyncio's by class.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, rest = self._held.partition(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        if not found or len(rest) < size:
            return
        self._held = rest[size:]
        payload = json.loads(rest[:size])
        self._heard.came_at.append(time.time())
        self._heard.call_ids.append(payload["call_id"])
        self._heard.bodies.append(rest[:size].decode())
        status = self._status(payload["call_id"])
        if self._manner.echoes:
            self._transport.write(head)
        elif self._manner.endless:
            self._transport.write(CHOKE.encode() + bytes(65536))
        else:
            asyncio.get_running_loop().call_later(self._manner.answers_after_s, self._answer, status)

    def _status(self, call_id: str) -> str:
        one_in = self._manner.refuses_one_in
        if call_id in self._seen or not one_in:
            return self._manner.always
        self._seen[call_id] = True
        return self._manner.always if len(self._seen) % one_in else "503 Service Unavailable"

    def _answer(self, status: str) -> None:
        end = "Connection: close\r\n" if self._manner.closes else ""
        self._transport.write(f"HTTP/1.1 {status}\r\n{end}Content-Length: 2\r\n\r\nok".encode())
        if self._manner.closes:
            self._transport.close()


async def _freeze(every_s: float, for_s: float) -> None:
    while True:
        await asyncio.sleep(every_s - for_s)
        time.sleep(for_s)  # noqa: ASYNC251 -- the whole process stands still, as one with a single thread does


async def _serve(manner: Manner) -> None:
    loop = asyncio.get_running_loop()
    heard, seen = Heard(), dict[str, bool]()
    server = await loop.create_server(lambda: _Serving(manner, heard, seen), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    freezing = loop.create_task(_freeze(manner.freezes_every_s, manner.freezes_s)) if manner.freezes_s else None
    await loop.run_in_executor(None, sys.stdin.read)
    if freezing is not None:
        freezing.cancel()
    print(json.dumps(asdict(heard)), flush=True)
    server.close()


if __name__ == "__main__":
    raised_file_limit()
    uvloop.run(_serve(Manner(**json.loads(sys.argv[1]))))
