"""The tables say what they claim, and give the same on every machine."""

from __future__ import annotations

from itertools import product

import pytest

from mock_alohub.calls import distributions
from mock_alohub.calls.arrivals import WAIT
from mock_alohub.calls.call import ENDED_BY, Direction, Outcome
from mock_alohub.calls.distributions import SCENES

ROUNDED = {
    "talk": distributions.TALK,
    "ring outbound": distributions.RING_OUTBOUND,
    "ring inbound": distributions.RING_INBOUND,
    "patience": distributions.PATIENCE,
    "wait": WAIT,
}


@pytest.mark.parametrize("name", ROUNDED)
def test_no_quantile_lies_where_the_last_digit_of_a_logarithm_would_matter(name: str) -> None:
    for value in distributions.raw_quantiles(ROUNDED[name]):
        assert abs(value % 1 - 0.5) > value * 1e-12


def test_every_direction_has_every_outcome_once() -> None:
    assert sorted((scene.direction, scene.outcome) for scene in SCENES) == sorted(product(Direction, Outcome))


def test_the_scenes_make_a_whole() -> None:
    assert sum(scene.per_mille for scene in SCENES) == 1_000


def test_the_hours_make_a_day() -> None:
    assert (len(distributions.HOURS_PER_MILLE), sum(distributions.HOURS_PER_MILLE)) == (24, 1_000)


def test_no_hour_is_so_quiet_that_time_stands_still() -> None:
    assert min(distributions.HOURS_PER_MILLE) > 0


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.direction} {scene.outcome}")
def test_a_scene_is_ended_only_by_those_who_can(scene: distributions.Scene) -> None:
    assert set(scene.ended_by) <= set(ENDED_BY[scene.outcome])


def test_a_held_call_is_held_for_less_than_its_talk() -> None:
    assert max(distributions.HELD_PERCENT) < 100


def test_half_of_the_talks_last_95_seconds() -> None:
    assert distributions.TALK_S[len(distributions.TALK_S) // 2] == 95
