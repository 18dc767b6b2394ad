"""The judge of the load generators, given arrivals whose judgement is known."""

from __future__ import annotations

from bisect import insort
from random import Random

import pytest

from benchmarks.load_arrivals import dispersion, fidelity_to_rate, fidelity_to_schedule

EVEN = [1_000.0 + number / 200 for number in range(2_000)]


def at_random(rate: float, seconds: float) -> list[float]:
    draw, at, found = Random(1), 0.0, []
    while (at := at + draw.expovariate(rate)) < seconds:
        found.append(at)
    return found


def test_even_arrivals_are_without_error_and_deviation() -> None:
    found = fidelity_to_rate(EVEN, 200.0, 10.0)
    assert found.error == 0
    assert found.deviation_p99_ms == pytest.approx(0, abs=0.001)
    assert found.dispersion < 0.3


def test_one_late_call_in_fifty_is_the_p99() -> None:
    arrivals = sorted(at + (0.007 if number % 50 == 0 else 0.0) for number, at in enumerate(EVEN))
    found = fidelity_to_schedule(arrivals, [at - 1_000.0 for at in EVEN], 10.0)
    # It is overtaken by the next call, and the n-th arrival belongs to the n-th departure: both are late, by less.
    assert found.deviation_p99_ms == pytest.approx(5.0, abs=0.1)


def test_a_pause_that_is_made_up_for_is_deviation_and_no_error() -> None:
    arrivals = [max(at, 1_005.0) if at >= 1_004.0 else at for at in EVEN]
    found = fidelity_to_rate(arrivals, 200.0, 10.0)
    assert found.error == 0
    assert found.deviation_p99_ms == pytest.approx(920, abs=20)


def test_calls_that_were_not_made_are_an_error() -> None:
    assert fidelity_to_rate(EVEN[::2], 200.0, 10.0).error == pytest.approx(0.5)
    assert fidelity_to_schedule(EVEN[:-20], [at - 1_000.0 for at in EVEN], 10.0).error == pytest.approx(0.01)


def test_a_surplus_call_is_an_error() -> None:
    arrivals = list(EVEN)
    insort(arrivals, 1_000.001)
    assert fidelity_to_schedule(arrivals, [at - 1_000.0 for at in EVEN], 10.0).error == pytest.approx(1 / 2_000)


def test_no_arrivals_are_the_whole_error() -> None:
    assert fidelity_to_rate([], 200.0, 10.0).error == 1
    assert fidelity_to_schedule([], EVEN, 10.0).error == 1


def test_poisson_arrivals_that_follow_their_schedule_are_without_deviation() -> None:
    schedule = at_random(1_000.0, 20.0)
    found = fidelity_to_schedule([50.0 + at for at in schedule], schedule, 20.0)
    assert found.error == 0
    assert found.deviation_p99_ms == pytest.approx(0, abs=0.001)
    assert found.dispersion == pytest.approx(1, abs=0.1)


def test_users_that_fire_in_step_are_seen_as_bunches() -> None:
    bunches = [second / 10 + 0.001 for second in range(100) for _ in range(20)]
    assert dispersion(bunches) > 15
