"""Runs of scenarios: what each is, how far it is, how it ended, and the few that are remembered."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Collection, Coroutine, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.view import DeliveryView
from mock_alohub.errors import Mistake
from mock_alohub.server.scenarios.scenario import Catalogue, Scenario
from mock_alohub.server.switchboard import Placed

KEPT: Final = 100
"""Runs that are remembered in all namespaces; the oldest that has ended goes first."""
MOST_AT_ONCE: Final = 10
"""Runs under way in all namespaces."""
ENDS: Final = frozenset({StateName.DELIVERED, StateName.DEAD, StateName.CANCELED})


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    PASSED = "passed"
    """It ended as its scenario says."""
    FAILED = "failed"
    """It ended otherwise, or could not go on."""
    STOPPED = "stopped"


class Receiver(StrEnum):
    """Who is told the story."""

    INBOX = "inbox"
    """A built-in receiver, in a namespace that the run has for itself."""
    ENDPOINTS = "endpoints"
    """The endpoints of the namespace in which the run was asked for."""


class UnknownRun(Mistake):
    """No run has that id (in that namespace)."""


class TooManyRuns(Mistake):
    """There are as many runs under way as there can be."""


@dataclass(slots=True, eq=False)
class Run:
    """One run. `asker` is the namespace in which it was asked for, `namespace` the one that its deliveries are in.

    `done` counts the steps that are behind it; `reason` says why it failed. Times are Unix seconds.
    """

    scenario: Scenario
    asker: str
    receiver: Receiver
    seed: int
    started_at: float
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    state: RunState = RunState.RUNNING
    done: int = 0
    reason: str = ""
    ended_at: float | None = None
    received: int | None = None
    calls: list[Placed] = field(default_factory=list)
    ledger: DeliveryLedger = field(default_factory=lambda: DeliveryLedger())
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def namespace(self) -> str:
        """Where its deliveries are."""
        return own_namespace(self.id) if self.receiver is Receiver.INBOX else self.asker

    def end(self, state: RunState, now: float, reason: str = "") -> None:
        """Let it be over."""
        self.state, self.ended_at, self.reason = state, now, reason
        self.over.set()


class DeliveryLedger:
    """The deliveries of a run as they were last seen, counted by state."""

    def __init__(self) -> None:
        self.states: Counter[StateName] = Counter()
        self.attempts = 0
        self.live: set[int] = set()
        """Numbers of those that have not ended."""
        self._views: dict[int, DeliveryView] = {}

    def __len__(self) -> int:
        return len(self._views)

    def __contains__(self, number: int) -> bool:
        return number in self._views

    @property
    def ended(self) -> int:
        """How many have ended."""
        return len(self._views) - len(self.live)

    def note(self, view: DeliveryView) -> None:
        """A delivery stands so now."""
        before = self._views.get(view.id)
        if before is not None:
            self.states[before.state.name] -= 1
            self.attempts -= before.attempts
        self._views[view.id] = view
        self.states[view.state.name] += 1
        self.attempts += view.attempts
        (self.live.discard if view.state.name in ENDS else self.live.add)(view.id)

    def views(self, among: Collection[int] | None = None) -> Iterator[DeliveryView]:
        """All of them, or those with the numbers `among`."""
        return iter(self._views.values()) if among is None else (self._views[number] for number in among)


class Runs:
    """The runs there are, and the scenarios there are to run."""

    def __init__(self, catalogue: Catalogue, *, kept: int = KEPT, most_at_once: int = MOST_AT_ONCE) -> None:
        self.catalogue = catalogue
        self._kept = kept
        self._most_at_once = most_at_once
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def check_room(self) -> None:
        """Raise `TooManyRuns` when there is no room for another run."""
        if len(self._tasks) >= self._most_at_once:
            raise TooManyRuns(f"{self._most_at_once} runs are under way", hint="wait for the end of one, or stop it")

    def begin(self, run: Run, play: Coroutine[Any, Any, None]) -> list[Run]:
        """Have `run`, carried out by `play`; those that are forgotten for it."""
        self._runs[run.id] = run
        task = self._tasks[run.id] = asyncio.create_task(play)
        task.add_done_callback(lambda _: self._over(run))
        ended = [one for one in self._runs.values() if one.over.is_set()]
        surplus = ended[: max(0, len(self._runs) - self._kept)]
        for old in surplus:
            del self._runs[old.id]
        return surplus

    def _over(self, run: Run) -> None:
        del self._tasks[run.id]
        if not run.over.is_set():  # stopped before it had begun
            run.end(RunState.STOPPED, run.started_at)

    def of(self, namespace: str) -> list[Run]:
        """The runs that were asked for in a namespace, the newest first."""
        return [run for run in reversed(self._runs.values()) if run.asker == namespace]

    def find(self, namespace: str, number: str) -> Run:
        """One run. Raises `UnknownRun`."""
        run = self._runs.get(number)
        if run is None or run.asker != namespace:
            raise UnknownRun(f"there is no run `{number}`", hint=f"the last {self._kept} runs are remembered")
        return run

    async def stop(self, runs: Collection[Run] | None = None) -> None:
        """End `runs` (None: all) that are under way."""
        chosen = self._runs.values() if runs is None else runs
        tasks = [task for run in chosen if (task := self._tasks.get(run.id)) is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def forget(self, namespace: str) -> list[Run]:
        """End and forget the runs that were asked for in a namespace; which they were."""
        runs = self.of(namespace)
        await self.stop(runs)
        for run in runs:
            self._runs.pop(run.id, None)
        return runs


_OWN: Final = "scenario-"


def own_namespace(number: str) -> str:
    """The namespace that the run with this id has for itself."""
    return f"{_OWN}{number}"


def is_left_behind(namespace: str, target: str) -> bool:
    """Whether an endpoint is the receiver of a run: by its namespace and the path of its URL."""
    return namespace.startswith(_OWN) and target == receiver_path(namespace)


RECEIVER: Final = "receiver"
"""The name of the inbox that a run has for itself."""


def receiver_path(namespace: str) -> str:
    """Where that inbox is on this server."""
    return f"/ns/{namespace}/inbox/{RECEIVER}"
