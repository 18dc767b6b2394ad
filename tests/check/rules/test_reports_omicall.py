"""Rules for what is OMICall's own: reports that come again, and calls between two extensions."""

from __future__ import annotations

import orjson
import pytest

from mock_alohub.messages.attempt import Attempt
from mock_alohub.messages.transmission import Request
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.fakes import answers, replied, trying

AGAIN, LOCAL = "order.report-again", "ack.local-call"
LIVE, CDR = "omicall.live", "omicall.cdr"


def test_a_report_is_followed_by_a_later_version_of_it_and_comes_after_one() -> None:
    first, later, newest, earlier = trying(AGAIN, webhook=CDR).payloads
    assert first["transaction_id"] == later["transaction_id"] != newest["transaction_id"] == earlier["transaction_id"]
    assert later["last_updated_date"] > first["last_updated_date"]
    assert newest["last_updated_date"] > earlier["last_updated_date"]


def test_a_later_version_has_a_note_and_tags() -> None:
    first, later, *_ = trying(AGAIN, webhook=CDR).payloads
    assert {name for name in later if later[name] != first[name]} == {"last_updated_date", "note", "tag"}


@pytest.mark.parametrize(("rule", "webhook"), [(AGAIN, CDR), (LOCAL, CDR), (LOCAL, LIVE)])
def test_what_is_sent_is_valid(rule: str, webhook: str) -> None:
    validator = Validator(Specification.load().webhook(webhook))
    assert [validator.problems(one) for one in trying(rule, webhook=webhook).payloads if validator.problems(one)] == []


def test_an_endpoint_that_inserts_is_found_by_the_later_version() -> None:
    tries = trying(AGAIN, answers(replied(200), replied(409), replied(200), replied(200)), webhook=CDR)
    assert tries.broken_cases == ["the report, then a later version"]


def test_an_endpoint_that_refuses_an_older_version_is_found() -> None:
    tries = trying(AGAIN, answers(replied(200), replied(200), replied(200), replied(409)), webhook=CDR)
    assert tries.broken_cases == ["a later version, then the report"]


def test_a_refused_first_report_is_no_matter_of_its_second_version() -> None:
    tries = trying(AGAIN, answers(replied(422), replied(200), replied(422), replied(200)), webhook=CDR)
    assert tries.findings == []


def test_a_webhook_that_does_not_say_when_it_was_updated_gives_no_case() -> None:
    assert trying(AGAIN, webhook=LIVE).cases == []


def test_a_call_between_extensions_is_tried_in_each_of_its_states() -> None:
    told = [(one["direction"], one["state"]) for one in trying(LOCAL, webhook=LIVE).payloads]
    answered, unanswered = ["ringing", "answered", "hangup"], ["ringing", "hangup"]
    assert told == [("local", state) for state in answered + unanswered]


def test_a_call_between_extensions_is_reported_answered_and_not() -> None:
    told = [(one["direction"], one["answer_sec"] > 0) for one in trying(LOCAL, webhook=CDR).payloads]
    assert told == [("local", True), ("local", False)]


def test_a_refused_call_between_extensions_is_found() -> None:
    def customers_only(request: Request) -> Attempt:
        return replied(422 if orjson.loads(request.body)["direction"] == "local" else 200)

    assert len(trying(LOCAL, customers_only, webhook=CDR).findings) == 2


def test_a_webhook_without_a_word_for_such_calls_gives_no_case() -> None:
    assert trying(LOCAL).cases == []


def test_a_report_comes_again_with_its_tries_counted() -> None:
    tries = trying("idempotency.duplicate", webhook=CDR)
    *_, first, second, third = tries.payloads
    assert [one.pop("send_num_retry") for one in (first, second, third)] == [1, 2, 3]
    assert first == second == third


def test_a_refused_retry_is_found() -> None:
    def first_tries(request: Request) -> Attempt:
        return replied(409 if orjson.loads(request.body)["send_num_retry"] > 1 else 200)

    tries = trying("idempotency.duplicate", first_tries, webhook=CDR)
    assert set(tries.broken_cases) == {"sent again with a higher count, twice"}


def test_a_webhook_that_counts_no_tries_is_sent_again_as_it_is() -> None:
    assert trying("idempotency.duplicate", webhook=LIVE).cases == ["the same call again, twice"]
