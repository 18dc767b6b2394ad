"""Which worker makes which departures."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load.sharding import Shares

DEPARTURES = [second / 4 for second in range(40)]


def test_two_workers_take_turns() -> None:
    shares = Shares.among(["a", "b"])
    assert shares.place("a") == (0, 2)
    assert shares.place("b") == (1, 2)
    assert shares.owed("a", DEPARTURES).total() == shares.owed("b", DEPARTURES).total() == 20


def test_a_lost_workers_departures_are_the_others_from_the_moment_they_know() -> None:
    shares = Shares.among(["a", "b"])
    shares.without("b", 5.0)
    assert shares.place("a") == (0, 1)
    assert shares.owed("b", DEPARTURES) == dict.fromkeys(range(5), 2)
    assert shares.owed("a", DEPARTURES) == {second: 2 if second < 5 else 4 for second in range(10)}


def test_two_that_are_lost_at_once_leave_their_shares_one_after_the_other() -> None:
    shares = Shares.among(["a", "b", "c"])
    shares.without("a", 3.0)
    shares.without("b", 2.0)
    assert shares.workers == ("c",)
    assert [turn.from_s for turn in shares.turns] == [0.0, 3.0, 3.0]


@given(
    st.integers(1, 6).map(lambda count: [f"w{number}" for number in range(count)]),
    st.lists(st.floats(0, 10), max_size=5),
    st.lists(st.floats(0, 12), max_size=200).map(sorted),
)
def test_every_departure_is_one_workers(workers: list[str], losses: list[float], departures: list[float]) -> None:
    shares = Shares.among(workers)
    for at_s in losses[: len(workers) - 1]:
        shares.without(shares.workers[0], at_s)
    assert sum(shares.owed(worker, departures).total() for worker in workers) == len(departures)
