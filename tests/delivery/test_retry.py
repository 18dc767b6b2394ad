from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.delivery.retry import next_step, sped_up
from mock_alohub.delivery.state import Dead, Delivered, State, Waiting
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.policy import Policy, policy_of
from mock_alohub.specification.specification import Specification
from tests.fakes import CALL_ENDED, failed, replied

ALOHUB = Policy(5.0, frozenset({200}), (5.0, 30.0, 120.0))
NOW = 1000.0


@pytest.mark.parametrize(
    ("tries", "failure", "state"),
    [
        (1, None, Delivered(NOW)),
        (1, Cause.DEADLINE, Waiting(NOW + 5)),
        (2, Cause.REFUSED, Waiting(NOW + 30)),
        (3, Cause.STATUS, Waiting(NOW + 120)),
        (4, Cause.STATUS, Dead(NOW, Cause.STATUS)),
        (4, None, Delivered(NOW)),
    ],
)
def test_the_policy_says_what_follows(tries: int, failure: Cause | None, state: State) -> None:
    assert next_step(ALOHUB, tries, failure, NOW) == state


def test_alohub_tries_four_times_with_growing_waits() -> None:
    retries = policy_of(Specification.load().webhook(CALL_ENDED)).retries_s
    assert len(retries) == 3
    assert list(retries) == sorted(set(retries))


def test_a_policy_without_retries_gives_up_at_once() -> None:
    assert next_step(Policy(5.0, frozenset({200})), 1, Cause.DNS, NOW) == Dead(NOW, Cause.DNS)


@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 404, 410, 429, 500, 503])
def test_no_other_status_acknowledges_and_each_is_retried(status: int) -> None:
    failure = ALOHUB.failure(replied(status))
    assert isinstance(next_step(ALOHUB, 1, failure, NOW), Waiting)


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.STATUS])
def test_every_failure_to_get_an_answer_is_retried(cause: Cause) -> None:
    failure = ALOHUB.failure(failed(cause))
    assert isinstance(next_step(ALOHUB, 1, failure, NOW), Waiting)


@given(st.lists(st.floats(0, 1e6), max_size=8))
def test_a_delivery_that_always_fails_is_tried_once_more_than_it_has_retries(waits: list[float]) -> None:
    policy = Policy(5.0, frozenset({200}), tuple(waits))
    states = [next_step(policy, tries, Cause.RESET, NOW) for tries in range(1, len(waits) + 2)]
    assert states == [*(Waiting(NOW + wait_s) for wait_s in waits), Dead(NOW, Cause.RESET)]


def test_a_time_scale_shortens_the_waits_and_not_the_deadline() -> None:
    policy = sped_up(ALOHUB, 10.0)
    assert (policy.retries_s, policy.deadline_s) == ((0.5, 3.0, 12.0), 5.0)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_time_scale_is_above_zero(scale: float) -> None:
    with pytest.raises(BadOption, match="time scale"):
        sped_up(ALOHUB, scale)
