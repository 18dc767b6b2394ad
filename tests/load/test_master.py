"""The coordinator at work: runs that are asked for, workers that are asked who they are, words for the parent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any

import pytest

from mock_alohub.load.control_pipe import Line
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.identity import own_identity
from mock_alohub.load.master import ORDER, Master
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import Done, Hello, UserMistake, to_wire

KEY = "the-key"
PLAN = LoadPlan("http://127.0.0.1:9/hook", ("alohub.call-ended",), 10.0, 20.0)


class Runner:
    """Takes the messages to the workers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str | None, dict[str, Any]]] = []

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        assert msg_type == ORDER
        self.sent.append((client_id, data))

    def told(self, kind: str) -> list[str | None]:
        return [worker for worker, order in self.sent if kind in order]


class Scene:
    """A lead with its runner, and whoever is connected."""

    def __init__(self, *, expected: int = 1, line: Line | None = None) -> None:
        self.runner, self.present, self.said = Runner(), ["a", "b"], list[str]()
        self.master = Master(
            self.runner, lambda: self.present, key=KEY, expected=expected, say=self.said.append, line=line
        )

    def hello(self, worker: str, key: str = KEY) -> None:
        self.master.hear(worker, to_wire(Hello(own_identity(key))))

    def done(self, worker: str, sent: int, step: int = 1) -> None:
        run_counts = RunCounts(calls=sent, scheduled=sent, sent=sent)
        self.master.hear(worker, to_wire(Done(step, run_counts, stopped=False)))


@pytest.fixture
def scenes() -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(**more: Any) -> Scene:
        made.append(Scene(**more))
        return made[-1]

    yield make
    for scene in made:
        scene.master.close()


def until(holds: Callable[[], object]) -> None:
    deadline = monotonic() + 20
    while not holds():
        assert monotonic() < deadline
        sleep(0.02)


def test_a_run_waits_for_the_workers_that_are_expected(scenes: Callable[..., Scene]) -> None:
    scene = scenes(expected=2)
    scene.master.start(PLAN)
    scene.hello("a")
    assert not scene.runner.told("go")
    scene.hello("b")
    assert scene.runner.told("go") == ["a", "b"]
    assert not scene.master.over


def test_it_is_over_with_the_result(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.hello("a")
    scene.master.start(PLAN)
    scene.done("a", 12)
    assert scene.master.finished
    assert scene.master.result is not None
    assert scene.master.result.run_counts.sent == 12


def test_who_is_connected_and_unknown_is_asked_who_it_is(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.hello("a")
    until(lambda: "b" in scene.runner.told("who"))
    assert "a" not in scene.runner.told("who")


def test_a_stop_while_workers_are_waited_for_ends_the_wait(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.master.start(PLAN)
    scene.master.stop()
    assert scene.master.finished
    assert scene.master.result is not None
    assert scene.master.result.interrupted
    scene.hello("a")
    assert not scene.runner.told("go")


def test_a_stop_does_not_wait_for_long_for_a_worker_that_does_not_answer(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.hello("a")
    scene.master.start(PLAN)
    began = monotonic()
    scene.master.stop()
    assert 1.0 < monotonic() - began < 5.0
    assert scene.master.over


def test_a_workers_mistake_stops_the_run_and_is_kept(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.hello("a")
    scene.master.start(PLAN)
    scene.master.hear("a", to_wire(UserMistake("no such webhook")))
    assert scene.master.mistake == "no such webhook"
    assert scene.runner.told("stop") == ["a"]


def test_a_parent_is_told_of_progress_and_of_the_result(scenes: Callable[..., Scene]) -> None:
    read, write = os.pipe()
    with os.fdopen(read) as pipe:
        scene = scenes(line=Line(write))
        assert json.loads(pipe.readline())["progress"]["progress"]["phase"] == "waiting"
        scene.hello("a")
        scene.master.start(PLAN)
        scene.done("a", 12)
        event = json.loads(pipe.readline())
        while "ended" not in event:
            event = json.loads(pipe.readline())
        assert event["ended"]["result"]["counts"]["sent"] == 12
        assert scene.master.over
        assert not scene.master.finished
    os.close(write)


def test_a_worker_that_speaks_otherwise_is_refused_by_the_name_of_its_message(scenes: Callable[..., Scene]) -> None:
    scene = scenes()
    scene.master.hear("a", {"hello": {"identity": {"name": "of another version"}}})
    scene.master.hear("b", {"greeting": {}})
    refused = {worker: order["refused"]["reason"] for worker, order in scene.runner.sent if "refused" in order}
    assert "`hello` otherwise" in refused["a"]
    assert "no message `greeting`" in refused["b"]
