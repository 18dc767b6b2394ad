"""Live events as server-sent events, with a memory for readers that come back."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import orjson

from mock_alohub.delivery.event import AttemptOver, Enqueued, Heard, Missed, StateChanged, Subscription

REMEMBERED: Final = 10_000
"""Events of a namespace; a reader that was away for more is told that it missed some."""
LINGER_S: Final = 60.0
"""How long a namespace's events are still remembered after the last reader has left."""
PULSE_S: Final = 15.0
"""A comment is sent so often when nothing happens, so that neither side takes the other for dead."""
CAPACITY: Final = 10_000

Subscribe = Callable[[str], Subscription]


class EventStream:
    """The events of one namespace, numbered from 1, for any number of readers."""

    def __init__(self, events: Subscription) -> None:
        self.readers = 0
        self._events = events
        self._boot = secrets.token_hex(4)
        self._frames: deque[bytes] = deque(maxlen=REMEMBERED)
        self._last = 0
        self._over = False
        self._news = asyncio.Event()
        self._writing = asyncio.create_task(self._write())

    async def read(self, last_id: str = "") -> AsyncIterator[bytes]:
        """Frames from the one behind `last_id` on (default: from now on), until the stream is closed."""
        boot, _, number = last_id.partition("-")
        known = boot == self._boot and number.isascii() and number.isdecimal() and len(number) < 16
        next_number = int(number) + 1 if known else self._last + 1
        yield b": connected\n\n"
        if last_id and not known:
            yield _frame("", "missed", {"count": None})
        while True:
            first = self._last - len(self._frames) + 1
            if next_number < first:
                yield _frame("", "missed", {"count": first - next_number})
                next_number = first
            if next_number <= self._last:
                count = self._last - next_number + 1
                # Counted before the frames are handed out: more may have happened when the reader comes for the next.
                next_number = self._last + 1
                yield b"".join([self._frames[place] for place in range(-count, 0)])
                continue
            if self._over:
                return
            news = self._news
            try:
                async with asyncio.timeout(PULSE_S):
                    await news.wait()
            except TimeoutError:
                yield b": still here\n\n"

    def close(self) -> None:
        """Let the readers come to the end."""
        self._events.close()

    async def _write(self) -> None:
        async for event in self._events:
            self._last += 1
            name, data = _told(event)
            self._frames.append(_frame(f"{self._boot}-{self._last}", name, data))
            self._wake()
        self._over = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Feeds:
    """The feeds there are: a namespace has one while somebody reads it, and for a while after."""

    def __init__(self, subscribe: Subscribe) -> None:
        self._subscribe = subscribe
        self._feeds: dict[str, EventStream] = {}
        self._closed = False

    async def read(self, namespace: str, last_id: str = "") -> AsyncIterator[bytes]:
        """The events of a namespace as frames of a stream; see `EventStream.read`."""
        if self._closed:
            return
        stream = self._feeds.get(namespace)
        if stream is None:
            stream = self._feeds[namespace] = EventStream(self._subscribe(namespace))
        stream.readers += 1
        try:
            async for frame in stream.read(last_id):
                yield frame
        finally:
            stream.readers -= 1
            if not stream.readers:
                asyncio.get_running_loop().call_later(LINGER_S, self._sweep, namespace, stream)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        for stream in self._feeds.values():
            stream.close()

    def _sweep(self, namespace: str, stream: EventStream) -> None:
        if not stream.readers and self._feeds.get(namespace) is stream:
            del self._feeds[namespace]
            stream.close()


def _told(event: Heard) -> tuple[str, dict[str, Any]]:
    match event:
        case Enqueued():
            return "enqueued", {
                "delivery": event.delivery,
                "endpoint": event.endpoint,
                "webhook": event.webhook,
                "call_id": event.call_id,
            }
        case AttemptOver():
            attempt = event.attempt
            return "attempt", {
                "delivery": event.delivery,
                "endpoint": event.endpoint,
                "number": attempt.number,
                "status": attempt.status,
                "cause": None if event.failure is None else str(event.failure),
                "elapsed_ms": round(attempt.elapsed_s * 1000, 3),
            }
        case StateChanged():
            return "state", {"delivery": event.delivery, "endpoint": event.endpoint, "state": str(event.state.name)}
        case Missed():
            return "missed", {"count": event.count}


def _frame(number: str, name: str, data: dict[str, Any]) -> bytes:
    head = f"id: {number}\n" if number else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
