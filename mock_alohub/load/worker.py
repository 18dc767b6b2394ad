"""The worker's side of a run: it owns the generator, passes orders on to it and news back to the coordinator.

The counts of the whole step are kept here as well. The last word carries all of them, so that what is counted at
the end does not depend on every beat having arrived.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mock_alohub.errors import ExitCode
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.generator_process import GeneratorProcess
from mock_alohub.load.identity import own_identity
from mock_alohub.load.protocol import Beat, Died, Done, Go, Hello, Leaving, Message, Ready, Refused, Welcome, Who

READY_WITHIN_S: Final = 30.0
"""How long a generator may take to start; it is about half a second on an idle machine."""

Start = Callable[[Callable[[Message], None]], GeneratorProcess]


class Worker:
    """One worker. `send` takes news to the coordinator; `on_beat` is shown what was counted since the last beat.

    `on_unfit` is told why this worker can take no part (the coordinator refuses it, the generator does not start) and
    with which exit code it leaves; `say` takes sentences about how it goes.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        *,
        key: str | None,
        on_beat: Callable[[RunCounts], None] = lambda run_counts: None,
        on_unfit: Callable[[str, ExitCode], None] = lambda reason, code: None,
        say: Callable[[str], None] = lambda sentence: None,
        start: Start = GeneratorProcess,
    ) -> None:
        self._send = send
        self._key = key
        self._on_beat = on_beat
        self._on_unfit = on_unfit
        self._say = say
        self._start = start
        self._generator: GeneratorProcess | None = None
        self._starting = threading.Lock()
        self._ready = threading.Event()
        self._is_ready = False
        self._closed = False
        self._step = 0
        self._counted = RunCounts()

    @property
    def pid(self) -> int | None:
        """The generator's process id, if there is one."""
        return self._generator.pid if self._generator else None

    def announce(self) -> None:
        """Start the generator and tell the coordinator who this is. Returns when both are done."""
        if self._have_generator().alive:
            self._send(Hello(own_identity(self._key)))

    def take(self, order: Message) -> None:
        """Follow an order of the coordinator: `Go`, `Share`, `Stop` are the generator's, the others this side's."""
        match order:
            case Refused(reason):
                self._on_unfit(f"the master refuses this worker: {reason}", ExitCode.USAGE)
            case Who():
                self.announce()
            case Welcome():
                self._say("the master has taken this worker in")
            case Go():
                self._begin(order)
                self._have_generator().tell(order)
            case _ if self._generator is not None:
                self._generator.tell(order)

    def _begin(self, go: Go) -> None:
        self._step, self._counted = go.step, RunCounts()
        share = f"share {go.index + 1} of {go.count}"
        self._say(f"run {go.step}: {share} of {go.plan.rate:g} calls/s for {go.plan.duration_s:g} s")

    def leave(self) -> None:
        """Tell the coordinator that this worker goes, so that it need not find out by the silence."""
        self._send(Leaving())

    def close(self) -> None:
        """End the generator; its end is no news then."""
        self._closed = True
        if self._generator is not None:
            self._generator.close()

    def _have_generator(self) -> GeneratorProcess:
        # The coordinator may ask who this is while the generator is just being started.
        with self._starting:
            if self._generator is None or not self._generator.alive:
                self._ready.clear()
                self._is_ready = False
                self._generator = self._start(self._heard)
                self._ready.wait(READY_WITHIN_S)
            return self._generator

    def _heard(self, news: Message) -> None:
        match news:
            case Beat() | Done():
                self._count(news)
            case Died(said=said) if not self._is_ready:
                self._on_unfit(f"the generator cannot start: {said}", ExitCode.INTERNAL)
            case Ready():
                self._is_ready = True
            case _ if not self._closed:
                self._send(news)
        # One that dies at its start is not waited for.
        self._ready.set()

    def _count(self, news: Beat | Done) -> None:
        if news.step != self._step:
            return
        self._counted.merge(news.counts)
        self._on_beat(news.counts)
        self._send(replace(news, counts=self._counted) if isinstance(news, Done) else news)
