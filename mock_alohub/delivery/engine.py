"""The engine: delivers what it is given, and does with deliveries and endpoints what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar

from mock_alohub.clock import Timekeeper, WallTime
from mock_alohub.delivery.destination import Destination, Registration
from mock_alohub.delivery.dispatcher import Dispatcher, Limits
from mock_alohub.delivery.event import Subscription
from mock_alohub.delivery.logline import log, written
from mock_alohub.delivery.new_delivery import AttemptResult, NewDelivery
from mock_alohub.delivery.retention import Retention
from mock_alohub.delivery.retry import sped_up
from mock_alohub.delivery.sender import Sender
from mock_alohub.delivery.state import Attempting, BadMove, State, StateName, canceled, resent
from mock_alohub.delivery.store import Store, StoreTrouble
from mock_alohub.delivery.view import AttemptView, DeliveryView, MessageView, Page, UnknownEndpoint, Wanted
from mock_alohub.errors import BadOption
from mock_alohub.messages.policy import Policy
from mock_alohub.specification.imported.security import demand_one_form
from mock_alohub.specification.specification import Specification

_RETIRED_AT_ONCE: Final = 500
_LOOK_AGAIN_S: Final = 0.25

Result = TypeVar("Result")


class Engine:
    """Delivers what is in `store` by `sender`, by the policies of `specification`, until it is stopped.

    `time_scale` divides the waits before retries. Everything that changes an endpoint or a delivery goes through the
    engine; what only reads can ask the store, which does not know of attempts that are under way.
    """

    def __init__(
        self,
        store: Store,
        sender: Sender,
        specification: Specification,
        *,
        clock: Timekeeper | None = None,
        time_scale: float = 1.0,
        limits: Limits | None = None,
        retention: Retention | None = None,
    ) -> None:
        sped_up(Policy(1.0, frozenset()), time_scale)
        self.store = store
        self._specification = specification
        self._clock = clock or WallTime()
        self._retention = retention or Retention()
        self._dispatcher = Dispatcher(store, sender, specification, self._clock, time_scale, limits or Limits())
        self._tell_of_canceled: Callable[[str, int], object] = lambda webhook, count: None
        self._commands: set[asyncio.Future[Any]] = set()
        self._retiring: asyncio.Task[None] | None = None

    @property
    def parked(self) -> StoreTrouble | None:
        """Why nothing is attempted at the moment: the store cannot be written to. None when all is well."""
        return self._dispatcher.trouble

    @property
    def under_way(self) -> int:
        """How many attempts are under way."""
        return sum(len(queue.under_way) for queue in self._dispatcher.queues())

    @property
    def ended(self) -> int:
        """How many deliveries came to their end by an attempt since the start."""
        return self._dispatcher.ended

    async def start(self) -> None:
        """Go on where the last process stopped.

        What waits of a webhook that the specification does not describe goes on waiting for a start with one that does.
        """
        for webhook, count in self.store.set_aside(self._specification.webhooks).items():
            log.warning(
                'event=set-aside webhook=%s deliveries=%d reason="the specification does not describe it"',
                written(webhook),
                count,
            )
        self._dispatcher.start()
        self._retiring = asyncio.create_task(self._retire())

    async def stop(self, grace_s: float = 10.0) -> None:
        """Begin no attempt, give those under way `grace_s` seconds to end, and record them.

        What is still under way then is dropped; its delivery waits, and is attempted after the next start.
        """
        if self._retiring is not None:
            self._retiring.cancel()
        await self._dispatcher.stop(grace_s)
        await asyncio.gather(*self._commands, return_exceptions=True)
        self._dispatcher.announcer.close()

    def on_outcome(self, tell: Callable[[AttemptResult], object]) -> None:
        """Let `tell` know of every attempt once it is on disk, in every namespace. It is called at once: be quick."""
        self._dispatcher.on_outcome = tell

    def on_canceled(self, tell: Callable[[str, int], object]) -> None:
        """Let `tell` know how many deliveries of a webhook were called off while they waited, in every namespace."""
        self._tell_of_canceled = tell

    def subscribe(self, namespace: str | None = None, *, capacity: int = 1000) -> Subscription:
        """The events of `namespace` (None: of all) from now on. A slow reader misses some, and is told how many."""
        return self._dispatcher.announcer.subscribe(namespace, capacity=capacity)

    async def enqueue(self, new_deliveries: Sequence[NewDelivery]) -> list[int]:
        """Promise to deliver `new_deliveries`, all or none; the numbers of the deliveries, once they are safe on disk.

        Raises `UnknownEndpoint`, `UnknownName` (webhook) and `StoreTrouble`.
        """
        for new_delivery in new_deliveries:
            self._specification.webhook(new_delivery.message.webhook)
        return [due.id for due in await self.store.enqueue(new_deliveries)]

    async def register(self, registration: Registration) -> Destination:
        """Have a new endpoint. Raises `UnknownName` (webhook), `BadOption` for a key that its webhooks cannot carry."""
        self._check(registration)
        return await self._whole(self.store.register(registration))

    async def change(self, destination: Destination) -> None:
        """Have an endpoint otherwise from the next attempt on; its namespace stays. Raises `UnknownEndpoint`."""
        before = self.store.destination(destination.id).registration
        self._check(destination.registration, before.webhooks)

        async def changed() -> None:
            await self.store.change(destination)
            queue = self._dispatcher.queue(destination.id)
            queue.redirect(self.store.destination(destination.id))
            self._dispatcher.look_soon(queue)

        await self._whole(changed())

    async def remove(self, namespace: str, endpoint: int) -> int:
        """Remove an endpoint and cancel what waits for it; how many deliveries. Raises `UnknownEndpoint`.

        Attempts under way come to nothing.
        """
        if self.store.destination(endpoint).registration.namespace != namespace:
            raise UnknownEndpoint(endpoint)
        self._dispatcher.forget(endpoint)
        canceled_ones = await self._whole(self.store.remove(endpoint, self._clock.now()))
        for webhook, count in canceled_ones.items():
            self._tell_of_canceled(webhook, count)
        return sum(canceled_ones.values())

    async def cancel(self, namespace: str, number: int) -> State:
        """Call a delivery off; its state. One that is being attempted is canceled after it, unless it was acknowledged.

        Raises `UnknownDelivery`, and `BadMove` when it has ended.
        """
        view = self.delivery(namespace, number)
        end = canceled(view.state, self._clock.now())
        queue = self._dispatcher.queue(view.endpoint)
        if isinstance(view.state, Attempting):
            queue.canceling.add(number)
            return view.state
        withheld = self._dispatcher.withhold(queue, number)

        async def done() -> State:
            try:
                if await self.store.cancel(number, end):
                    self._dispatcher.changed(queue, number, end)
                    self._tell_of_canceled(view.webhook, 1)
            finally:
                if withheld:
                    self._dispatcher.release(queue, number)
            return self.delivery(namespace, number).state

        return await self._whole(done())

    async def resend(self, namespace: str, number: int) -> State:
        """Attempt a delivery now, with all its retries, even one that was delivered; its state.

        Raises `UnknownDelivery`, `BadMove` while it is being attempted or when its webhook is not described now,
        `UnknownEndpoint` when that was removed.
        """
        view = self.delivery(namespace, number)
        if view.webhook not in self._specification.webhooks:
            raise BadMove(
                f"the specification of this server does not describe the webhook `{view.webhook}`",
                hint="start the server with the specification that the delivery was made by",
            )
        now = self._clock.now()
        state = resent(view.state, now)
        queue = self._dispatcher.queue(view.endpoint)

        async def done() -> State:
            if await self.store.resend(number, now):
                self._dispatcher.changed(queue, number, state)
                self._dispatcher.look_soon(queue)
            return state

        return await self._whole(done())

    async def advance(self, namespace: str, seconds: float) -> int:
        """Bring all that waits in `namespace` nearer by `seconds`; how many deliveries. What is due then, happens."""
        if not 0 <= seconds < float("inf"):
            raise BadOption(f"time advances by 0 seconds or more, not by {seconds:g}")

        async def done() -> int:
            moved = await self.store.advance(namespace, seconds)
            for queue in self._dispatcher.queues(namespace):
                self._dispatcher.look_soon(queue)
            return moved

        return await self._whole(done())

    async def reset(self, namespace: str) -> None:
        """Forget all deliveries and endpoints of `namespace`; attempts under way come to nothing."""
        for queue in self._dispatcher.queues(namespace):
            self._dispatcher.forget(queue.destination.id)
        await self._whole(self.store.reset(namespace))

    async def until(self, wanted: Wanted, count: int, timeout_s: float) -> int:
        """Wait for `count` such deliveries, at most `timeout_s` seconds; how many there are then, counted up to that.

        After `stop` it waits no longer.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + timeout_s
        with self.subscribe(wanted.namespace, capacity=1) as events:
            while (found := self.count(wanted, count)) < count and not events.closed:
                left_s = ends_at - loop.time()
                if left_s <= 0:
                    break
                # Not every change is told of one by one (an endpoint that is removed): look now and then as well.
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left_s, _LOOK_AGAIN_S)):
                        await anext(events, None)
            return found

    def delivery(self, namespace: str, number: int) -> DeliveryView:
        """One delivery as it stands this moment. Raises `UnknownDelivery`."""
        return self._present(self.store.delivery(namespace, number))

    def in_full(self, namespace: str, number: int) -> tuple[DeliveryView, MessageView, list[AttemptView]]:
        """A delivery as it stands this moment, what it sends, its attempts. Raises `UnknownDelivery`."""
        view, message, attempts = self.store.in_full(namespace, number)
        return self._present(view), message, attempts

    def deliveries(self, wanted: Wanted, *, limit: int = 50, cursor: str = "") -> Page[DeliveryView]:
        """A page of deliveries as they stand this moment, the newest first. Raises `BadOption` for a bad cursor."""
        if wanted.state is StateName.ATTEMPTING:
            stored, among = replace(wanted, state=StateName.WAITING), self._numbers_under_way(wanted.namespace)
            page = self.store.deliveries(stored, limit=limit, cursor=cursor, among=among)
        else:
            page = self.store.deliveries(wanted, limit=limit, cursor=cursor)
        views = tuple(map(self._present, page.items)) if self.under_way else page.items
        if wanted.state is not None:
            views = tuple(view for view in views if view.state.name is wanted.state)
        return Page(views, page.after)

    def count(self, wanted: Wanted, up_to: int) -> int:
        """How many deliveries stand so this moment, counted up to `up_to`."""
        if wanted.state not in (StateName.WAITING, StateName.ATTEMPTING):
            return self.store.count(wanted, up_to)
        stored, numbers = replace(wanted, state=StateName.WAITING), self._numbers_under_way(wanted.namespace)
        attempting = self.store.count(stored, len(numbers), among=numbers) if numbers else 0
        if wanted.state is StateName.ATTEMPTING:
            return min(attempting, up_to)
        return min(self.store.count(stored, up_to + attempting) - attempting, up_to)

    def counts(self, namespace: str) -> Mapping[StateName, int]:
        """How many deliveries of a namespace are in each state this moment."""
        stored, attempting = self.store.counts(namespace), len(self._numbers_under_way(namespace))
        waiting = max(0, stored[StateName.WAITING] - attempting)
        return {**stored, StateName.WAITING: waiting, StateName.ATTEMPTING: attempting}

    def _numbers_under_way(self, namespace: str) -> list[int]:
        return [number for queue in self._dispatcher.queues(namespace) for number in queue.under_way]

    def _present(self, view: DeliveryView) -> DeliveryView:
        since = self._dispatcher.begun(view.endpoint, view.id)
        return view if since is None else replace(view, state=Attempting(since))

    async def _retire(self) -> None:
        """Forget ended deliveries beyond the retention limit, a few at a time."""
        limits = self._retention
        gone = 0
        while True:
            if gone < _RETIRED_AT_ONCE:
                await asyncio.sleep(limits.every_s)
            try:
                before = self._clock.now() - limits.days * 86_400
                gone = await self.store.retire(before, limits.keep, _RETIRED_AT_ONCE)
            except StoreTrouble:
                gone = 0
                log.warning("event=retention-postponed")

    async def _whole(self, command: Coroutine[Any, Any, Result]) -> Result:
        """Carry out `command` to its end, even if whoever gave it is gone."""
        task = asyncio.ensure_future(command)
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)
        return await asyncio.shield(task)

    def _check(self, registration: Registration, before: Collection[str] = ()) -> None:
        """Raise `UnknownName` for a webhook that is not among those `before`, `BadOption` for a key that is none."""
        known = self._specification
        for webhook in registration.webhooks:
            if webhook not in before:
                known.webhook(webhook)
        if registration.endpoint.key is not None:
            wanted = [one for name, one in known.webhooks.items() if name in (registration.webhooks or known.webhooks)]
            demand_one_form(wanted, registration.endpoint.key.reveal())
