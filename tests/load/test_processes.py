"""A load run as processes: locust, its workers, their generators, all of them real."""

from __future__ import annotations

import importlib.util
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from mock_alohub.errors import BadOption, MissingExtra, Mistake
from mock_alohub.load import processes
from mock_alohub.load.capacity import CapacityOptions
from mock_alohub.load.carried_spec import carried
from mock_alohub.load.child_processes import Broken
from mock_alohub.load.lost_worker import WORKER_LOST
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.result import Progress, Result
from mock_alohub.load.schedule import departures
from mock_alohub.messages.endpoint import Key
from mock_alohub.specification.imported import webhooks as foreign
from tests.load.documents import FORMS, written
from tests.load.receiving import Received, receiving

KEY = Key("the-agreed-key")


@pytest.fixture
def endpoint() -> Iterator[Received]:
    with receiving() as received:
        yield received


def plan(endpoint: Received, rate: float = 100.0, duration_s: float = 2.0, **more: Any) -> LoadPlan:
    return LoadPlan(endpoint.url, ("alohub.call-ended",), rate, duration_s, seed=7, drain_s=2.0, **more)


def total(of: LoadPlan) -> int:
    return sum(1 for _ in departures(of))


def family() -> list[psutil.Process]:
    """The processes of a run; other tests may have left processes of their own, dead ones too."""
    alive = (one for one in psutil.Process().children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE)
    return [one for one in alive if {"locust", "mock_alohub.load.generator"} & set(one.cmdline())]


def workers() -> list[psutil.Process]:
    """The locust workers among this process's children, the oldest first."""
    found = [child for child in family() if "--worker" in child.cmdline()]
    return sorted(found, key=lambda child: (child.create_time(), child.pid))


def ended(one: psutil.Process) -> bool:
    """Whether a process does nothing any more; nobody may have asked yet how it ended."""
    try:
        return not one.is_running() or one.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until(holds: Callable[[], object], within_s: float = 60.0) -> None:
    deadline = monotonic() + within_s
    while not holds():
        assert monotonic() < deadline
        sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_one_process_makes_every_departure_and_counts_what_the_endpoint_received(endpoint: Received) -> None:
    wanted = plan(endpoint)
    result = processes.run(wanted, key=KEY)
    assert result.run_counts.scheduled == result.run_counts.sent == endpoint.count == total(wanted)
    assert result.run_counts.delivered == endpoint.count
    assert endpoint.keys == {KEY.reveal()}
    assert not result.interrupted


@pytest.mark.exhaustive
def test_two_workers_split_the_load_evenly_and_their_tallies_add_up(endpoint: Received) -> None:
    wanted = plan(endpoint)
    result = processes.run(wanted, key=KEY, workers=2)
    first, second = (worker.sent for worker in result.workers)
    assert abs(first - second) <= 1
    assert (
        first + second
        == result.run_counts.sent
        == result.run_counts.first.acknowledged
        == endpoint.count
        == total(wanted)
    )
    assert sum(cell.sent for cell in result.run_counts.timeline.values()) == endpoint.count
    assert set(endpoint.bodies.values()) == {1}


@pytest.mark.exhaustive
def test_progress_tells_how_it_stands(endpoint: Received) -> None:
    told: list[Progress] = []
    processes.run(plan(endpoint, duration_s=3.0), on_progress=told.append)
    running = [progress for progress in told if progress.phase == "running"]
    assert running
    assert [progress.sent for progress in running] == sorted(progress.sent for progress in running)
    assert all((progress.of_s, progress.rate, progress.workers) == (3.0, 100.0, 1) for progress in running)


@pytest.mark.exhaustive
def test_a_killed_workers_share_goes_to_the_others_and_what_nobody_made_is_told(endpoint: Received) -> None:
    wanted = plan(endpoint, duration_s=6.0)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.at_s > 1 and not killed:
            victim = workers()[0]
            killed.append(victim.pid)
            victim.kill()

    result = processes.run(wanted, key=KEY, workers=2, on_progress=kill)
    (lost,) = [worker for worker in result.workers if worker.lost_after_s is not None]
    assert lost.name.endswith(f"/{killed[0]}")
    assert any("its process ended; the other worker took its share over" in note for note in result.notes)
    run_counts = result.run_counts
    assert run_counts.scheduled == total(wanted)
    assert set(run_counts.unsent) == {WORKER_LOST}
    assert run_counts.sent + run_counts.unsent[WORKER_LOST] == run_counts.scheduled
    # Half the load for the second and a half that nobody knew, not for the rest of the run.
    assert run_counts.unsent[WORKER_LOST] < 0.5 * total(wanted)
    assert run_counts.sent <= endpoint.count <= run_counts.scheduled


@pytest.mark.exhaustive
def test_the_generator_of_a_killed_worker_ends_with_it(endpoint: Received) -> None:
    generators: list[psutil.Process] = []

    def kill(progress: Progress) -> None:
        if progress.at_s > 0 and not generators:
            generators.extend(workers()[0].children())
            workers()[0].kill()

    processes.run(plan(endpoint, duration_s=3.0), workers=2, on_progress=kill)
    assert len(generators) == 1
    until(lambda: ended(generators[0]))


def test_with_its_leader_killed_a_run_is_broken_and_says_how(endpoint: Received) -> None:
    def kill(progress: Progress) -> None:
        if progress.at_s > 0:
            for lead in family()[:1]:
                lead.kill()

    with pytest.raises(Broken, match="was killed by SIGKILL"):
        processes.run(plan(endpoint, duration_s=20.0), on_progress=kill)


_RUN = """
import json, sys
from mock_alohub.load import processes
from mock_alohub.load.plan import LoadPlan
plan = LoadPlan(sys.argv[1], ("alohub.call-ended",), 100.0, 60.0)
result = processes.run(plan, workers=int(sys.argv[2]), on_progress=lambda progress: print(progress.at_s, flush=True))
print(json.dumps(result.as_dict()), flush=True)
"""


_MASTER = """
import sys
from mock_alohub.load import processes
from mock_alohub.load.plan import LoadPlan
plan = LoadPlan(sys.argv[1], ("alohub.call-ended",), 100.0, 60.0)
processes.run_master(plan, bind="127.0.0.1", port=int(sys.argv[2]))
"""


@pytest.fixture(params=[1, 2])
def running(endpoint: Received, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process of its own in the midst of a run, by one and by two workers."""
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, endpoint.url, str(request.param)], stdout=subprocess.PIPE, text=True
    ) as process:
        until(lambda: endpoint.count > 50)
        yield process
        process.kill()


@pytest.mark.exhaustive
def test_ctrl_c_stops_within_two_seconds_and_gives_what_was_counted(
    running: subprocess.Popen[str], endpoint: Received
) -> None:
    began = monotonic()
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=120)
    # Two seconds on an idle machine; the rest is for the interpreter to leave on a busy one.
    assert monotonic() - began < 5.0
    result = Result.of_dict(json.loads(output.splitlines()[-1]))
    assert result.interrupted
    # What was still on its way when the connections were closed was sent, and never came.
    assert 0 < result.run_counts.first.acknowledged <= endpoint.count
    assert result.run_counts.sent >= 0.9 * endpoint.count > 45


def test_whatever_kills_the_run_kills_all_its_processes(running: subprocess.Popen[str], endpoint: Received) -> None:
    family = psutil.Process(running.pid).children(recursive=True)
    assert len(family) in (2, 5)
    running.kill()
    running.wait()
    until(lambda: all(map(ended, family)))
    count = endpoint.count
    sleep(0.5)
    assert endpoint.count == count


class Aside(threading.Thread):
    """Something that blocks, done beside the test; `outcome` is what it returned or raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work
        self.outcome: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.outcome = self._work()
        except Mistake as mistake:
            self.outcome = mistake


@pytest.mark.exhaustive
def test_master_and_workers_are_apart_and_meet_over_the_network(endpoint: Received) -> None:
    port, wanted = free_port(), plan(endpoint)
    words: list[str] = []
    master = Aside(lambda: processes.run_master(wanted, key=KEY, bind="127.0.0.1", port=port, expect_workers=2))
    sides = [Aside(lambda: processes.run_worker("127.0.0.1", port, key=KEY, on_word=words.append)) for _ in range(2)]
    for one in (master, *sides):
        one.join(120)
    assert isinstance(master.outcome, Result)
    assert master.outcome.run_counts.sent == endpoint.count == total(wanted)
    assert [side.outcome for side in sides] == [None, None]
    assert min(words) == "run 1: share 1 of 2 of 100 calls/s for 2 s"
    assert "the master has taken this worker in" in words


@pytest.mark.exhaustive
def test_a_worker_with_another_key_is_refused_and_the_run_waits_for_a_better_one(endpoint: Received) -> None:
    port = free_port()
    told: list[str] = []
    master = Aside(
        lambda: processes.run_master(
            plan(endpoint),
            key=KEY,
            bind="127.0.0.1",
            port=port,
            on_progress=lambda progress: told.append(progress.word),
        )
    )
    with pytest.raises(Mistake, match="the master refuses this worker: its key is another than the master's"):
        processes.run_worker("127.0.0.1", port, key=Key("another"))
    assert endpoint.count == 0
    until(lambda: any("is refused: its key is another" in word for word in told))
    processes.run_worker("127.0.0.1", port, key=KEY)
    master.join(120)
    assert master.outcome.run_counts.sent == endpoint.count > 0


@pytest.mark.exhaustive
def test_workers_wait_for_a_master_that_comes_later(endpoint: Received) -> None:
    port = free_port()
    worker = Aside(lambda: processes.run_worker("127.0.0.1", port))
    sleep(2.0)
    result = processes.run_master(plan(endpoint), bind="127.0.0.1", port=port)
    worker.join(120)
    assert worker.outcome is None
    assert result.run_counts.sent == endpoint.count > 0


@pytest.mark.exhaustive
def test_a_worker_whose_master_is_gone_stops_and_says_so(endpoint: Received) -> None:
    port = free_port()
    worker = Aside(lambda: processes.run_worker("127.0.0.1", port))
    arguments = [sys.executable, "-c", _MASTER, endpoint.url, str(port)]
    with subprocess.Popen(arguments) as master:
        until(lambda: endpoint.count > 20)
        for process in (*psutil.Process(master.pid).children(), master):
            process.kill()
    worker.join(120)
    assert isinstance(worker.outcome, Mistake)
    assert worker.outcome.message == "the master is gone, so this worker has stopped"


def test_a_port_that_is_taken_is_said_so(endpoint: Received) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(BadOption, match="address already in use"):
        processes.run_master(plan(endpoint), bind="127.0.0.1", port=server.getsockname()[1])


def test_a_master_without_an_address_is_said_so() -> None:
    with pytest.raises(BadOption, match=r"the master's host `no\.such\.host\.invalid` has no address"):
        processes.run_worker("no.such.host.invalid")


def test_without_locust_the_extra_is_named(endpoint: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as raised:
        processes.run(plan(endpoint))
    assert raised.value.hint == "pip install 'mock-alohub[load]'"


@pytest.mark.exhaustive
def test_settings_for_locust_lying_about_do_not_change_the_run(
    endpoint: Received, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locust.conf").write_text("users = 500\nheadless = false\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCUST_RUN_TIME", "1s")
    monkeypatch.setenv("MOCK_ALOHUB_RATE", "1")
    wanted = plan(endpoint)
    assert processes.run(wanted).run_counts.sent == total(wanted)


@pytest.mark.exhaustive
def test_a_search_for_the_capacity_offers_step_after_step(endpoint: Received) -> None:
    options = CapacityOptions(start_rate=20, max_rate=40, time_budget_s=30, step_s=1, confirm_s=2, rest_s=0.1)
    result = processes.run(plan(endpoint), capacity=options)
    # A step that a busy machine could not offer is tried again.
    assert list(dict.fromkeys(step.rate for step in result.steps))[:2] == [20, 40]
    assert result.run_counts.sent > 0
    assert endpoint.count > result.run_counts.sent


def _interrupting(when: Callable[[Progress], object]) -> Callable[[Progress], None]:
    """Ctrl-C, once, as soon as the progress is as wanted."""
    pressed: list[Progress] = []

    def look(progress: Progress) -> None:
        if not pressed and when(progress):
            pressed.append(progress)
            raise KeyboardInterrupt

    return look


def test_an_interrupted_run_has_what_was_counted(endpoint: Received) -> None:
    result = processes.run(
        plan(endpoint, duration_s=60.0), on_progress=_interrupting(lambda progress: progress.acknowledged)
    )
    assert result.interrupted
    assert 0 < result.run_counts.first.acknowledged <= endpoint.count


@pytest.mark.exhaustive
def test_a_run_interrupted_before_it_begins_has_counted_nothing(endpoint: Received) -> None:
    result = processes.run_master(
        plan(endpoint), bind="127.0.0.1", port=free_port(), on_progress=_interrupting(lambda _: True)
    )
    assert result.interrupted
    assert result.run_counts.scheduled == endpoint.count == 0


@pytest.mark.exhaustive
def test_an_interrupted_search_keeps_its_steps(endpoint: Received) -> None:
    options = CapacityOptions(start_rate=20, max_rate=40, time_budget_s=30, step_s=1, confirm_s=2, rest_s=2.0)
    steps: set[int] = set()

    def look(progress: Progress) -> None:
        steps.add(progress.step)
        if progress.phase == "waiting" and 1 in steps:
            raise KeyboardInterrupt

    result = processes.run(plan(endpoint), capacity=options, on_progress=look)
    assert result.interrupted
    assert [step.rate for step in result.steps] == [20]
    assert result.run_counts.sent > 0


def test_a_mistake_of_the_plan_is_raised_as_the_worker_says_it(endpoint: Received, tmp_path: Path) -> None:
    document = foreign.load(written(tmp_path, FORMS["basic"]))
    wanted = LoadPlan(endpoint.url, ("order.made",), 10.0, 5.0, described=carried(document, ["order.made"]))
    with pytest.raises(Mistake, match="the key of this document is `user:password`"):
        processes.run(wanted, key=Key("a-word"))


@pytest.mark.exhaustive
def test_the_key_is_on_no_command_line(endpoint: Received) -> None:
    seen: list[str] = []

    def look(progress: Progress) -> None:
        for process in family():
            seen.extend(process.cmdline())

    processes.run(plan(endpoint, duration_s=3.0), key=KEY, workers=2, on_progress=look)
    assert any("mock_alohub.load.generator" in one for one in seen)
    assert not any(KEY.reveal() in one for one in seen)
