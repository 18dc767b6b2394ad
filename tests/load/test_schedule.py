from collections import Counter
from itertools import islice, pairwise
from statistics import fmean, pvariance
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.profiles import NAMES, named
from mock_alohub.load.schedule import departures


def plan(**changes: Any) -> LoadPlan:
    usual: dict[str, Any] = {"url": "http://127.0.0.1:1/hook", "webhooks": ("alohub.call-ended",)}
    return LoadPlan(**{**usual, "rate": 1_000, "duration_s": 20, **changes})


def spread(times: list[float], duration_s: float, window_s: float = 0.01) -> float:
    """Variance to mean of the arrivals per window: 0 for even ones, 1 for Poisson."""
    windows = Counter(int(at_s / window_s) for at_s in times)
    counts = [windows[number] for number in range(round(duration_s / window_s))]
    return pvariance(counts) / fmean(counts)


def test_constant_arrivals_are_even_and_exactly_as_many_as_asked_for() -> None:
    times = list(departures(plan(arrivals="constant")))
    assert len(times) == 20_000
    assert {round(after - before, 9) for before, after in pairwise(times)} == {0.001}


def test_poisson_arrivals_scatter_as_calls_do() -> None:
    times = list(departures(plan()))
    assert 0.9 < spread(times, 20) < 1.1


def test_poisson_arrivals_are_exactly_as_many_as_asked_for() -> None:
    assert len(list(departures(plan()))) == 20_000


def test_the_seconds_of_a_run_differ_as_they_do_by_chance() -> None:
    assert 0.5 < spread(list(departures(plan(duration_s=200))), 200, window_s=1) < 1.5


def test_the_seed_decides() -> None:
    one, same, other = (list(departures(plan(seed=seed))) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("profile", NAMES)
@pytest.mark.parametrize("arrivals", ["poisson", "constant"])
@given(rate=st.floats(0.5, 3_000), duration_s=st.floats(0.5, 100))
def test_departures_rise_within_the_run(profile: str, arrivals: str, rate: float, duration_s: float) -> None:
    times = list(islice(departures(plan(rate=rate, duration_s=duration_s, profile=profile, arrivals=arrivals)), 500))
    assert times == sorted(times)
    assert all(0 <= at_s <= duration_s * (1 + 1e-9) for at_s in times)


@pytest.mark.parametrize("profile", NAMES)
def test_a_profile_has_as_many_calls_by_chance_as_even_ones(profile: str) -> None:
    even, chance = (
        list(departures(plan(profile=profile, arrivals=kind, duration_s=60))) for kind in ("constant", "poisson")
    )
    assert len(chance) == pytest.approx(len(even), abs=1)


@pytest.mark.parametrize("profile", NAMES)
def test_a_profile_has_as_many_departures_as_its_rate_adds_up_to(profile: str) -> None:
    made = plan(profile=profile, arrivals="constant", duration_s=60)
    curve = named(profile).curve(made.rate, made.duration_s)
    times = list(departures(made))
    assert len(times) == pytest.approx(curve.total, abs=1)
    for quarter_s in (15, 30, 45):
        assert sum(at_s < quarter_s for at_s in times) == pytest.approx(curve.calls_by(quarter_s), abs=1)
