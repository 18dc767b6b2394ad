"""The loop of the engine: takes what is due, attempts it, has it recorded, and looks again when the time has come.

Each endpoint has a lane of its own with a limited number of workers, so that one that is slow, dead or flooded takes no
other's time. A lane holds a few hundred deliveries at most; the rest waits in the store. While an attempt is under way
its delivery still waits on disk: a process that is killed then finds it due when it starts again.
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
        self._lanes: dict[int, EndpointQueue] = {}
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
            self._pump(self.lane(destination.id))

    async def stop(self, grace_s: float) -> None:
        """Begin nothing more; give what is under way `grace_s` seconds to end, and record it."""
        self._running = False
        for lane in self._lanes.values():
            lane.drop()
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace_s)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._unsettled and self.trouble is None:
            await asyncio.wait(list(self._unsettled))

    def lane(self, endpoint: int) -> EndpointQueue:
        """The lane of an endpoint. Raises `UnknownEndpoint`."""
        lane = self._lanes.get(endpoint)
        if lane is None:
            lane = self._lanes[endpoint] = EndpointQueue(self._store.destination(endpoint))
        return lane

    def lanes(self, namespace: str | None = None) -> list[EndpointQueue]:
        """The lanes of `namespace`, or all."""
        return [lane for lane in self._lanes.values() if namespace in (None, lane.namespace)]

    def begun(self, endpoint: int, number: int) -> float | None:
        """Since when (Unix seconds) a delivery has been under way; None when it is not."""
        lane = self._lanes.get(endpoint)
        return None if lane is None else lane.under_way.get(number)

    def look_soon(self, lane: EndpointQueue) -> None:
        """Look into the store, as soon as what was just written is settled: something is due out of turn."""
        asyncio.get_running_loop().call_soon(self._look, lane)

    def withhold(self, lane: EndpointQueue, number: int) -> bool:
        """See to it that a delivery is not attempted until it is released; False when it is under way or was."""
        before = len(lane.held)
        withheld = lane.withhold(number)
        self._held += len(lane.held) - before
        return withheld

    def release(self, lane: EndpointQueue, number: int) -> None:
        """Let a delivery that was withheld be taken from the store again, if it still waits there."""
        self._drop(lane, number)
        self.look_soon(lane)

    def forget(self, endpoint: int) -> None:
        """Have nothing more to do with an endpoint; its attempts under way come to nothing."""
        lane = self._lanes.pop(endpoint, None)
        if lane is not None:
            lane.drop()
            self._held -= len(lane.held)
            lane.held.clear()

    def changed(self, lane: EndpointQueue, number: int, state: State) -> None:
        """Tell that a delivery stands elsewhere."""
        if self.announcer.heard:
            self.announcer.tell(StateChanged(lane.namespace, number, lane.destination.id, state))

    async def _work(self, lane: EndpointQueue) -> None:
        while (due := self._next(lane)) is not None:
            await self._attempt(lane, due)
            if self._queue and len(self._workers) >= self._limits.attempts:
                return  # Other lanes wait for a worker: this one stands in line again.

    def _next(self, lane: EndpointQueue) -> ScheduledDelivery | None:
        if not self._goes(lane):
            return None
        if lane.more and not lane.ready:
            self._fetch(lane)
        return lane.ready.popleft() if lane.ready else None

    async def _attempt(self, lane: EndpointQueue, due: ScheduledDelivery) -> None:
        route = lane.route(due.parcel.message.webhook, self._specification, self._time_scale)
        number = due.attempts + 1
        lane.under_way[due.id] = began = self._clock.now()
        if self.announcer.heard:
            self.changed(lane, due.id, Attempting(began))
        try:
            request, wire = lane.request(due, route)
            attempt = await self._sender.send(request, deadline_s=route.policy.deadline_s, wire=wire, number=number)
        except Exception as error:
            # A defect of ours. It counts as a failed try: the delivery ends some day, and the log has the reason.
            log.exception("event=defect delivery=%d", due.id)
            attempt = Attempt(number, began, 0.0, cause=Cause.HUNG_UP, detail=f"not sent: {error!r}")
        finally:
            del lane.under_way[due.id]
        if due.id in lane.held:  # Else it was forgotten in the meantime.
            failure = route.policy.failure(attempt)
            now = self._clock.now()
            state = next_step(route.policy, due.tries + 1, failure, now)
            calls_off = due.id in lane.canceling and failure is not None
            end = canceled(state, now) if calls_off and isinstance(state, Waiting) else state
            self._record(lane, _outcome(due, lane.discreet(attempt), failure, end))

    def _record(self, lane: EndpointQueue, outcome: AttemptResult) -> None:
        recorded = self._store.record(outcome)
        together = self._unsettled.get(recorded)
        if together is None:
            together = self._unsettled[recorded] = []
            recorded.add_done_callback(self._settle)
        together.append((lane, outcome))

    def _settle(self, recorded: asyncio.Future[None]) -> None:
        """What was attempted is safe on disk: tell of it, and see to the next retry."""
        touched = set()
        for lane, outcome in self._unsettled.pop(recorded):
            number, state = outcome.due.id, outcome.state
            if number not in lane.held:
                continue
            self._drop(lane, number)
            lane.canceling.discard(number)
            touched.add(lane)
            if self.on_outcome is not None:
                self.on_outcome(outcome)
            if log.isEnabledFor(logging.INFO):
                log.info(attempt_line(outcome, lane.destination))
            if self.announcer.heard:
                endpoint = lane.destination.id
                self.announcer.tell(AttemptOver(lane.namespace, number, endpoint, outcome.attempt, outcome.failure))
                self.changed(lane, number, state)
            if isinstance(state, Waiting):
                self._ring(lane, state.next_at)
            else:
                self.ended += 1
        for lane in touched:
            self._pump(lane)

    def _arrived(self, dues: Sequence[ScheduledDelivery]) -> None:
        """New deliveries are safe on disk: take them in hand where there is room, look for them later where not."""
        now = self._clock.now()
        touched = set()
        for due in dues:
            try:
                lane = self.lane(due.parcel.endpoint)
            except UnknownEndpoint:
                continue  # Removed at the same moment, and the delivery canceled with it.
            if self.announcer.heard:
                self._tell_of_new(lane, due)
            if due.at > now:
                self._ring(lane, due.at)
                continue
            touched.add(lane)
            if lane.more or len(lane.held) >= self._limits.held or self._held >= self._limits.held_in_all:
                lane.more = True
            else:
                self._held += lane.take([due])
        for lane in touched:
            self._pump(lane)

    def _tell_of_new(self, lane: EndpointQueue, due: ScheduledDelivery) -> None:
        message = due.parcel.message
        state = Waiting(due.at)
        self.announcer.tell(
            Enqueued(lane.namespace, due.id, lane.destination.id, message.webhook, message.call_id, state)
        )

    def _goes(self, lane: EndpointQueue) -> bool:
        return self._running and self.trouble is None and lane.is_open

    def _look(self, lane: EndpointQueue) -> None:
        lane.more = True
        self._pump(lane)

    def _ring(self, lane: EndpointQueue, at: float) -> None:
        """Look into the store when the time has come."""
        if lane.gone or (lane.alarm is not None and lane.alarm_at <= at):
            return
        if lane.alarm is not None:
            lane.alarm.cancel()
        lane.alarm_at = at
        lane.alarm = self._clock.call_at(at, partial(self._rung, lane))

    def _rung(self, lane: EndpointQueue) -> None:
        lane.alarm = None
        self._look(lane)

    def _pump(self, lane: EndpointQueue) -> None:
        """Put as many workers on `lane` as it has work and room for."""
        if not self._goes(lane):
            return
        if lane.more and not lane.ready:
            self._fetch(lane)
        wanted = min(len(lane.ready), self._limits.attempts_per_endpoint - lane.workers)
        while wanted > 0 and len(self._workers) < self._limits.attempts:
            wanted -= 1
            lane.workers += 1
            worker = asyncio.create_task(self._work(lane))
            self._workers.add(worker)
            worker.add_done_callback(partial(self._worked, lane))
        if wanted > 0:
            self._line_up(lane)

    def _line_up(self, lane: EndpointQueue) -> None:
        if not lane.queued:
            lane.queued = True
            self._queue.append(lane)

    def _worked(self, lane: EndpointQueue, worker: asyncio.Task[None]) -> None:
        lane.workers -= 1
        self._workers.discard(worker)
        if not worker.cancelled() and (error := worker.exception()) is not None:
            log.error("event=defect", exc_info=error)
        if lane.ready and self._goes(lane):
            self._line_up(lane)
        while self._queue and len(self._workers) < self._limits.attempts:
            first = self._queue.popleft()
            first.queued = False
            self._pump(first)

    def _fetch(self, lane: EndpointQueue) -> None:
        """Take the next page of what is due from the store."""
        held, now, number = len(lane.held), self._clock.now(), lane.destination.id
        room = min(_PAGE, self._limits.held - held, self._limits.held_in_all - self._held)
        page = max(_SMALLEST_PAGE, room)
        # What is held may be among the first that are due: as many more are asked for.
        found = self._store.due(number, now, held + page)
        self._held += lane.take(found)
        lane.more = len(found) == held + page
        if not lane.more:
            next_at = self._store.next_at(number, now)
            if next_at is not None:
                self._ring(lane, next_at)

    def _drop(self, lane: EndpointQueue, number: int) -> None:
        if number in lane.held:
            lane.held.discard(number)
            self._held -= 1

    def _heard_of_trouble(self, trouble: StoreTrouble | None) -> None:
        self.trouble = trouble
        if trouble is not None:
            log.error('event=parked reason="%s"', trouble.message)
            return
        log.warning("event=resumed")
        for lane in self.lanes():
            self.look_soon(lane)
