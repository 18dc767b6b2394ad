"""The pacer: lets calls depart on an absolute schedule, whatever the endpoint does, and counts what comes of them.

An open model: no departure waits for an answer. The pacer wakes at most once a millisecond and releases all that is
due; in between, messages are drawn ahead. A departure that cannot be made in time is counted and named, not made later.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from functools import lru_cache, partial
from heapq import heappop, heappush
from itertools import count as counter
from math import inf
from time import perf_counter
from typing import Final

from mock_alohub.delivery.failure import Failure, OwnFailure
from mock_alohub.delivery.retry import next_step
from mock_alohub.delivery.state import Waiting
from mock_alohub.delivery.transport import Transport
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.in_flight import InFlight
from mock_alohub.load.outcome import outcome_of, words_of
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.recorder import Delivery, Recorder
from mock_alohub.load.schedule import departures
from mock_alohub.load.workload import PreparedMessage, Workload
from mock_alohub.messages.masking import masked, secrets_of

IN_FLIGHT_LIMIT: Final = "in-flight-limit"
OPEN_FILES_LIMIT: Final = "open-files-limit"
BEHIND: Final = "behind"

TICK_S: Final = 0.001
BEHIND_S: Final = 1.0
"""A departure that is so late is not made any more: made in a heap, they would be another load than was asked for."""
_SLICE_S: Final = 0.005
"""After so long without a look at the answers, the rest of what is due waits until they have been read."""
_AHEAD_S: Final = 0.25
"""Messages for so long are drawn ahead, but at most"""
_MOST_AHEAD: Final = 4_096
_HEAD_START_S: Final = 0.05
"""Before the first departure nothing else is done."""
_DRAWING_S: Final = 0.0003
"""Of each millisecond, how long messages are drawn ahead."""
_AGAIN_S: Final = 0.1
"""When room is looked for again for a retry that there was none for."""
_LONGEST_WAIT_S: Final = 0.005
"""How late a retry may be noticed, and the end."""


class Pacer:
    """One step of a run, as far as it is this worker's: departures whose number is `index` modulo `count`.

    `begins_at` is the schedule's second 0 on the clock of `perf_counter`. `in_flight` is the most attempts under way,
    `limit` the reason that is given when a departure would be one more.
    """

    def __init__(
        self,
        plan: LoadPlan,
        workload: Workload,
        transport: Transport,
        *,
        begins_at: float,
        index: int,
        count: int,
        in_flight: int,
        limit: str = IN_FLIGHT_LIMIT,
    ) -> None:
        self._workload, self._begins_at = workload, begins_at
        self._index, self._count = index, count
        self._turns: deque[tuple[float, int, int]] = deque()
        self._in_flight, self._limit = in_flight, limit
        self._recorder = Recorder(begins_at)
        self._flights: InFlight[Delivery] = InFlight(transport, self._landed)
        self._departures: Iterator[tuple[int, float]] = enumerate(departures(plan))
        self._next, self._next_at = 0, inf
        self._ready: deque[list[PreparedMessage]] = deque()
        self._ahead = min(_MOST_AHEAD, 16 + int(plan.rate / count * _AHEAD_S))
        self._later: list[tuple[float, int, Delivery]] = []
        self._pushed = counter()
        self._follow_ups = 0
        self._over_at = begins_at + plan.duration_s + plan.drain_s
        # An endpoint that repeats the key must not get it into a report. To look takes longer than all the rest.
        self._words = lru_cache(1_024)(partial(masked, secrets=secrets_of(workload.endpoint)))
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self.stopped = False

    async def run(self) -> None:
        """Returns when all is over: nothing due, nothing under way, or the pacer was stopped."""
        self._advance()
        while len(self._ready) < self._ahead and perf_counter() < self._begins_at - _HEAD_START_S:
            self._ready.append(self._workload.draw())
            await asyncio.sleep(0)
        try:
            self._tick()
            await self._finished
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def share(self, from_s: float, index: int, count: int) -> None:
        """From a second of the schedule on, other departures are this worker's."""
        self._turns.append((from_s, index, count))

    def stop(self) -> None:
        """No more departures; what is under way is dropped, its end undecided."""
        if not self._finished.done():
            self.stopped = True
            self._finish()

    @property
    def under_way(self) -> int:
        """Deliveries that have not come to their end: in flight, or with a retry due."""
        return self._flights.count + len(self._later)

    def taken(self) -> RunCounts:
        """What was counted since the last time."""
        return self._recorder.taken(self._flights.count)

    def _tick(self) -> None:
        if self._finished.done():
            return
        now = perf_counter()
        slice_ends_at = now + _SLICE_S
        while self._next_at <= now <= slice_ends_at:
            self._depart(now)
            self._advance()
            now = perf_counter()
        later = self._later
        while later and later[0][0] <= now <= slice_ends_at:
            self._follow(heappop(later)[2], now)
            now = perf_counter()
        due_at = min(self._next_at, later[0][0]) if later else self._next_at
        if due_at > now:
            now = self._draw_ahead(now, min(due_at, now + _DRAWING_S))
        if self._is_over(now):
            self._finish()
        elif due_at <= now:
            self._timer = self._loop.call_soon(self._tick)
        else:
            self._timer = self._loop.call_later(self._wait_s(due_at, now), self._tick)

    def _wait_s(self, due_at: float, now: float) -> float:
        if len(self._ready) < self._ahead:
            return TICK_S
        return min(max(TICK_S, due_at - now), _LONGEST_WAIT_S)

    def _draw_ahead(self, now: float, until: float) -> float:
        ready = self._ready
        while len(ready) < self._ahead and now < until:
            ready.append(self._workload.draw())
            now = perf_counter()
        return now

    def _advance(self) -> None:
        """Go on to the next departure of the schedule, whoever's it is: until it is due, shares may change."""
        self._next, at_s = next(self._departures, (0, inf))
        self._next_at = self._begins_at + at_s

    def _depart(self, now: float) -> None:
        """Let a call depart, if it is this worker's."""
        due_at = self._next_at
        while self._turns and due_at - self._begins_at >= self._turns[0][0]:
            _, self._index, self._count = self._turns.popleft()
        if self._next % self._count != self._index:
            return
        if now - due_at > BEHIND_S:
            # Its messages are not even drawn, or being late would make later.
            self._recorder.unsent(due_at, BEHIND, opens=True)
            return
        prepared = self._ready.popleft() if self._ready else self._workload.draw()
        for message in prepared:
            delivery = Delivery(message, due_at + message.after_s, opens=message is prepared[0])
            if message.after_s:
                self._follow_ups += 1
                self._push(delivery, delivery.due_at)
            else:
                self._first(delivery, now)

    def _follow(self, delivery: Delivery, now: float) -> None:
        """What departs, not at the call's departure, but later: a further message about it, or a retry."""
        if not delivery.tries:
            self._follow_ups -= 1
            self._first(delivery, now)
        elif now >= self._over_at:
            self._recorder.run_counts.undecided += 1
        elif self._flights.count >= self._in_flight:
            # It was made to wait by the policy already; it can wait a little more, and stays due.
            self._push(delivery, now + _AGAIN_S)
        else:
            delivery.tries += 1
            delivery.sent_at = now
            self._recorder.retried(delivery)
            self._launch(delivery)

    def _first(self, delivery: Delivery, now: float) -> None:
        behind = now - delivery.due_at > BEHIND_S
        if behind or self._flights.count >= self._in_flight:
            self._recorder.unsent(delivery.due_at, BEHIND if behind else self._limit, opens=delivery.opens)
            return
        delivery.tries = 1
        delivery.sent_at = now
        self._recorder.departed(delivery)
        self._launch(delivery)

    def _launch(self, delivery: Delivery) -> None:
        message, now = delivery.message, delivery.sent_at
        route, payload = message.route, message.payload
        if delivery.tries > route.ahead:
            payload = route.again(message.call, message.moment, delivery.tries - 1)
        ends_at = now + route.policy.deadline_s
        self._flights.launch(delivery, route.endpoint.url, payload, ends_at, now, bodiless=route.bodiless_answer)
        self._recorder.in_flight(self._flights.count, now)

    def _landed(self, delivery: Delivery, status: int, failure: Failure | None, done_at: float) -> None:
        policy, run_counts = delivery.message.route.policy, self._recorder.run_counts
        if isinstance(failure, OwnFailure):
            # Nothing left this machine, and nothing is said about the endpoint.
            self._recorder.taken_back(delivery, failure.lacks)
            if delivery.tries > 1:
                delivery.tries -= 1
                self._push(delivery, done_at + _AGAIN_S)
            return
        outcome, cause = outcome_of(policy, status, failure, done_at - delivery.sent_at)
        self._recorder.ended(delivery, outcome, done_at)
        if cause is None:
            run_counts.delivered += 1
            return
        run_counts.blame(self._words(words_of(policy, status, failure, cause)))
        step = next_step(policy, delivery.tries, cause, done_at)
        if isinstance(step, Waiting):
            self._push(delivery, step.next_at)
        else:
            run_counts.lost += 1

    def _push(self, delivery: Delivery, at: float) -> None:
        heappush(self._later, (at, next(self._pushed), delivery))

    def _is_over(self, now: float) -> bool:
        if self._next_at < inf or self._follow_ups or self._flights.count:
            return False
        return not self._later or now >= self._over_at

    def _finish(self) -> None:
        retries_due = len(self._later) - self._follow_ups
        self._recorder.run_counts.undecided += retries_due + self._flights.count
        self._later.clear()
        self._flights.abandon()
        self._finished.set_result(None)
