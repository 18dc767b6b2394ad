from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load import figures
from mock_alohub.load.counts import Cell, RunCounts
from mock_alohub.load.latencies import Latencies
from mock_alohub.percentiles import nearest_rank

seconds = st.floats(0, 8)


def of(*values: float) -> Latencies:
    made = Latencies()
    for one in values:
        made.add(one)
    return made


def test_percentiles_of_nothing_are_nothing() -> None:
    assert set(figures.percentiles(Latencies()).values()) == {None}
    assert figures.curve(Latencies()) == []


@given(st.lists(seconds, min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.99, 0.999]))
def test_percentiles_are_those_of_the_sorted_values(values: list[float], share: float) -> None:
    exact = nearest_rank(sorted(values), share) * 1000
    assert figures.milliseconds(of(*values), share) == pytest.approx(exact, rel=0.001, abs=0.002)


@given(st.lists(seconds, min_size=1, max_size=300))
def test_the_curve_rises_from_the_fastest_to_the_slowest(values: list[float]) -> None:
    pairs = figures.curve(of(*values))
    assert all(before[0] < after[0] and before[1] <= after[1] for before, after in pairwise(pairs))
    assert pairs[-1] == [1.0, round(max(values) * 1000, 3)]


@given(st.lists(seconds, min_size=1, max_size=300))
def test_the_curve_agrees_with_the_percentiles(values: list[float]) -> None:
    made = of(*values)
    assert all(latency == figures.milliseconds(made, share) for share, latency in figures.curve(made))


@pytest.mark.parametrize(("count", "most"), [(1, 0.0), (10, 0.9), (1000, 0.999)])
def test_the_curve_goes_as_far_as_the_number_of_values_tells(count: int, most: float) -> None:
    shares = [share for share, _ in figures.curve(of(*[0.1] * count))]
    assert max([share for share in shares if share < 1], default=0.0) <= most


def test_a_whole_millisecond_is_not_above_itself() -> None:
    assert figures.above(of(0.049, 0.050, 0.0501, 0.2), 50) == 2


def test_causes_come_with_the_most_frequent_first() -> None:
    counted = RunCounts(causes={"status 503": 2, "reset: gone": 9, "a": 2})
    assert [one["cause"] for one in figures.causes(counted)] == ["reset: gone", "a", "status 503"]


def test_the_timeline_is_in_order_with_the_length_of_its_cells() -> None:
    counted = RunCounts(cell_s=4, timeline={8: Cell(scheduled=3), 0: Cell(scheduled=5)})
    cells = list(figures.timeline(counted))
    assert [(one["at_s"], one["for_s"], one["scheduled"]) for one in cells] == [(0.0, 4.0, 5), (8.0, 4.0, 3)]
