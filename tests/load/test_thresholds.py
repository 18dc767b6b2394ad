from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.errors import BadOption
from mock_alohub.load.record import ThresholdRecord
from mock_alohub.load.thresholds import Thresholds
from tests.load.stories import run_counts


def one(name: str, thresholds: Thresholds, counted: Any, *, retries: bool = True) -> ThresholdRecord:
    return next(found for found in thresholds.measured(counted, retries=retries) if found["name"] == name)


def test_by_default_nothing_but_an_acknowledgement_in_time_is_allowed() -> None:
    found = Thresholds().measured(run_counts(), retries=True)
    assert [(one["name"], one["limit"], one["kept"]) for one in found] == [
        ("late", 0.0, True), ("refused", 0.0, True), ("failed", 0.0, True), ("lost", 0.0, True),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["late", "refused", "failed"])
def test_a_single_call_breaks_a_limit_of_nothing(name: str) -> None:
    counted = run_counts(1_000_000, **{name: 1})  # type: ignore[arg-type]  # the names are those of its counts
    assert one(name, Thresholds(), counted)["kept"] is False


@pytest.mark.parametrize(("late", "kept"), [(12, True), (13, False)])
def test_a_share_equal_to_its_limit_is_kept(late: int, kept: bool) -> None:
    assert one("late", Thresholds(late_percent=0.1), run_counts(12_000, late=late))["kept"] is kept


@given(st.integers(1, 10**6), st.sampled_from([0.1, 0.3, 0.7, 1.1, 3.3, 33.3]))
def test_a_share_is_compared_without_error_of_rounding(thousands: int, limit: float) -> None:
    sent = thousands * 1000
    allowed = round(limit * 10) * thousands
    assert one("late", Thresholds(late_percent=limit), run_counts(sent, late=allowed))["kept"]
    assert not one("late", Thresholds(late_percent=limit), run_counts(sent, late=allowed + 1))["kept"]


def test_lost_calls_are_a_share_of_the_deliveries() -> None:
    found = one("lost", Thresholds(lost_percent=1), run_counts(200, lost=3, undecided=7))
    assert (found["measured"], found["kept"]) == (1.5, False)


def test_without_retries_lost_calls_are_not_measured() -> None:
    assert [found["name"] for found in Thresholds().measured(run_counts(), retries=False)] == [
        "late",
        "refused",
        "failed",
    ]


def test_a_latency_is_measured_where_it_is_limited() -> None:
    limits = Thresholds(p50_ms=10, p95_ms=84, p99_ms=84)
    found = {one["name"]: one for one in limits.measured(run_counts(), retries=True) if one["unit"] == "ms"}
    assert {name: (one["measured"], one["kept"]) for name, one in found.items()} == {
        "p50": (30.0, False), "p95": (84.0, True), "p99": (84.0, True),
    }  # fmt: skip


def test_a_latency_that_no_answer_gave_breaks_its_limit() -> None:
    found = one("p99", Thresholds(p99_ms=2000), run_counts(10, failed=10, latencies=[]))
    assert (found["measured"], found["kept"]) == (None, False)


def test_a_share_of_nothing_breaks_nothing() -> None:
    found = one("late", Thresholds(), run_counts(0, latencies=[], lags=[]))
    assert (found["measured"], found["kept"]) == (None, True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"late_percent": -1.0}, "--max-late is -1 percent"),
        ({"lost_percent": 101.0}, "--max-lost is 101 percent"),
        ({"p99_ms": 0.0}, "--max-p99 is 0 ms"),
    ],
)
def test_a_limit_that_makes_no_sense_is_a_mistake(values: dict[str, float], words: str) -> None:
    with pytest.raises(BadOption, match=words):
        Thresholds(**values)


def test_limits_travel_as_json() -> None:
    limits = Thresholds(late_percent=0.1, p99_ms=2000)
    assert Thresholds.of_dict(limits.as_dict()) == limits
