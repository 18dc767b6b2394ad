from __future__ import annotations

import pytest

from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.policy import Policy, in_words, seconds
from tests.fakes import AUTO_CALL, CALL_ENDED, LATE, failed, replied, subject


@pytest.mark.parametrize("webhook", [CALL_ENDED, AUTO_CALL])
def test_alohub_waits_five_seconds_for_a_200(webhook: str) -> None:
    policy = subject(webhook).policy
    assert (policy.deadline_s, policy.acknowledged_by) == (5.0, frozenset({200}))


def test_three_retries_are_documented_and_their_waits_assumed() -> None:
    policy = subject().policy
    assert len(policy.retries_s) == 3
    assert "retries" in policy.assumed


def test_a_whole_answer_with_another_status_fails_by_status() -> None:
    assert subject().policy.failure(replied(204)) is Cause.STATUS


def test_a_200_is_no_failure() -> None:
    assert subject().policy.failure(replied(200)) is None


@pytest.mark.parametrize("attempt", [LATE, failed(Cause.RESET)], ids=["late", "reset"])
def test_without_an_answer_the_cause_stays(attempt: object) -> None:
    assert subject().policy.failure(attempt) is attempt.cause  # type: ignore[arg-type, attr-defined]


def test_several_statuses_can_acknowledge() -> None:
    assert Policy(1.0, frozenset({200, 202})).failure(replied(202)) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [("5", 5.0), ("0.5", 0.5), ("5s", 5.0), ("250ms", 0.25), ("1m30s", 90.0), ("2h", 7200.0), ("1d", 86400.0)],
)
def test_a_duration_is_read(text: str, amount: float) -> None:
    assert seconds(text) == pytest.approx(amount)


@pytest.mark.parametrize("text", ["", "s", "5 s", "-5s", "5x", "1.s", "five", "5s!", "٣s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadOption, match="is not a duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("statuses", "said"), [({200}, "200"), ({204, 200}, "200 or 204"), (set(range(200, 300)), "2xx")]
)
def test_statuses_are_said_in_short(statuses: set[int], said: str) -> None:
    assert in_words(statuses) == said
