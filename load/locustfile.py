"""Locust at work for mock-alohub: its processes, its web UI, its statistics; not its way of sending.

    locust -f load/locustfile.py --host http://127.0.0.1:8000/hook --rate 200 --profile ramp -t 60s

Locust's users wait for their answers, so a stalling endpoint slows them down and the stall is not seen. Here every
process that would have users has one generator instead: a child process that lets calls depart when they are due. What
locust is for is left to it. `load/README.md` says how to use it.
"""

# Locust's decorators and hooks have no types.
# mypy: disable-error-code="untyped-decorator,no-untyped-call"

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Collection, Iterator
from typing import Any

import gevent.fileobject  # type: ignore[import-untyped]
import locust.runners
from locust import LoadTestShape, User, constant, events, task
from locust.exception import RPCError
from locust.runners import MasterRunner, WorkerRunner
from locust.stats import StatsError

from mock_alohub.errors import ExitCode, Mistake
from mock_alohub.load import locust_options, locust_web
from mock_alohub.load.control_pipe import Line, Lines
from mock_alohub.load.locust_statistics import feed
from mock_alohub.load.master import NEWS, ORDER, Master
from mock_alohub.load.protocol import (
    Finish,
    Gone,
    Listening,
    Message,
    RunStep,
    Say,
    Stop,
    UserMistake,
    from_wire,
    to_wire,
)
from mock_alohub.load.worker import Worker
from mock_alohub.messages.endpoint import Key

log = logging.getLogger("mock_alohub.load")
KEY = os.environ.get("MOCK_ALOHUB_KEY") or None
LOCAL = "local"
SPAWN_RATE = 50
FINISH_WITHIN_S = 3.0
GOODBYE_S = 0.1
"""What a last message needs to get away."""

# A worker whose master has died must not go on loading an endpoint for the minute that locust waits.
locust.runners.MASTER_HEARTBEAT_TIMEOUT = 5


class Generator(User):
    """One for each process that sends, so that locust's count of users is the count of generators."""

    wait_time = constant(1)

    @task
    def send(self) -> None:
        """Nothing: the generator of the process follows the coordinator."""


class OpenModel(LoadTestShape):
    """Keeps locust's run going until the schedule has been offered, and the last retry waited for."""

    abstract = False
    master: Master | None = None

    def tick(self) -> tuple[int, float] | None:
        """As many users as there are generators; None when the run is over."""
        master = type(self).master
        if master is None or master.finished:
            return None
        return max(1, master.workers), SPAWN_RATE

    def reset_time(self) -> None:
        """A run begins: forget how the one before ended."""
        super().reset_time()
        master = type(self).master
        if master is not None and master.over:
            master.result = None


@events.init_command_line_parser.add_listener
def _(parser: Any) -> None:
    locust_options.add_arguments(parser)


@events.init.add_listener
def _(environment: Any, runner: Any, web_ui: Any, **_: Any) -> None:
    if not isinstance(runner, WorkerRunner):
        _lead_in(environment, runner, web_ui)
    if not isinstance(runner, MasterRunner):
        _take_part_in(environment, runner)


@events.test_start.add_listener
def _(environment: Any, **_: Any) -> None:
    master = OpenModel.master
    if master is not None and not master.obeys and not isinstance(environment.runner, WorkerRunner):
        master.start(locust_options.plan_of(environment.parsed_options, environment.host))


@events.test_stopping.add_listener
def _(environment: Any, **_: Any) -> None:
    if OpenModel.master is not None and not isinstance(environment.runner, WorkerRunner):
        OpenModel.master.stop()


@events.quit.add_listener
def _(**_: Any) -> None:
    master = OpenModel.master
    if master is not None and master.plan is not None and master.result is not None and not master.obeys:
        print(locust_web.console(master.result, master.plan.seed))


def _lead_in(environment: Any, runner: Any, web_ui: Any) -> None:
    options = environment.parsed_options
    distributed = isinstance(runner, MasterRunner)

    def present() -> Collection[str]:
        if not distributed:
            return (LOCAL,)
        return list(runner.clients)

    master = OpenModel.master = Master(
        runner,
        present,
        key=KEY,
        expected=options.expect_workers if distributed else 1,
        say=log.info,
        line=Line.of_environment(os.environ),
    )
    runner.register_message(NEWS, lambda environment, msg: master.hear(msg.node_id, msg.data))
    if master.obeys:
        if distributed:
            master.tell(Listening(runner.server.port))
        threading.Thread(target=_obey, args=(master, runner), daemon=True).start()
    elif web_ui is None:
        _demand_a_plan(options, environment.host)
    elif options.spec:
        print("error: --spec is not for the web UI\nhint: add --headless", file=sys.stderr)
        sys.exit(ExitCode.USAGE)
    else:
        locust_web.extend(web_ui, environment, master)


def _take_part_in(environment: Any, runner: Any) -> None:
    line = Line.of_environment(os.environ)

    def leave(why: str, code: ExitCode) -> None:
        _tell_of(why, code, line)
        # Without a goodbye: on the last worker's, a headless master would quit instead of waiting for a better one.
        os._exit(code)

    def say(sentence: str) -> None:
        log.info(sentence)
        if line is not None and isinstance(runner, WorkerRunner):
            line.tell(Say(sentence))

    def send(news: Message) -> None:
        try:
            runner.send_message(NEWS, to_wire(news))
        except RPCError as error:
            # The coordinator makes good for what it did not hear: the last word carries all.
            log.warning("news for the master were lost: %s", error)

    worker = Worker(
        send,
        key=KEY,
        on_beat=lambda since: feed(environment.stats, since, time.time(), StatsError),
        on_unfit=leave,
        say=say,
    )

    def take(wire: Any) -> None:
        try:
            worker.take(from_wire(wire))
        except Mistake as mistake:  # a message, or a plan, of another version
            leave(f"the master asks for what this worker does not know: {mistake.message}", ExitCode.USAGE)

    runner.register_message(ORDER, lambda environment, msg: take(msg.data))

    def close(**_: Any) -> None:
        worker.close()
        heard_at = getattr(runner, "last_heartbeat_timestamp", None)
        if heard_at is not None and time.time() - heard_at > locust.runners.MASTER_HEARTBEAT_TIMEOUT:
            environment.process_exit_code = int(ExitCode.UNREACHABLE)
            _tell_of("the master is gone, so this worker has stopped", ExitCode.UNREACHABLE, line)

    events.quitting.add_listener(close)
    if line is not None and isinstance(runner, WorkerRunner):
        threading.Thread(target=_live_as_long_as_the_parent, args=(worker,), daemon=True).start()
    worker.announce()


def _demand_a_plan(options: Any, host: str | None) -> None:
    try:
        locust_options.plan_of(options, host).endpoint(None if KEY is None else Key(KEY))
        for note in locust_options.notes_of(options):
            log.warning(note)
    except Mistake as mistake:
        hint = f"\nhint: {mistake.hint}" if mistake.hint else ""
        print(f"error: {mistake.message}{hint}", file=sys.stderr)
        sys.exit(mistake.exit_code)


def _tell_of(mistake: str, code: ExitCode, line: Line | None) -> None:
    log.error(mistake)
    if line is not None:
        line.tell(UserMistake(mistake, exit_code=int(code)))


def _obey(master: Master, runner: Any) -> None:
    lines = Lines()
    for data in _standard_input():
        for order in lines.feed(data):
            match order:
                case RunStep(plan):
                    master.start(plan)
                case Stop():
                    master.stop()
                case Gone(pid):
                    master.gone(pid)
                case Finish():
                    _finish(master, runner)
    _finish(master, runner)


def _finish(master: Master, runner: Any) -> None:
    # Whatever hangs, the process ends: its parent may be gone, and nobody else would end it.
    threading.Timer(FINISH_WITHIN_S, os._exit, (1,)).start()
    master.stop()
    runner.quit()
    os._exit(0)


def _live_as_long_as_the_parent(worker: Worker) -> None:
    for _ in _standard_input():
        pass
    worker.leave()
    time.sleep(GOODBYE_S)
    os._exit(0)


def _standard_input() -> Iterator[bytes]:
    with gevent.fileobject.FileObject(os.dup(sys.stdin.fileno()), "rb", buffering=0) as stdin:
        while data := stdin.read(65_536):
            yield data
