"""An engine on a real outbox, with an endpoint in memory and a time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import functools
import heapq
import inspect
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mock_alohub.clock import Alarm
from mock_alohub.delivery.destination import DEFAULT_NAMESPACE, Destination, Registration
from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.delivery.outbox import Outbox
from mock_alohub.delivery.sender import Sender
from mock_alohub.delivery.state import State, StateName
from mock_alohub.delivery.transport import run
from mock_alohub.delivery.view import Wanted
from mock_alohub.messages.attempt import Attempt
from mock_alohub.messages.message import Message
from mock_alohub.messages.transmission import ORDINARY, Request, Wire
from mock_alohub.specification.specification import Specification
from tests.fakes import CALL_ENDED, FakeSender, endpoint

EPOCH = 1_700_000_000.0
PATIENCE_S = 60.0
HEADERS = (("Content-Type", "application/json"),)


class ManualTime:
    """A clock that stands still; `advance` moves it and rings what was due on the way."""

    def __init__(self, now: float = EPOCH) -> None:
        self._now = now
        self._order = itertools.count()
        self._rings: list[tuple[float, int, Callable[[], object]]] = []
        self._off: set[int] = set()

    def now(self) -> float:
        return self._now

    def call_at(self, at: float, ring: Callable[[], object]) -> Alarm:
        if at <= self._now:
            return asyncio.get_running_loop().call_soon(ring)
        ticket = next(self._order)
        heapq.heappush(self._rings, (at, ticket, ring))
        return _Ticket(self._off, ticket)

    def advance(self, seconds: float) -> None:
        self._now += seconds
        while self._rings and self._rings[0][0] <= self._now:
            _, ticket, ring = heapq.heappop(self._rings)
            if ticket not in self._off:
                ring()


@dataclass(frozen=True, slots=True)
class _Ticket:
    off: set[int]
    ticket: int

    def cancel(self) -> None:
        self.off.add(self.ticket)


Test = Callable[..., Coroutine[Any, Any, None]]


def in_loop(test: Test) -> Callable[..., None]:
    """Runs an asynchronous test in an event loop of its own, for a limited time."""

    @functools.wraps(test)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        run(asyncio.wait_for(test(*args, **kwargs), PATIENCE_S))

    wrapper.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    return wrapper


def message(call_id: str = "20240113150030000001", webhook: str = CALL_ENDED) -> Message:
    return Message(webhook, call_id, "POST", HEADERS, b'{"call_id":"' + call_id.encode() + b'"}')


def new_delivery(destination: Destination | int, number: int = 1, **changes: Any) -> NewDelivery:
    where = destination if isinstance(destination, int) else destination.id
    return NewDelivery(where, message(f"call-{number}"), **changes)


class Partner(FakeSender):
    """An endpoint in memory whose attempts are numbered as the engine says."""

    async def send(self, request: Request, *, deadline_s: float, wire: Wire = ORDINARY, number: int = 1) -> Attempt:
        attempt = await super().send(request, deadline_s=deadline_s, wire=wire, number=number)
        return replace(attempt, number=number)


@dataclass(slots=True)
class Desk:
    """What a test works at."""

    engine: Engine
    outbox: Outbox
    sender: Any
    time: ManualTime

    async def endpoint(self, name: str = "a", **changes: Any) -> Destination:
        return await self.engine.register(Registration(endpoint(f"http://{name}.test/hook"), **changes))

    async def enqueue(self, destination: Destination, count: int = 1, **changes: Any) -> list[int]:
        return await self.engine.enqueue([new_delivery(destination, number, **changes) for number in range(count)])

    async def settled(self, state: StateName, count: int = 1, namespace: str = DEFAULT_NAMESPACE) -> None:
        """Wait until `count` deliveries stand so."""
        wanted = Wanted(namespace, state=state)
        found = await self.engine.until(wanted, count, PATIENCE_S)
        assert found >= count, f"{found} of {count} {state}"

    def state(self, number: int, namespace: str = DEFAULT_NAMESPACE) -> State:
        return self.engine.delivery(namespace, number).state


@asynccontextmanager
async def desk(folder: Path, sender: Sender | None = None, **options: Any) -> AsyncIterator[Desk]:
    """An engine that has been started; it is stopped at the end."""
    time = options.pop("clock", None) or ManualTime()
    fake = sender or Partner()
    async with Outbox(folder / "deliveries.sqlite3", time) as outbox:
        engine = Engine(outbox, fake, Specification.load(), clock=time, **options)
        await engine.start()
        try:
            yield Desk(engine, outbox, fake, time)
        finally:
            await engine.stop(grace_s=0.0)
