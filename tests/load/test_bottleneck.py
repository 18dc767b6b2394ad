from __future__ import annotations

import pytest

from mock_alohub.load.bottleneck import generator_record
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.result import WorkerShare
from tests.load.stories import run_counts

IDLE = (WorkerShare("a/1", 6000, cpu_percent=12.0), WorkerShare("a/2", 6000, cpu_percent=31.5))


def reason(counted: RunCounts, *workers: WorkerShare) -> str:
    found = generator_record(counted, workers or IDLE)
    assert found["bottleneck"] == bool(found["reason"])
    return found["reason"]


def test_a_generator_that_made_every_call_in_time_is_no_bottleneck() -> None:
    assert reason(run_counts()) == ""


@pytest.mark.parametrize(
    ("lags", "words"),
    [
        ([0.0501], "100 % of the departures were more than 50 ms late"),
        ([0.001] * 98 + [0.06] * 2, "2 % of the departures were more than 50 ms late"),
    ],
)
def test_departures_that_are_late_are_told_as_a_share(lags: list[float], words: str) -> None:
    assert reason(run_counts(lags=lags)) == words


def test_one_late_departure_of_many_is_borne() -> None:
    assert reason(run_counts(lags=[0.001] * 99 + [0.9])) == ""


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("in-flight-limit", "too many in flight: 12"),
        ("open-files-limit", "no more open files allowed: 12"),
        ("behind", "more than 1 s late: 12"),
        ("a worker was lost", "a worker was lost: 12"),
    ],
)
def test_departures_that_were_not_made_are_told_with_their_reason(why: str, words: str) -> None:
    assert reason(run_counts(unsent={why: 12})) == f"0.1 % of the departures were not made ({words})"


def test_departures_that_are_missing_without_a_reason_are_told_too() -> None:
    counted = run_counts(980)
    counted.scheduled = 1000
    assert reason(counted) == "2 % of the departures were not made"


def test_the_processor_is_that_of_the_busiest_worker() -> None:
    assert generator_record(run_counts(), IDLE)["cpu_percent"] == 31.5


def test_without_a_worker_that_tells_there_is_no_processor_time() -> None:
    assert generator_record(run_counts(), (WorkerShare("a/1", 3),))["cpu_percent"] is None


def test_a_busy_processor_alone_is_no_reason() -> None:
    assert reason(run_counts(), WorkerShare("a/1", 12_000, cpu_percent=99.0)) == ""


def test_a_busy_processor_and_late_departures_are_one() -> None:
    words = reason(run_counts(lags=[0.02]), WorkerShare("a/1", 12_000, cpu_percent=99.0))
    assert words == "a worker had no CPU left (99 %), and departures were late by 20 ms at p99"
