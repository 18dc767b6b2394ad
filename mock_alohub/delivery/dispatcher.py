"""The loop of the engine: takes what is due, attempts it, has it recorded, and looks again when the time has come.

Each endpoint has a queue of its own with a limited number of workers, so that one that is slow, dead or flooded takes
no other's time. A queue holds a few hundred deliveries at most; the rest waits in the store. While an attempt is under
way its delivery still waits on disk: a process that is killed then finds it due when it starts again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from mock_alohub.clock import Timekeeper
from mock_alohub.delivery.endpoint_queue import EndpointQueue
from mock_alohub.delivery.event import Announcer, AttemptOver, Enqueued, StateChanged
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.logline import attempt_line, log
from mock_alohub.delivery.new_delivery import AttemptResult, ScheduledDelivery
from mock_alohub.delivery.retry import next_step
from mock_alohub.delivery.sender import Sender
from mock_alohub.delivery.state import Attempting, State, Waiting, canceled
from mock_alohub.delivery.store import Store, StoreTrouble
from mock_alohub.delivery.view import UnknownEndpoint
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.specification.specification import Specification

_outcome = drafted(AttemptResult)
_PAGE: Final = 256
_SMALLEST_PAGE: Final = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at once. `held` deliveries per endpoint and `held_in_all` lie in memory; the rest waits in the store."""

    attempts_per_endpoint: int = 50
    attempts: int = 1000
    held: int = 1024
    held_in_all: int = 20_000


class Dispatcher:
    """Attempts what is due in `store`, between `start` and `stop`."""

    def __init__(
        self,
        store: Store,
        sender: Sender,
        specification: Specification,
        clock: Timekeeper,
        time_scale: float,
        limits: Limits,
    ) -> None:
        self.announcer = Announcer()
        self.trouble: StoreTrouble | None = None
        self.ended = 0
        self.on_outcome: Callable[[AttemptResult], object] | None = None
        self._store = store
        self._sender = sender
        self._specification = specification
        self._clock = clock
        self._time_scale = time_scale
        self._limits = limits
        self._queues: dict[int, EndpointQueue] = {}
        self._queue: deque[EndpointQueue] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._unsettled: dict[asyncio.Future[None], list[tuple[EndpointQueue, AttemptResult]]] = {}
        self._held = 0
        self._running = False

    def start(self) -> None:
        """Begin with what is due now."""
        self._store.on_trouble(self._heard_of_trouble)
        self._store.on_enqueued(self._arrived)
        self._running = True
        for destination in self._store.destinations():
            self._pump(self.queue(destination.id))

    async def stop(self, grace_s: float) -> None:
        """Begin nothing more; give what is under way `grace_s` seconds to end, and record it."""
        self._running = False
        for queue in self._queues.values():
            queue.drop()
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace_s)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._unsettled and self.trouble is None:
            await asyncio.wait(list(self._unsettled))

    def queue(self, endpoint: int) -> EndpointQueue:
        """The queue of an endpoint. Raises `UnknownEndpoint`."""
        queue = self._queues.get(endpoint)
        if queue is None:
            queue = self._queues[endpoint] = EndpointQueue(self._store.destination(endpoint))
        return queue

    def queues(self, namespace: str | None = None) -> list[EndpointQueue]:
        """The queues of `namespace`, or all."""
        return [queue for queue in self._queues.values() if namespace in (None, queue.namespace)]

    def begun(self, endpoint: int, number: int) -> float | None:
        """Since when (Unix seconds) a delivery has been under way; None when it is not."""
        queue = self._queues.get(endpoint)
        return None if queue is None else queue.under_way.get(number)

    def look_soon(self, queue: EndpointQueue) -> None:
        """Look into the store, as soon as what was just written is settled: something is due out of turn."""
        asyncio.get_running_loop().call_soon(self._look, queue)

    def withhold(self, queue: EndpointQueue, number: int) -> bool:
        """See to it that a delivery is not attempted until it is released; False when it is under way or was."""
        before = len(queue.held)
        withheld = queue.withhold(number)
        self._held += len(queue.held) - before
        return withheld

    def release(self, queue: EndpointQueue, number: int) -> None:
        """Let a delivery that was withheld be taken from the store again, if it still waits there."""
        self._drop(queue, number)
        self.look_soon(queue)

    def forget(self, endpoint: int) -> None:
        """Have nothing more to do with an endpoint; its attempts under way come to nothing."""
        queue = self._queues.pop(endpoint, None)
        if queue is not None:
            queue.drop()
            self._held -= len(queue.held)
            queue.held.clear()

    def changed(self, queue: EndpointQueue, number: int, state: State) -> None:
        """Tell that a delivery stands elsewhere."""
        if self.announcer.heard:
            self.announcer.tell(StateChanged(queue.namespace, number, queue.destination.id, state))

    async def _work(self, queue: EndpointQueue) -> None:
        while (due := self._next(queue)) is not None:
            await self._attempt(queue, due)
            if self._queue and len(self._workers) >= self._limits.attempts:
                return  # Other queues wait for a worker: this one stands in line again.

    def _next(self, queue: EndpointQueue) -> ScheduledDelivery | None:
        if not self._goes(queue):
            return None
        if queue.more and not queue.ready:
            self._fetch(queue)
        return queue.ready.popleft() if queue.ready else None

    async def _attempt(self, queue: EndpointQueue, due: ScheduledDelivery) -> None:
        route = queue.route(due.new_delivery.message.webhook, self._specification, self._time_scale)
        number = due.attempts + 1
        queue.under_way[due.id] = began = self._clock.now()
        if self.announcer.heard:
            self.changed(queue, due.id, Attempting(began))
        try:
            request, wire = queue.request(due, route)
            attempt = await self._sender.send(request, deadline_s=route.policy.deadline_s, wire=wire, number=number)
        except Exception as error:
            # A defect of ours. It counts as a failed try: the delivery ends some day, and the log has the reason.
            log.exception("event=defect delivery=%d", due.id)
            attempt = Attempt(number, began, 0.0, cause=Cause.HUNG_UP, detail=f"not sent: {error!r}")
        finally:
            del queue.under_way[due.id]
        if due.id in queue.held:  # Else it was forgotten in the meantime.
            failure = route.policy.failure(attempt)
            now = self._clock.now()
            state = next_step(route.policy, due.tries + 1, failure, now)
            calls_off = due.id in queue.canceling and failure is not None
            end = canceled(state, now) if calls_off and isinstance(state, Waiting) else state
            self._record(queue, _outcome(due, queue.discreet(attempt), failure, end))

    def _record(self, queue: EndpointQueue, outcome: AttemptResult) -> None:
        recorded = self._store.record(outcome)
        together = self._unsettled.get(recorded)
        if together is None:
            together = self._unsettled[recorded] = []
            recorded.add_done_callback(self._settle)
        together.append((queue, outcome))

    def _settle(self, recorded: asyncio.Future[None]) -> None:
        """What was attempted is safe on disk: tell of it, and see to the next retry."""
        touched = set()
        for queue, outcome in self._unsettled.pop(recorded):
            number, state = outcome.due.id, outcome.state
            if number not in queue.held:
                continue
            self._drop(queue, number)
            queue.canceling.discard(number)
            touched.add(queue)
            if self.on_outcome is not None:
                self.on_outcome(outcome)
            if log.isEnabledFor(logging.INFO):
                log.info(attempt_line(outcome, queue.destination))
            if self.announcer.heard:
                endpoint = queue.destination.id
                self.announcer.tell(AttemptOver(queue.namespace, number, endpoint, outcome.attempt, outcome.failure))
                self.changed(queue, number, state)
            if isinstance(state, Waiting):
                self._ring(queue, state.next_at)
            else:
                self.ended += 1
        for queue in touched:
            self._pump(queue)

    def _arrived(self, dues: Sequence[ScheduledDelivery]) -> None:
        """New deliveries are safe on disk: take them in hand where there is room, look for them later where not."""
        now = self._clock.now()
        touched = set()
        for due in dues:
            try:
                queue = self.queue(due.new_delivery.endpoint)
            except UnknownEndpoint:
                continue  # Removed at the same moment, and the delivery canceled with it.
            if self.announcer.heard:
                self._tell_of_new(queue, due)
            if due.at > now:
                self._ring(queue, due.at)
                continue
            touched.add(queue)
            if queue.more or len(queue.held) >= self._limits.held or self._held >= self._limits.held_in_all:
                queue.more = True
            else:
                self._held += queue.take([due])
        for queue in touched:
            self._pump(queue)

    def _tell_of_new(self, queue: EndpointQueue, due: ScheduledDelivery) -> None:
        message = due.new_delivery.message
        state = Waiting(due.at)
        self.announcer.tell(
            Enqueued(queue.namespace, due.id, queue.destination.id, message.webhook, message.call_id, state)
        )

    def _goes(self, queue: EndpointQueue) -> bool:
        return self._running and self.trouble is None and queue.is_open

    def _look(self, queue: EndpointQueue) -> None:
        queue.more = True
        self._pump(queue)

    def _ring(self, queue: EndpointQueue, at: float) -> None:
        """Look into the store when the time has come."""
        if queue.gone or (queue.alarm is not None and queue.alarm_at <= at):
            return
        if queue.alarm is not None:
            queue.alarm.cancel()
        queue.alarm_at = at
        queue.alarm = self._clock.call_at(at, partial(self._rung, queue))

    def _rung(self, queue: EndpointQueue) -> None:
        queue.alarm = None
        self._look(queue)

    def _pump(self, queue: EndpointQueue) -> None:
        """Put as many workers on `queue` as it has work and room for."""
        if not self._goes(queue):
            return
        if queue.more and not queue.ready:
            self._fetch(queue)
        wanted = min(len(queue.ready), self._limits.attempts_per_endpoint - queue.workers)
        while wanted > 0 and len(self._workers) < self._limits.attempts:
            wanted -= 1
            queue.workers += 1
            worker = asyncio.create_task(self._work(queue))
            self._workers.add(worker)
            worker.add_done_callback(partial(self._worked, queue))
        if wanted > 0:
            self._line_up(queue)

    def _line_up(self, queue: EndpointQueue) -> None:
        if not queue.queued:
            queue.queued = True
            self._queue.append(queue)

    def _worked(self, queue: EndpointQueue, worker: asyncio.Task[None]) -> None:
        queue.workers -= 1
        self._workers.discard(worker)
        if not worker.cancelled() and (error := worker.exception()) is not None:
            log.error("event=defect", exc_info=error)
        if queue.ready and self._goes(queue):
            self._line_up(queue)
        while self._queue and len(self._workers) < self._limits.attempts:
            first = self._queue.popleft()
            first.queued = False
            self._pump(first)

    def _fetch(self, queue: EndpointQueue) -> None:
        """Take the next page of what is due from the store."""
        held, now, number = len(queue.held), self._clock.now(), queue.destination.id
        room = min(_PAGE, self._limits.held - held, self._limits.held_in_all - self._held)
        page = max(_SMALLEST_PAGE, room)
        # What is held may be among the first that are due: as many more are asked for.
        found = self._store.due(number, now, held + page)
        self._held += queue.take(found)
        queue.more = len(found) == held + page
        if not queue.more:
            next_at = self._store.next_at(number, now)
            if next_at is not None:
                self._ring(queue, next_at)

    def _drop(self, queue: EndpointQueue, number: int) -> None:
        if number in queue.held:
            queue.held.discard(number)
            self._held -= 1

    def _heard_of_trouble(self, trouble: StoreTrouble | None) -> None:
        self.trouble = trouble
        if trouble is not None:
            log.error('event=parked reason="%s"', trouble.message)
            return
        log.warning("event=resumed")
        for queue in self.queues():
            self.look_soon(queue)
