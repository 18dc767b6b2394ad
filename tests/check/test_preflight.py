from __future__ import annotations

import pytest

from mock_alohub.check.harness import Harness
from mock_alohub.check.preflight import Preflight, first_calls
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.rules import BY_ID
from mock_alohub.messages.attempt import Attempt, Cause
from tests.fakes import AUTO_CALL, CALL_ENDED, LATE, Answer, answers, done, failed, harness, replied, subject

REFUSED = failed(Cause.REFUSED, "connection refused: no one listens at 127.0.0.1:8000")
TLS = failed(Cause.TLS, "its certificate has expired")


class _First:
    """What came of the first calls."""

    def __init__(self, answer: Answer, *webhooks: str) -> None:
        self.accepts_key, self.every_outcome = (
            RuleResult(BY_ID[one]) for one in ("auth.accepts-key", "ack.every-outcome")
        )
        self.harness: Harness = harness(answer)
        subjects = [subject(name) for name in webhooks or (CALL_ENDED,)]
        self.preflight: Preflight = done(first_calls(self.harness, subjects, self.accepts_key, self.every_outcome))

    @property
    def open(self) -> list[str]:
        return [one.name for one in self.preflight.open]


def test_where_the_first_call_is_taken_the_preflight_is_open() -> None:
    first = _First(answers(replied(200)))
    assert (first.open, first.preflight.reason) == ([CALL_ENDED], "")


@pytest.mark.parametrize("status", [201, 204, 302])
def test_an_endpoint_that_takes_calls_in_other_words_is_let_in(status: int) -> None:
    assert _First(answers(replied(status))).open == [CALL_ENDED]


def test_the_quickest_ordinary_call_is_remembered() -> None:
    quick = answers(replied(200, elapsed_s=0.3), replied(200, elapsed_s=0.1))
    assert _First(quick, CALL_ENDED, AUTO_CALL).preflight.ordinary_s == 0.1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_closes_the_preflight(status: int) -> None:
    first = _First(answers(replied(status)))
    assert first.preflight.reason == f"the first ordinary call was refused: {status} after 1 ms"


def test_a_refused_key_is_a_finding_of_that_rule_alone() -> None:
    first = _First(answers(replied(401)))
    assert (first.accepts_key.outcome, first.every_outcome.outcome) == ("fail", "skip")


@pytest.mark.parametrize("attempt", [replied(500), replied(404), failed(Cause.RESET)], ids=["500", "404", "reset"])
def test_a_call_that_fails_otherwise_is_a_finding_about_calls(attempt: Attempt) -> None:
    first = _First(answers(attempt))
    assert (first.accepts_key.outcome, first.every_outcome.outcome) == ("skip", "fail")


def test_a_call_that_fails_otherwise_closes_the_preflight() -> None:
    first = _First(answers(replied(500)))
    assert first.preflight.reason == "the first ordinary call was not taken: 500 after 1 ms"


@pytest.mark.parametrize("cause", [Cause.DNS, Cause.REFUSED, Cause.CONNECT_TIMEOUT, Cause.FORBIDDEN])
def test_an_endpoint_that_takes_no_connection_is_unreachable(cause: Cause) -> None:
    assert _First(answers(failed(cause))).preflight.unreachable == f"{cause} (http://127.0.0.1:8000/hooks)"


def test_why_it_is_unreachable_is_told_in_plain_words() -> None:
    assert _First(answers(REFUSED)).preflight.unreachable.startswith(
        "connection refused: no one listens at 127.0.0.1:8000"
    )


def test_an_unreachable_endpoint_is_asked_once() -> None:
    assert len(_First(answers(REFUSED), CALL_ENDED, AUTO_CALL).harness.evidence) == 1


def test_an_unreachable_endpoint_breaks_no_rule() -> None:
    first = _First(answers(REFUSED))
    assert first.accepts_key.findings == first.every_outcome.findings == []


def test_a_bad_certificate_is_not_unreachable() -> None:
    assert _First(answers(TLS)).preflight.unreachable == ""


def test_a_bad_certificate_is_left_to_the_rule_about_certificates() -> None:
    first = _First(answers(TLS))
    assert first.accepts_key.findings == first.every_outcome.findings == []


def test_an_endpoint_that_has_to_wake_up_is_asked_again() -> None:
    assert _First(answers(LATE, replied(200))).open == [CALL_ENDED]


def test_an_endpoint_that_is_late_twice_stays_outside() -> None:
    first = _First(answers(LATE))
    assert (first.open, len(first.harness.evidence)) == ([], 2)
    assert first.preflight.reason.startswith("the first ordinary calls were not answered in time")


def test_lateness_is_left_to_the_deadline() -> None:
    assert _First(answers(LATE)).every_outcome.findings == []


def test_one_webhook_can_be_closed_and_the_other_open() -> None:
    first = _First(answers(replied(404), replied(200)), CALL_ENDED, AUTO_CALL)
    assert (first.open, list(first.preflight.closed)) == ([AUTO_CALL], [CALL_ENDED])
