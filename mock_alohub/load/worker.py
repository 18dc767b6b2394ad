"""The worker's side of a run: it owns the generator, passes orders on to it and news back to the coordinator.

The counts of the whole step are kept here as well. The last word carries all of them, so that what is counted at
the end does not depend on every beat having arrived.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from mock_alohub.errors import ExitCode
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.generator_process import GeneratorProcess, News
from mock_alohub.load.identity import own_identity

READY_WITHIN_S: Final = 30.0
"""How long a generator may take to start; it is about half a second on an idle machine."""

Start = Callable[[Callable[[News], None]], GeneratorProcess]


class Worker:
    """One worker. `send` takes news to the coordinator; `on_beat` is shown what was counted since the last beat.

    `on_unfit` is told why this worker can take no part (the coordinator refuses it, the generator does not start) and
    with which exit code it leaves; `say` takes sentences about how it goes.
    """

    def __init__(
        self,
        send: Callable[[News], None],
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
            self._send({"hello": dict(own_identity(self._key))})

    def take(self, order: dict[str, Any]) -> None:
        """Follow an order of the coordinator: `go`, `share`, `stop` are the generator's, the others this side's."""
        if "refused" in order:
            self._on_unfit(f"the master refuses this worker: {order['refused']['reason']}", ExitCode.USAGE)
            return
        if "who" in order:
            self.announce()
            return
        if "welcome" in order:
            self._say("the master has taken this worker in")
            return
        if "go" in order:
            self._begin(order["go"])
            self._have_generator().tell(order)
        elif self._generator is not None:
            self._generator.tell(order)

    def _begin(self, go: dict[str, Any]) -> None:
        self._step, self._counted = go["step"], RunCounts()
        rate, duration_s = go["plan"]["rate"], go["plan"]["duration_s"]
        self._say(
            f"run {go['step']}: share {go['index'] + 1} of {go['count']} of {rate:g} calls/s for {duration_s:g} s"
        )

    def leave(self) -> None:
        """Tell the coordinator that this worker goes, so that it need not find out by the silence."""
        self._send({"leaving": {}})

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

    def _heard(self, news: News) -> None:
        if "beat" in news or "done" in news:
            self._count(news)
        elif "died" in news and not self._is_ready:
            self._on_unfit(f"the generator cannot start: {news['died']['said']}", ExitCode.INTERNAL)
        elif "ready" in news:
            self._is_ready = True
        elif not self._closed:
            self._send(news)
        # One that dies at its start is not waited for.
        self._ready.set()

    def _count(self, news: News) -> None:
        kind = "beat" if "beat" in news else "done"
        if news[kind]["step"] != self._step:
            return
        since = RunCounts.of_dict(news[kind]["counts"])
        self._counted.merge(since)
        self._on_beat(since)
        if kind == "done":
            self._send({"done": {**news[kind], "counts": self._counted.as_dict()}})
        else:
            self._send(news)
