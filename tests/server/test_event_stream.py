"""Live events as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from mock_alohub.delivery.event import Announcer, StateChanged
from mock_alohub.delivery.state import Waiting
from mock_alohub.server import event_stream
from mock_alohub.server.event_stream import Feeds


class Feeding:
    """Feeds, and someone who tells of events."""

    def __init__(self) -> None:
        self._announcer = Announcer()
        self.feeds = Feeds(self._announcer.subscribe)

    async def tell(self, *deliveries: int, namespace: str = "a") -> None:
        for number in deliveries:
            self._announcer.tell(StateChanged(namespace, number, 1, Waiting(0.0)))
            await asyncio.sleep(0)

    async def take(self, stream: AsyncIterator[bytes], wanted: bytes) -> bytes:
        """Everything up to and with the frame that has `wanted` in it."""
        text = b""
        async with asyncio.timeout(10):
            while wanted not in text:
                text += await anext(stream)
        return text


def fed(scenario: Callable[[Feeding], Awaitable[None]]) -> None:
    async def run() -> None:
        await scenario(Feeding())

    asyncio.run(run())


def last_id(text: bytes) -> str:
    return text.rpartition(b"id: ")[2].partition(b"\n")[0].decode()


def test_a_reader_gets_what_happens_from_now_on() -> None:
    async def scenario(one: Feeding) -> None:
        stream = one.feeds.read("a")
        assert await anext(stream) == b": connected\n\n"
        await one.tell(7)
        assert b'event: state\ndata: {"delivery":7,"endpoint":1,"state":"waiting"}\n\n' in await one.take(
            stream, b":7,"
        )

    fed(scenario)


def test_events_of_another_namespace_are_not_told() -> None:
    async def scenario(one: Feeding) -> None:
        stream = one.feeds.read("a")
        await anext(stream)
        await one.tell(1, namespace="b")
        await one.tell(2)
        assert b'"delivery":1' not in await one.take(stream, b'"delivery":2')

    fed(scenario)


def test_a_reader_that_comes_back_gets_what_it_missed() -> None:
    async def scenario(one: Feeding) -> None:
        stream = one.feeds.read("a")
        await anext(stream)
        await one.tell(1)
        seen = last_id(await one.take(stream, b'"delivery":1'))
        await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
        await one.tell(2, 3)
        text = await one.take(one.feeds.read("a", seen), b'"delivery":3')
        assert (b'"delivery":1' in text, b'"delivery":2' in text) == (False, True)

    fed(scenario)


def test_a_reader_that_was_away_too_long_is_told_how_much_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "REMEMBERED", 2)

    async def scenario(one: Feeding) -> None:
        stream = one.feeds.read("a")
        await anext(stream)
        await one.tell(1)
        seen = last_id(await one.take(stream, b'"delivery":1'))
        await one.tell(2, 3, 4, 5)
        await one.take(stream, b'"delivery":5')
        text = await one.take(one.feeds.read("a", seen), b'"delivery":5')
        assert (b'event: missed\ndata: {"count":2}' in text, b'"delivery":3' in text) == (True, False)

    fed(scenario)


def test_a_reader_of_an_earlier_server_is_told_that_it_missed_something() -> None:
    async def scenario(one: Feeding) -> None:
        text = await one.take(one.feeds.read("a", "0badcafe-17"), b"missed")
        assert b'data: {"count":null}' in text

    fed(scenario)


def test_silence_is_broken_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "PULSE_S", 0.01)

    async def scenario(one: Feeding) -> None:
        await one.take(one.feeds.read("a"), b": still here\n\n")

    fed(scenario)


def test_streams_end_when_the_server_does() -> None:
    async def scenario(one: Feeding) -> None:
        stream = one.feeds.read("a")
        await anext(stream)
        one.feeds.close()
        assert [frame async for frame in stream] == []
        assert [frame async for frame in one.feeds.read("a")] == []

    fed(scenario)


def test_a_namespace_that_nobody_reads_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LINGER_S", 0.0)

    async def scenario(one: Feeding) -> None:
        stream = one.feeds.read("a")
        await anext(stream)
        await one.tell(1)
        seen = last_id(await one.take(stream, b'"delivery":1'))
        await stream.aclose()  # type: ignore[attr-defined]  # it is a generator
        await asyncio.sleep(0.01)
        assert b'"count":null' in await one.take(one.feeds.read("a", seen), b"missed")

    fed(scenario)
