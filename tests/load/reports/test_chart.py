from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load.reports import chart


@given(st.floats(0.01, 1e6))
def test_a_round_top_holds_the_value_with_few_ticks(value: float) -> None:
    top, step = chart.round_top(value)
    assert top >= value * 0.999
    assert 2 <= len(chart.ticks(top, step, chart.upward(top))) <= 7


@pytest.mark.parametrize(("value", "top", "step"), [(208, 250, 50), (50, 50, 10), (0.7, 0.8, 0.2), (3040, 4000, 1000)])
def test_a_round_top_is_a_number_one_would_choose(value: float, top: float, step: float) -> None:
    assert chart.round_top(value) == pytest.approx((top, step))


@given(st.floats(0.5, 5e5))
def test_the_time_axis_has_a_few_marks_at_most(span_s: float) -> None:
    ticks = chart.time_ticks(span_s, chart.across(0, span_s))
    assert 2 <= len(ticks) <= 9
    assert all(later.at - former.at >= 90 for former, later in pairwise(ticks))


@pytest.mark.parametrize(
    ("span_s", "labels"),
    [
        (10, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"]),
        (60, ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "1 min"]),
        (3600, ["0 s", "10 min", "20 min", "30 min", "40 min", "50 min", "1 h"]),
    ],
)
def test_moments_are_round(span_s: float, labels: list[str]) -> None:
    assert [tick.label for tick in chart.time_ticks(span_s, chart.across(0, span_s))] == labels


@given(st.floats(0, 1e7))
def test_no_value_is_drawn_outside(value: float) -> None:
    assert chart.LEFT <= chart.across(0, 100)(value) <= chart.RIGHT
    assert chart.TOP <= chart.upward(100)(value) <= chart.BOTTOM
    assert chart.TOP <= chart.upward_log(1, 4)(value) <= chart.BOTTOM


@given(st.lists(st.floats(0.001, 1e6), max_size=5))
def test_the_decades_hold_every_value_from_a_tenth_of_a_millisecond_on(values: list[float]) -> None:
    low, high = chart.decades(values, 500, 7500)
    assert all(10.0**low * 0.999 <= max(value, 0.1) <= 10.0**high * 1.001 for value in [*values, 500, 7500])


def test_a_line_is_interrupted_where_there_is_no_value() -> None:
    assert chart.line([(1, 2), (3, None), (5, 6), (7, 8)]) == "M1.0 2.0h0M5.0 6.0h0L7.0 8.0"


def test_an_area_stands_on_the_ground() -> None:
    assert chart.area([(1, 2), (3, 4)]) == f"M1.0 {chart.BOTTOM}L1.0 2.0L3.0 4.0L3.0 {chart.BOTTOM}Z"
    assert chart.area([]) == ""


def test_latencies_are_labelled_in_the_unit_that_fits() -> None:
    assert [tick.label for tick in chart.latency_ticks(-1, 4)] == ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]
