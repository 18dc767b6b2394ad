"""One step of a search: what is run, and what is made of its figures."""

from __future__ import annotations

import pytest

from mock_alohub.load.capacity import StepPlan, StepResult
from mock_alohub.load.counts import Counts, RunCounts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.result import Result, WorkerShare
from mock_alohub.load.step import DRAIN_S, plan_of, step_of
from mock_alohub.load.thresholds import Thresholds

PLAN = LoadPlan(
    url="http://127.0.0.1:8000/hook", webhooks=("alohub.call-ended",), rate=10, duration_s=30, profile="ramp", seed=5
)
LEG = StepPlan(100, 8, 1)


def counted(
    *, late: int = 0, refused: int = 0, failed: int = 0, latency_s: float = 0.05, rise_s: float = 0.0
) -> RunCounts:
    """Eight seconds at 100 calls/s; the latency rises by `rise_s` every second."""
    bad = late + refused + failed
    run_counts = RunCounts(scheduled=800, sent=800, elapsed_s=8, first=Counts(800 - bad, late, refused, failed))
    for second in range(8):
        cell = run_counts.cell(second)
        cell.scheduled = cell.sent = 100
        for _ in range(100):
            cell.latencies.add(latency_s + rise_s * second)
            run_counts.latencies.add(latency_s + rise_s * second)
            run_counts.lag.add(0.001)
    if refused:
        run_counts.blame("status 503", refused)
    if failed:
        run_counts.blame("reset: the endpoint reset the connection", failed)
    return run_counts


def step(run_counts: RunCounts, thresholds: Thresholds | None = None) -> StepResult:
    return step_of(LEG, Result(run_counts, (WorkerShare("one", run_counts.sent),)), thresholds or Thresholds())


def test_a_step_is_a_steady_run_without_retries() -> None:
    plan = plan_of(LEG, PLAN, 0)
    assert (plan.rate, plan.duration_s, plan.profile, plan.retries) == (100, 8, "steady", False)
    assert plan.drain_s == DRAIN_S


def test_every_step_has_calls_of_its_own() -> None:
    assert len({plan_of(LEG, PLAN, number).seed for number in range(10)}) == 10


def test_what_a_step_is_not_about_stays_as_it_was() -> None:
    plan = plan_of(LEG, PLAN, 3)
    assert (plan.url, plan.webhooks, plan.arrivals) == (PLAN.url, PLAN.webhooks, PLAN.arrivals)


def test_a_step_within_its_limits_holds() -> None:
    found = step(counted())
    assert (found.kept, found.because, found.offered) == (True, "", True)
    assert (found.rate, found.seconds, found.achieved_per_s) == (100, 8, 100)
    assert found.p99_ms == pytest.approx(50, rel=0.01)


@pytest.mark.parametrize(
    ("run_counts", "because"),
    [
        (counted(late=1), "late answers"),
        (counted(refused=3), "refused calls, most for status 503"),
        (counted(failed=2), "failed calls, most for reset: the endpoint reset the connection"),
    ],
)
def test_a_broken_limit_is_named(run_counts: RunCounts, because: str) -> None:
    found = step(run_counts)
    assert (found.kept, found.because) == (False, because)


def test_the_counts_are_those_of_the_step() -> None:
    found = step(counted(late=1, refused=2, failed=3))
    assert (found.late, found.refused, found.failed) == (1, 2, 3)


def test_what_is_allowed_holds() -> None:
    assert step(counted(late=4), Thresholds(late_percent=0.5)).kept


def test_a_latency_above_its_limit_is_named() -> None:
    assert step(counted(latency_s=0.3), Thresholds(p99_ms=200)).because == "p99 latency"


def test_a_queue_that_grows_does_not_hold() -> None:
    found = step(counted(rise_s=0.2))
    assert (found.kept, found.because) == (False, "a queue grows: latency rises by 200 ms every second")


def test_a_generator_that_could_not_keep_up_says_nothing_of_the_endpoint() -> None:
    run_counts = counted(late=20)
    run_counts.unsend("in-flight-limit", 400)
    run_counts.scheduled += 400
    found = step(run_counts)
    assert (found.kept, found.offered, found.gross) == (False, False, False)
    assert "not made" in found.because
