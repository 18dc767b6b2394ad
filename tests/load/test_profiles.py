"""How the rate goes over a run."""

from __future__ import annotations

from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls.call import Direction, Outcome
from mock_alohub.calls.distributions import HOURS_PER_MILLE
from mock_alohub.errors import UnknownName
from mock_alohub.load.profiles import NAMES, PROFILES, Curve, Profile, named

EVERY = pytest.mark.parametrize("profile", PROFILES, ids=NAMES)
PROFILE = st.sampled_from(PROFILES)
RATES = st.floats(0.1, 20_000)
DURATIONS = st.floats(1, 86_400)


@EVERY
def test_the_rate_asked_for_is_the_highest(profile: Profile) -> None:
    assert profile.curve(200, 60).peak == pytest.approx(200)


@given(PROFILE, RATES, DURATIONS)
def test_a_profile_fills_its_duration_and_is_never_negative(profile: Profile, rate: float, duration_s: float) -> None:
    curve = profile.curve(rate, duration_s)
    times = [at_s for at_s, _ in curve.points]
    assert times[0] == 0
    assert curve.duration_s == pytest.approx(duration_s)
    assert times == sorted(times)
    assert all(per_s >= 0 for _, per_s in curve.points)


@pytest.mark.exhaustive
@given(PROFILE, st.floats(1, 500), st.floats(5, 60))
def test_a_call_is_due_when_so_many_calls_are_due(profile: Profile, rate: float, duration_s: float) -> None:
    curve = profile.curve(rate, duration_s)
    numbers = [number + 0.5 for number in range(int(curve.total))]
    assert [curve.calls_by(at_s) for at_s in curve.times(numbers)] == pytest.approx(numbers, abs=1e-6)


@EVERY
def test_the_times_of_calls_rise_and_end_with_the_run(profile: Profile) -> None:
    curve = profile.curve(100, 60)
    times = list(curve.times(count(0.5)))
    assert len(times) == pytest.approx(curve.total, abs=1)
    assert all(one < next_one for one, next_one in pairwise(times))
    assert 0 <= times[0] < times[-1] < 60


@EVERY
def test_the_calls_due_are_the_area_below_the_rate(profile: Profile) -> None:
    curve = profile.curve(80, 32)
    steps = 32_000
    area = sum(curve.rate_at((step + 0.5) * 32 / steps) for step in range(steps)) * 32 / steps
    assert curve.calls_by(32) == pytest.approx(curve.total)
    assert area == pytest.approx(curve.total, rel=1e-3)


def test_there_is_no_rate_before_and_after_the_run() -> None:
    curve = named("steady").curve(10, 60)
    assert (curve.rate_at(-0.1), curve.rate_at(60), curve.calls_by(-1), curve.calls_by(99)) == (0, 0, 0, 600)


def test_no_call_is_due_in_a_stretch_without_a_rate() -> None:
    curve = Curve(((0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (5.0, 0.0), (5.0, 2.0), (6.0, 2.0)))
    assert list(curve.times([0.5, 1.0, 2.0])) == pytest.approx([0.5, 5.0, 5.5])


def test_the_steady_rate_is_the_same_all_along() -> None:
    assert {named("steady").curve(10, 60).rate_at(at_s) for at_s in range(60)} == {10}


def test_a_ramp_has_no_step_and_ends_at_the_rate() -> None:
    curve = named("ramp").curve(100, 50)
    assert [curve.rate_at(at_s) for at_s in (0, 10, 20, 40, 49)] == pytest.approx([0, 25, 50, 100, 100])


def test_a_spike_comes_at_once_and_leaves_time_to_recover() -> None:
    curve = named("spike").curve(100, 100)
    assert [curve.rate_at(at_s) for at_s in (39.9, 40.1, 54.9, 55.1, 99.9)] == pytest.approx([20, 100, 100, 20, 20])


def test_a_soak_rises_for_a_minute_and_stays() -> None:
    curve = named("soak").curve(100, 3_600)
    assert [curve.rate_at(at_s) for at_s in (30, 60, 1_800, 3_599)] == pytest.approx([50, 100, 100, 100])


def test_a_campaign_is_a_burst_every_ten_seconds() -> None:
    curve = named("campaign").curve(100, 60)
    starts = [at_s for (at_s, before), (_, after) in pairwise(curve.points) if before < after]
    assert starts == pytest.approx([7.5, 17.5, 27.5, 37.5, 47.5, 57.5])


def test_most_calls_of_a_campaign_are_not_answered() -> None:
    campaign = named("campaign")
    shares = dict(campaign.outcomes)
    assert sum(shares.values()) == 100
    assert shares[Outcome.ANSWERED] < 50 <= shares[Outcome.NO_ANSWER]
    assert campaign.direction is Direction.OUTBOUND


def test_the_busy_hour_has_the_rate_and_the_others_their_share_of_it() -> None:
    curve = named("busy-hour").curve(118, 1_600)
    rates = [curve.rate_at(100 * hour + 50) for hour in range(16)]
    assert rates == pytest.approx([float(per_mille) for per_mille in HOURS_PER_MILLE[6:22]])


def test_another_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `steady`"):
        named("stedy")
