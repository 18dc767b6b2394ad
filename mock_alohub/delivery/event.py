"""What the engine tells of as it happens, and those who listen. Telling never waits for a listener."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from mock_alohub.delivery.state import State
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Attempt, Cause


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A delivery is safe on disk."""

    namespace: str
    delivery: int
    endpoint: int
    webhook: str
    call_id: str
    state: State


@dataclass(frozen=True, slots=True)
class AttemptOver:
    """An attempt of a delivery ended and is on disk. `failure` None: it was acknowledged."""

    namespace: str
    delivery: int
    endpoint: int
    attempt: Attempt
    failure: Cause | None


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A delivery stands elsewhere than before."""

    namespace: str
    delivery: int
    endpoint: int
    state: State


@dataclass(frozen=True, slots=True)
class Missed:
    """The listener was too slow: `count` events in this place were dropped. Read the lists again."""

    count: int


Event = Enqueued | AttemptOver | StateChanged
Heard = Event | Missed


class Subscription:
    """The events of one namespace (None: of all) from now on; an asynchronous iterator, to be closed after use.

    At most `capacity` events wait to be read; then the oldest are dropped and a `Missed` says how many.
    """

    def __init__(self, namespace: str | None, capacity: int, leave: Callable[[Subscription], object]) -> None:
        if capacity < 1:
            raise BadOption(f"a subscription holds at least 1 event, not {capacity}")
        self.namespace = namespace
        self._leave = leave
        self._waiting: deque[Event] = deque(maxlen=capacity)
        self._missed = 0
        self._closed = False
        self._news = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing more will be heard."""
        return self._closed

    def tell(self, event: Event) -> None:
        """Let the listener hear of `event` when it next listens."""
        if len(self._waiting) == self._waiting.maxlen:
            self._missed += 1
        self._waiting.append(event)
        self._news.set()

    def close(self) -> None:
        """Hear no more; whoever iterates comes to the end."""
        self._closed = True
        self._news.set()
        self._leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Heard:
        while not self._waiting and not self._closed:
            self._news.clear()
            await self._news.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            return Missed(missed)
        if self._waiting:
            return self._waiting.popleft()
        raise StopAsyncIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Announcer:
    """Tells subscribers what happens."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    @property
    def heard(self) -> bool:
        """Whether anyone listens."""
        return bool(self._subscriptions)

    def subscribe(self, namespace: str | None = None, *, capacity: int = 1000) -> Subscription:
        """Listen from now on."""
        subscription = Subscription(namespace, capacity, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        return subscription

    def tell(self, event: Event) -> None:
        """Tell of `event`."""
        for subscription in self._subscriptions:
            if subscription.namespace in (None, event.namespace):
                subscription.tell(event)

    def close(self) -> None:
        """End every subscription."""
        for subscription in list(self._subscriptions):
            subscription.close()
