"""The line between a run's parent and its locust process."""

from __future__ import annotations

import os
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load.control_pipe import EVENTS_FD, Line, Lines
from mock_alohub.load.protocol import Finish, Gone, Message, Say, Stop


def test_what_is_told_on_one_end_is_read_on_the_other() -> None:
    read, write = os.pipe()
    line = Line.of_environment({EVENTS_FD: str(write)})
    assert line is not None
    line.tell(Say("khoá"))
    line.tell(Stop())
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert Lines().feed(pipe.read()) == [Say("khoá"), Stop()]


def test_without_a_parent_there_is_no_line() -> None:
    assert Line.of_environment({}) is None


def test_a_parent_that_is_gone_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    Line(write).tell(Stop())
    os.close(write)


@given(st.lists(st.integers(0, 40), max_size=10))
def test_messages_are_the_same_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    data = b'{"gone": {"pid": 1}}\n{"say": {"sentence": "c"}}\n\n{"finish": {}}\n{"st'
    lines, got = Lines(), list[Message]()
    places = [0, *sorted(cuts), len(data)]
    for begin, end in pairwise(places):
        got += lines.feed(data[begin:end])
    assert got == [Gone(1), Say("c"), Finish()]
