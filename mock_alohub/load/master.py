"""The coordinator at work inside a locust process: master, or the single process of a run without workers.

Steps come from `start` (locust was started by hand: from its command line or its web UI) or over the line from the
process that started this one. Threads here are whatever the process makes of them: greenlets, under locust.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from typing import Any, Final, Protocol

from mock_alohub.load.control_pipe import Line
from mock_alohub.load.coordinator import Coordinator
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import (
    Ended,
    Hello,
    Message,
    Refused,
    Standing,
    UnknownMessage,
    UserMistake,
    Who,
    from_wire,
    to_wire,
)
from mock_alohub.load.result import Progress, Result

ORDER: Final = "mock-alohub-order"
NEWS: Final = "mock-alohub-news"
"""The types of the messages between master and workers."""

TICK_S: Final = 0.25
LAST_WORDS_S: Final = 1.5
"""How long a stopped run waits for what the workers counted."""
_TICKS_PER_S: Final = round(1 / TICK_S)


class Messenger(Protocol):
    """What is used of a locust runner."""

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Send data to a worker."""
        ...


class Master:
    """One coordinator and what it needs around it.

    `present` names the workers that are connected, `expected` is how many a run waits for, `say` takes sentences for
    the log.
    """

    def __init__(
        self,
        runner: Messenger,
        present: Callable[[], Collection[str]],
        *,
        key: str | None,
        expected: int,
        say: Callable[[str], None],
        line: Line | None = None,
    ) -> None:
        self._runner, self._present, self._expected, self._say, self._line = runner, present, expected, say, line
        self._coordinator = Coordinator(
            self._order,
            time.monotonic,
            key=key,
            on_ended=self._ended,
            on_mistake=self._mistaken,
            say=say,
        )
        self._known: set[str] = set()
        self._waiting: deque[LoadPlan] = deque(maxlen=1)
        self._over = threading.Event()
        self._over.set()
        self._closed = threading.Event()
        self.plan: LoadPlan | None = None
        self.result: Result | None = None
        self.mistake = ""
        threading.Thread(target=self._look_after, daemon=True, name="coordinator").start()

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing waits to."""
        return self._over.is_set()

    @property
    def finished(self) -> bool:
        """Whether the run that was asked for is over; never, when another process says what is to be run."""
        return self.over and self.result is not None and not self.obeys

    @property
    def obeys(self) -> bool:
        """Whether another process says what is to be run."""
        return self._line is not None

    @property
    def live(self) -> RunCounts:
        """What the step under way has counted so far."""
        return self._coordinator.live

    @property
    def workers(self) -> int:
        """How many take part, or would."""
        return self._coordinator.ready

    def start(self, plan: LoadPlan) -> None:
        """Offer a plan as soon as the expected workers are there."""
        self.plan, self.result, self.mistake = plan, None, ""
        self._over.clear()
        self._waiting.append(plan)
        self._begin_if_ready()

    def stop(self) -> None:
        """End what runs or waits, and return when it is counted, or nobody is to be waited for any more."""
        if self._waiting:
            self._waiting.clear()
            self._ended(Result.nothing())
        self._coordinator.stop()
        if not self._over.wait(LAST_WORDS_S):
            self._coordinator.give_up()

    def close(self) -> None:
        """Look after nobody any more."""
        self._closed.set()

    def hear(self, worker: str, wire: Any) -> None:
        """Take what a worker says, as it came. A worker of a version that says it otherwise is refused."""
        try:
            news = from_wire(wire)
        except UnknownMessage as unknown:
            self._known.add(worker)
            self._say(f"worker {worker} is refused: {unknown.message}")
            self._order(worker, Refused(unknown.message))
            return
        if isinstance(news, Hello):
            self._known.add(worker)
            self._coordinator.hello(worker, news.identity)
            self._begin_if_ready()
        else:
            self._coordinator.heard(worker, news)

    def gone(self, worker_pid: int) -> None:
        """A worker of this machine has ended, as its parent saw."""
        self._coordinator.gone_by_pid(worker_pid)

    def tell(self, message: Message) -> None:
        """Say something to the process that started this one, if it listens."""
        if self._line is not None:
            self._line.tell(message)

    def progress(self) -> Progress:
        """How it stands."""
        return self._coordinator.progress()

    def _begin_if_ready(self) -> None:
        if self._waiting and self._coordinator.ready >= self._expected:
            self._coordinator.begin(self._waiting.popleft())

    def _look_after(self) -> None:
        ticks = 0
        while not self._closed.wait(TICK_S):
            ticks += 1
            present = self._present()
            self._coordinator.tick(present)
            if ticks % _TICKS_PER_S == 0:
                self._ask_strangers(present)
                if self.obeys:
                    self.tell(Standing(self.progress()))

    def _ask_strangers(self, present: Collection[str]) -> None:
        # A worker introduces itself, but perhaps before anybody listened. One that has left may come back another.
        self._known.intersection_update(present)
        for worker in set(present) - self._known:
            self._order(worker, Who())

    def _ended(self, result: Result) -> None:
        self.result = result
        self._over.set()
        self.tell(Ended(result))

    def _order(self, worker: str, order: Message) -> None:
        self._runner.send_message(ORDER, to_wire(order), worker)

    def _mistaken(self, mistake: UserMistake) -> None:
        if not self.mistake:
            self.mistake = mistake.message
            self._say(self.mistake)
            self.tell(mistake)
        self._coordinator.stop()
