"""The master's side of a run: it gives each worker its share, adds up what they count, and moves a lost one's share.

It knows neither locust nor sockets nor threads: who carries its orders calls `hello`, `heard`, `gone` and, a few times
a second, `tick`. What a step comes to is exact: a worker's last word carries all of its counts; of a worker that was
lost all that it said before counts, the rest of what it owed being counted as not sent.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from mock_alohub.load.counts import RunCounts
from mock_alohub.load.identity import Identity, difference
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import Beat, Died, Done, Go, Leaving, Message, Refused, Stop, UserMistake, Welcome
from mock_alohub.load.result import Progress, Result
from mock_alohub.load.step_run import StepRun

BEGINS_IN_S: Final = 0.5
"""From the order to the first departure: long enough for the order to reach every worker before."""
SILENCE_S: Final = 4.0
"""A worker that says nothing for so long is lost; it speaks every second."""
OVERTIME_S: Final = 10.0
"""How long after its last possible word a step is waited for: the last retry may take its whole deadline."""

Send = Callable[[str, Message], None]


@dataclass(frozen=True, slots=True)
class _Worker:
    """One that was accepted: a number that no other has, and what it is called in front of people."""

    number: int
    name: str


class Coordinator:
    """Runs steps, one after the other, over the workers it has accepted.

    `send` takes an order to a worker by name; `clock` gives seconds that only rise; `on_ended` is given what a step
    came to, `on_mistake` what a worker says the user can put right; `say` takes sentences for a log.
    """

    def __init__(
        self,
        send: Send,
        clock: Callable[[], float],
        *,
        key: str | None,
        on_ended: Callable[[Result], None],
        on_mistake: Callable[[UserMistake], None],
        say: Callable[[str], None],
    ) -> None:
        self._send, self._clock, self._key, self._say = send, clock, key, say
        self._on_ended, self._on_mistake = on_ended, on_mistake
        self._workers: dict[str, _Worker] = {}
        self._refused: set[str] = set()
        self._numbers = 0
        self._steps = 0
        self._step: StepRun | None = None
        self._words: list[str] = []

    @property
    def running(self) -> bool:
        """Whether a step is under way."""
        return self._step is not None

    @property
    def live(self) -> RunCounts:
        """What the step under way has counted so far; empty when there is none."""
        return self._step.live if self._step is not None else RunCounts()

    @property
    def ready(self) -> int:
        """How many workers have been accepted and are there."""
        return len(self._workers)

    def hello(self, worker: str, identity: Identity) -> None:
        """A worker has said who it is: it is accepted, or refused with the reason."""
        name = f"{identity.host}/{identity.pid}"
        reason = difference(identity, self._key)
        if reason:
            if worker not in self._refused:
                self._tell(f"worker {name} is refused: {reason}")
            self._refused.add(worker)
            self._send(worker, Refused(reason))
        elif worker not in self._workers:
            self._workers[worker] = _Worker(self._numbers, name)
            self._numbers += 1
            self._send(worker, Welcome(self._workers[worker].number))
            if self._step is not None:
                self._tell(f"worker {name} came while the load ran; it takes part from the next run on")

    def begin(self, plan: LoadPlan) -> None:
        """Start a step with every worker that is there."""
        self._steps += 1
        workers = dict(sorted(self._workers.items(), key=lambda item: item[1].number))
        names = {worker: known.name for worker, known in workers.items()}
        begins_at = self._clock() + BEGINS_IN_S
        self._step = step = StepRun.among(names, number=self._steps, plan=plan, begins_at=begins_at)
        for worker, known in workers.items():
            index, count = step.shares.place(worker)
            self._send(worker, Go(step.number, plan, BEGINS_IN_S, index, count, known.number))

    def heard(self, worker: str, news: Message) -> None:
        """A worker has said something. Who was not accepted has no say."""
        if worker not in self._workers:
            return
        match news:
            case UserMistake():
                self._on_mistake(news)
            case Died():
                self.gone(worker, _cause_of_death(news))
            case Leaving():
                self.gone(worker, "it was stopped")
            case Beat() | Done() if self._step is not None and worker in self._step.pending:
                self._count(self._step, worker, news)

    def gone(self, worker: str, why: str) -> None:
        """A worker is lost: its share goes to the others, as far as the schedule still runs."""
        known = self._workers.pop(worker, None)
        step = self._step
        if known is None:
            return
        if step is None or worker not in step.pending:
            self._tell(f"worker {known.name} is gone: {why}")
            return
        shares = step.lose(worker, self._clock(), why)
        self._tell(step.notes[-1])
        # It may only have been cut off: should it hear this, it stops.
        self._send(worker, Stop(step.number))
        for heir, order in shares.items():
            self._send(heir, order)
        self._end_if_all_are_done()

    def gone_by_pid(self, pid: int) -> None:
        """A worker process of this host has ended."""
        name = f"{socket.gethostname()}/{pid}"
        for worker, known in list(self._workers.items()):
            if known.name == name:
                self.gone(worker, "its process ended")

    def tick(self, present: Iterable[str] | None = None) -> None:
        """Look after the workers: those in a step that are silent, or not among `present`, are lost."""
        step = self._step
        there = set(self._workers if present is None else present)
        busy = step.pending if step is not None else []
        self._workers = {name: known for name, known in self._workers.items() if name in there or name in busy}
        if step is None:
            return
        now = self._clock()
        over_s = step.at_s(now) - step.plan.duration_s - step.plan.drain_s - step.plan.deadline_s
        for worker in busy:
            if worker not in there:
                self.gone(worker, "it quit")
            elif now - step.heard_at[worker] > SILENCE_S:
                self.gone(worker, f"it said nothing for {SILENCE_S:g} s")
            elif over_s > OVERTIME_S:
                self.gone(worker, "it did not come to an end")

    def stop(self) -> None:
        """End the step at once. What was counted comes to `on_ended` when every worker has said its last word."""
        step = self._step
        if step is None or step.stopped:
            return
        step.stopped = True
        for worker in step.pending:
            self._send(worker, Stop(step.number))
        self._end_if_all_are_done()

    def give_up(self) -> None:
        """End the step without waiting for anybody: what was heard until now is what it came to."""
        if self._step is not None:
            self._step.stopped = True
            self._end(self._step)

    def progress(self) -> Progress:
        """How the step stands, or that workers are waited for."""
        word, self._words = "\n".join(self._words), []
        if self._step is None:
            return Progress("waiting", workers=self.ready, word=word)
        return replace(self._step.progress(self._clock()), word=word)

    def _count(self, step: StepRun, worker: str, news: Beat | Done) -> None:
        if news.step != step.number:
            return
        if isinstance(news, Beat):
            step.beat(worker, news.counts, self._clock())
        else:
            step.finish(worker, news.counts)
            self._end_if_all_are_done()

    def _end_if_all_are_done(self) -> None:
        if self._step is not None and not self._step.pending:
            self._end(self._step)

    def _end(self, step: StepRun) -> None:
        self._step = None
        self._on_ended(step.result(self._clock()))

    def _tell(self, sentence: str) -> None:
        self._words.append(sentence)
        self._say(sentence)


def _cause_of_death(died: Died) -> str:
    code = died.exit_code
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"its generator {how}" + (f", saying: {died.said}" if died.said else "")
