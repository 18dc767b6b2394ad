"""A load run from beginning to end, on this machine or led from it over several: blocking, and stopped by Ctrl-C.

One process sends alone; more are a locust master and its workers. Whoever starts a run here gets its `Result`, also
after Ctrl-C, which takes a second or two. Errors are `Mistake`s.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Final

from mock_alohub.errors import BadOption
from mock_alohub.load.capacity import CapacityOptions, StepPlan, StepResult, next_step
from mock_alohub.load.child_processes import Child, ChildProcesses
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import Ended, Exited, Finish, Gone, Listening, RunStep, Say, Standing, Stop, UserMistake
from mock_alohub.load.result import Progress, Result
from mock_alohub.load.step import plan_of, step_of
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.load.usual import MASTER_PORT
from mock_alohub.messages.endpoint import Key

_STOP_S: Final = 2.0
"""How long the last words of a stopped run are waited for."""
_STEP_S: Final = 0.25
_LISTEN_WITHIN_S: Final = 60.0

OnProgress = Callable[[Progress], None]


def _ignore(progress: Progress) -> None:
    """Nobody looks."""


def run(
    plan: LoadPlan,
    *,
    key: Key | None = None,
    workers: int = 1,
    capacity: CapacityOptions | None = None,
    thresholds: Thresholds | None = None,
    on_progress: OnProgress = _ignore,
) -> Result:
    """Offer `plan` from this machine, by `workers` processes; with `capacity`, search the highest rate that holds.

    `thresholds` say when a step of the search holds. Raises `Mistake`: no locust, a plan no worker can follow, a
    process that broke.
    """
    with ChildProcesses(key) as children:
        if workers == 1:
            master = children.start("locust", "--headless", "--only-summary")
        else:
            master = children.start("master", *_master("127.0.0.1", 0, workers))
            port = str(_listening(children, master))
            for number in range(1, workers + 1):
                children.start(f"worker-{number}", "--worker", "--master-host", "127.0.0.1", "--master-port", port)
        return _Session(children, master, on_progress).run(plan, capacity, thresholds or Thresholds())


def run_master(
    plan: LoadPlan,
    *,
    key: Key | None = None,
    bind: str = "*",
    port: int = MASTER_PORT,
    expect_workers: int = 1,
    capacity: CapacityOptions | None = None,
    thresholds: Thresholds | None = None,
    on_progress: OnProgress = _ignore,
) -> Result:
    """Offer `plan` by the workers that come to `bind`:`port` from other machines, once `expect_workers` are there.

    What travels between them is not encrypted; the key does not travel. Raises `BadOption` when the address cannot be
    listened at, and as `run` does.
    """
    _demand_free(bind, port)
    with ChildProcesses(key) as children:
        master = children.start("master", *_master(bind, port, expect_workers))
        _listening(children, master)
        return _Session(children, master, on_progress).run(plan, capacity, thresholds or Thresholds())


def run_worker(
    host: str,
    port: int = MASTER_PORT,
    *,
    key: Key | None = None,
    workers: int = 1,
    on_word: Callable[[str], None] = lambda word: None,
) -> None:
    """Send what the master at `host`:`port` orders, by so many processes, until it ends the run.

    `on_word` is given sentences about how it goes. Raises `BadOption` for a host that has no address, `Mistake` when
    the master refuses this machine.
    """
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise BadOption(f"the master's host `{host}` has no address: {error.strerror}") from None
    with ChildProcesses(key) as children:
        for number in range(1, workers + 1):
            children.start(f"worker-{number}", "--worker", "--master-host", host, "--master-port", str(port))
        left = workers
        while left:
            match children.next_event(_STEP_S):
                case _, UserMistake() as mistake:
                    raise mistake.as_mistake()
                case _, Say(sentence):
                    on_word(sentence)
                case child, Exited(code):
                    if code:
                        raise child.obituary()
                    left -= 1


class _Session:
    """A master and what it is asked for, step by step."""

    def __init__(self, children: ChildProcesses, master: Child, on_progress: OnProgress) -> None:
        self._children, self._master, self._on_progress = children, master, on_progress
        self._waiting = True

    def run(self, plan: LoadPlan, capacity: CapacityOptions | None, thresholds: Thresholds) -> Result:
        """One step, or as many as a search needs."""
        result = self._offer(plan) if capacity is None else self._search(plan, capacity, thresholds)
        # Workers of other machines are told that it is over; those of this one are ended anyway.
        self._master.tell(Finish())
        return result

    def _search(self, plan: LoadPlan, options: CapacityOptions, thresholds: Thresholds) -> Result:
        steps: list[StepResult] = []
        result = Result.nothing()
        began = monotonic()
        while isinstance(step := next_step(steps, options, monotonic() - began), StepPlan):
            tried = self._try(step, plan, len(steps))
            if tried.interrupted and steps:
                # The figures stay those of the last step that came to its end.
                result = replace(result, interrupted=True)
                break
            result = replace(tried, notes=tuple(dict.fromkeys((*result.notes, *tried.notes))))
            if result.interrupted:
                break
            steps.append(step_of(step, result, thresholds))
        return replace(result, steps=tuple(steps))

    def _try(self, step: StepPlan, plan: LoadPlan, number: int) -> Result:
        try:
            self._rest(step.pause_s)
        except KeyboardInterrupt:
            return Result.nothing()
        return self._offer(plan_of(step, plan, number))

    def _offer(self, plan: LoadPlan) -> Result:
        self._master.tell(RunStep(plan))
        try:
            while True:
                ended = self._heard(_STEP_S)
                if ended is not None:
                    return ended
        except KeyboardInterrupt:
            return self._stopped()

    def _rest(self, for_s: float) -> None:
        until = monotonic() + for_s
        while (left_s := until - monotonic()) > 0:
            self._heard(min(left_s, _STEP_S))

    def _stopped(self) -> Result:
        self._master.tell(Stop())
        until = monotonic() + _STOP_S
        while (left_s := until - monotonic()) > 0:
            ended = self._heard(left_s)
            if ended is not None:
                return replace(ended, interrupted=True)
        return Result.nothing()

    def _heard(self, within_s: float) -> Result | None:
        """Take one event; the result, when it is that."""
        match self._children.next_event(within_s):
            case _, UserMistake() as mistake:
                raise mistake.as_mistake()
            case _, Standing(progress):
                self._waiting = progress.phase == "waiting"
                self._on_progress(progress)
            case _, Ended(result):
                return result
            case child, Exited():
                self._left(child)
        return None

    def _left(self, child: Child) -> None:
        if child is self._master or self._waiting:
            raise child.obituary()
        self._master.tell(Gone(child.pid))


def _master(bind: str, port: int, workers: int) -> tuple[str, ...]:
    return (
        "--headless", "--only-summary", "--master",
        "--master-bind-host", bind, "--master-bind-port", str(port), "--expect-workers", str(workers),
    )  # fmt: skip


def _listening(children: ChildProcesses, master: Child) -> int:
    """The port at which the master listens."""
    until = monotonic() + _LISTEN_WITHIN_S
    while monotonic() < until:
        match children.next_event(_STEP_S):
            case _, Listening(port):
                return port
            case child, Exited() if child is master:
                raise master.obituary()
    raise master.obituary()


def _demand_free(bind: str, port: int) -> None:
    host = "" if bind == "*" else bind
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadOption(
            f"workers cannot be waited for at {bind}:{port}: {reason}",
            hint="another run may wait there; take another port",
        ) from None
