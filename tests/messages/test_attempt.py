from __future__ import annotations

from mock_alohub.messages.attempt import CONNECT_CAUSES, Cause, Reply
from tests.fakes import failed, replied


def test_a_header_is_found_whatever_its_case() -> None:
    assert Reply(200, (("Retry-After", "5"),)).header("retry-AFTER") == "5"


def test_the_first_of_repeated_headers_counts() -> None:
    assert Reply(200, (("A", "1"), ("a", "2"))).header("a") == "1"


def test_a_missing_header_is_none() -> None:
    assert Reply(200).header("a") is None


def test_an_answered_attempt_has_a_status() -> None:
    assert replied(404).status == 404


def test_an_unanswered_attempt_has_none() -> None:
    assert failed(Cause.RESET).status is None


def test_causes_before_the_request_are_those_of_connecting() -> None:
    after = {Cause.RESET, Cause.DEADLINE, Cause.PROTOCOL, Cause.STATUS, Cause.HUNG_UP}
    assert frozenset(Cause) - after == CONNECT_CAUSES
