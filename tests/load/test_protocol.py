"""What the processes of a load run say: every message comes through, and what is none is named."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from mock_alohub.load.counts import RunCounts
from mock_alohub.load.identity import own_identity
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import (
    Beat,
    Died,
    Done,
    Ended,
    Exited,
    Finish,
    Go,
    Gone,
    Hello,
    Leaving,
    Listening,
    Message,
    Ready,
    Refused,
    RunStep,
    Say,
    Share,
    Standing,
    Stop,
    UnknownMessage,
    UserMistake,
    Welcome,
    Who,
    from_wire,
    to_wire,
)
from mock_alohub.load.result import Progress, Result

PLAN = LoadPlan("http://127.0.0.1:9/hook", ("alohub.call-ended",), 10.0, 20.0)
COUNTS = RunCounts(scheduled=7, sent=5, unsent={"behind": 2})
EVERY: list[Message] = [
    RunStep(PLAN),
    Stop(3),
    Gone(4711),
    Finish(),
    Listening(5557),
    Standing(Progress("running", step=2, sent=5, word="a word")),
    Ended(Result(COUNTS, (), notes=("a note",))),
    Say("khoá"),
    UserMistake("no such webhook", "name another", 2),
    Exited(-9),
    Who(),
    Welcome(3),
    Refused("its key is another"),
    Go(1, PLAN, begins_in_s=0.5, index=1, count=3, worker=7),
    Share(1, 3.5, index=0, count=2),
    Hello(own_identity("the-key")),
    Leaving(),
    Ready(4711, "0.1.0", "here"),
    Beat(1, COUNTS),
    Done(1, COUNTS, stopped=True),
    Died(1, "no module"),
]


def test_every_message_is_tried() -> None:
    assert {type(one) for one in EVERY} == set(get_args(Message))


@pytest.mark.parametrize("message", EVERY, ids=lambda one: type(one).__name__)
def test_a_message_comes_through_as_it_was(message: Message) -> None:
    assert from_wire(json.loads(json.dumps(to_wire(message)))) == message


@pytest.mark.parametrize(
    ("wire", "said"),
    [
        ({"jump": {}}, "no message `jump`"),
        ({"share": {"step": 1}}, "writes `share` otherwise"),
        ({"stop": {"leg": 1}}, "writes `stop` otherwise"),
        ({"beat": {"step": 1, "counts": {}}}, "writes `beat` otherwise"),
        ({"stop": []}, "writes `stop` otherwise"),
        ({"stop": None}, "writes `stop` otherwise"),
        ({}, "no message of a load run"),
        ({"stop": {}, "who": {}}, "no message of a load run"),
        ([], "no message of a load run"),
    ],
)
def test_what_is_no_message_is_named(wire: Any, said: str) -> None:
    with pytest.raises(UnknownMessage, match=said):
        from_wire(wire)


def test_a_mistake_is_the_same_in_the_other_process() -> None:
    told = UserMistake("no such webhook", "name another", 2).as_mistake()
    assert UserMistake.of(told) == UserMistake("no such webhook", "name another", 2)
