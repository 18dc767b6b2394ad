import pytest

from mock_alohub.delivery.failure import Failure
from mock_alohub.load.outcome import Outcome, outcome_of, words_of
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.policy import Policy

POLICY = Policy(deadline_s=5.0, acknowledged_by=frozenset({200}))


@pytest.mark.parametrize(
    ("status", "elapsed_s", "outcome", "cause"),
    [
        (200, 0.1, "acknowledged", None),
        (200, 5.0, "acknowledged", None),
        (200, 5.000001, "late", Cause.DEADLINE),
        (503, 5.1, "late", Cause.DEADLINE),
        (503, 0.1, "refused", Cause.STATUS),
        (204, 0.1, "refused", Cause.STATUS),
    ],
)
def test_a_whole_answer_is_judged_by_its_time_and_then_by_its_status(
    status: int, elapsed_s: float, outcome: Outcome, cause: Cause | None
) -> None:
    assert outcome_of(POLICY, status, None, elapsed_s) == (outcome, cause)


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.STATUS])
def test_without_a_whole_answer_only_a_passed_deadline_is_late(cause: Cause) -> None:
    outcome, found = outcome_of(POLICY, 0, Failure(cause, "so it was"), 1.0)
    assert found is cause
    assert outcome == ("late" if cause in {Cause.DEADLINE, Cause.CONNECT_TIMEOUT} else "failed")


@pytest.mark.parametrize(
    ("status", "failure", "cause", "words"),
    [
        (503, None, Cause.STATUS, "status 503"),
        (200, None, Cause.DEADLINE, "deadline: the answer was not complete within 5 s"),
        (0, Failure(Cause.DEADLINE, "no answer came"), Cause.DEADLINE, "deadline: no answer came within 5 s"),
        (0, Failure(Cause.RESET, "gone"), Cause.RESET, "reset: gone"),
    ],
)
def test_a_cause_is_told_in_words(status: int, failure: Failure | None, cause: Cause, words: str) -> None:
    assert words_of(POLICY, status, failure, cause) == words
