"""What the engine needs of a store of deliveries.

`outbox.Outbox` is the one there is; the suite in `tests/delivery/conformance.py` is what another would have to pass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from mock_alohub.delivery.destination import Destination, DestinationView, Registration
from mock_alohub.delivery.new_delivery import AttemptResult, NewDelivery, ScheduledDelivery
from mock_alohub.delivery.state import Canceled, StateName
from mock_alohub.delivery.view import AttemptView, DeliveryView, MessageView, Page, Wanted
from mock_alohub.errors import Mistake


class StoreTrouble(Mistake):
    """The store cannot be written to: a full disk, a lock of another program. It may be over in a moment."""


class Store(Protocol):
    """Deliveries, their attempts and their endpoints, safe on disk.

    Whatever is awaited writes: it ends when the change would survive a loss of power, and raises `StoreTrouble` when it
    was not made. What is read is what was written so, at once and by index. Times are Unix seconds.
    """

    def on_enqueued(self, tell: Callable[[list[ScheduledDelivery]], object]) -> None:
        """Let `tell` know of everything that was enqueued, once it is safe, whoever was or was not waiting for that."""
        ...

    def on_trouble(self, tell: Callable[[StoreTrouble | None], object]) -> None:
        """Let `tell` know when writing begins to fail, and (None) when it goes on."""
        ...

    def enqueue(self, new_deliveries: Sequence[NewDelivery]) -> asyncio.Future[list[ScheduledDelivery]]:
        """Keep `new_deliveries`, all or none. Their endpoints must exist: raises `UnknownEndpoint`."""
        ...

    def record(self, outcome: AttemptResult) -> asyncio.Future[None]:
        """Keep an attempt and the state after it. Never fails: it is tried again until it is written."""
        ...

    def due(self, endpoint: int, now: float, limit: int) -> list[ScheduledDelivery]:
        """The first `limit` deliveries of an endpoint whose time has come, the longest waiting first."""
        ...

    def next_at(self, endpoint: int, after: float) -> float | None:
        """When the next delivery of an endpoint becomes due after the moment `after`; None when none does."""
        ...

    def destinations(self) -> list[Destination]:
        """Every endpoint, with its key: for sending."""
        ...

    def destination(self, number: int) -> Destination:
        """One endpoint, with its key. Raises `UnknownEndpoint`."""
        ...

    async def register(self, registration: Registration) -> Destination:
        """Keep a new endpoint."""
        ...

    async def change(self, destination: Destination) -> None:
        """Keep an endpoint as it is now."""
        ...

    async def remove(self, endpoint: int, now: float) -> Mapping[str, int]:
        """Remove an endpoint and cancel what waits for it; how many of which webhook. They can still be read."""
        ...

    async def cancel(self, delivery: int, canceled: Canceled) -> bool:
        """Cancel a delivery if it waits; whether it did."""
        ...

    async def resend(self, delivery: int, now: float) -> bool:
        """Let a delivery wait for an attempt at `now`, with all its retries; whether it exists."""
        ...

    async def advance(self, namespace: str, seconds: float) -> int:
        """Let everything that waits in a namespace be due `seconds` earlier; how many deliveries that were."""
        ...

    async def reset(self, namespace: str) -> None:
        """Forget all deliveries and endpoints of a namespace."""
        ...

    async def retire(self, before: float, keep: int, limit: int) -> int:
        """Forget up to `limit` ended deliveries, the oldest first; how many that were.

        Those that were enqueued before the moment `before`, and those beyond the newest `keep`.
        """
        ...

    def delivery(self, namespace: str, number: int) -> DeliveryView:
        """One delivery. Raises `UnknownDelivery`."""
        ...

    def message(self, namespace: str, number: int) -> MessageView:
        """What a delivery sends. Raises `UnknownDelivery`."""
        ...

    def attempts(self, namespace: str, number: int) -> list[AttemptView]:
        """The attempts of a delivery in their order. Raises `UnknownDelivery`."""
        ...

    def in_full(self, namespace: str, number: int) -> tuple[DeliveryView, MessageView, list[AttemptView]]:
        """All of the three at once. Raises `UnknownDelivery`."""
        ...

    def deliveries(
        self, wanted: Wanted, *, limit: int = 50, cursor: str = "", among: Collection[int] | None = None
    ) -> Page[DeliveryView]:
        """A page of deliveries, the newest first. `among`: only those numbers. Raises `BadOption` for a bad cursor."""
        ...

    def count(self, wanted: Wanted, up_to: int, among: Collection[int] | None = None) -> int:
        """How many deliveries there are, counted up to `up_to`. `among`: only those numbers."""
        ...

    def counts(self, namespace: str) -> Mapping[StateName, int]:
        """How many deliveries of a namespace are in each state."""
        ...

    def endpoints(self, namespace: str) -> list[DestinationView]:
        """The endpoints of a namespace, without their keys."""
        ...

    def namespaces(self) -> list[str]:
        """The namespaces in which there are endpoints or deliveries, in the order of their names."""
        ...

    def set_aside(self, known: Collection[str]) -> Mapping[str, int]:
        """Let nothing be due that is of another webhook than those `known`; how many of which go on waiting."""
        ...

    async def close(self) -> None:
        """Write what is left to write, and let go."""
        ...
