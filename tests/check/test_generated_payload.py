from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_alohub.calls.call import ENDED_BY, Direction, Outcome, Party
from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.generated_payload import EMERGENCY, LONGEST_TEXT, mended, rings_for_help, wishes
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.tiers import cases

SUBJECTS = {name: under_test(webhook) for name, webhook in Specification.load().webhooks.items()}
ENDED = SUBJECTS["alohub.call-ended"]
FIELDS = [field.name for field in ENDED.fields]
START = datetime(2024, 1, 13, 15)  # noqa: DTZ001 - calls have no zone

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["answered", "agent", "113"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
payloads = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), anything, max_size=20)
quickly = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def facts_of(subject: WebhookUnderTest, payload: dict[str, Any]) -> dict[str, Any]:
    call = subject.call(Simulator(7, start=START), **wishes(subject.webhook, payload))
    return subject.message(call).payload


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - calls have no zone


@pytest.mark.parametrize("subject", cases(SUBJECTS.items(), list(SUBJECTS)[::5]))
@quickly
@given(payload=payloads)
def test_whatever_was_generated_a_mended_payload_is_valid(subject: WebhookUnderTest, payload: dict[str, Any]) -> None:
    made = mended(subject.webhook.schema, payload, facts_of(subject, payload))
    assert Validator(subject.webhook).problems(made) == []


@quickly
@given(payload=payloads)
def test_the_times_of_a_mended_payload_hang_together(payload: dict[str, Any]) -> None:
    made = mended(ENDED.webhook.schema, payload, facts_of(ENDED, payload))
    start, end = moment(made["starttime"]), moment(made["endtime"])
    answer = moment(made["answertime"]) if made["answertime"] else start
    assert START <= start <= answer <= end
    assert end - start == timedelta(seconds=int(made["total_duration"]))
    assert int(made["holding_duration"]) <= (end - answer).total_seconds()
    assert made["call_id"].startswith(f"{start:%Y%m%d%H%M%S}")


@quickly
@given(payload=payloads)
def test_a_mended_payload_has_plain_short_texts_and_small_numbers(payload: dict[str, Any]) -> None:
    made = mended(ENDED.webhook.schema, payload, facts_of(ENDED, payload))
    for name in ("userName", "transactionID"):
        assert made[name].isascii()
        assert made[name].isprintable()
        assert len(made[name]) <= LONGEST_TEXT
    assert 1 <= made["objectId"] < 2**31


@quickly
@given(payload=payloads)
def test_a_mended_payload_never_holds_an_emergency_number(payload: dict[str, Any]) -> None:
    assert not rings_for_help(mended(ENDED.webhook.schema, payload, facts_of(ENDED, payload)))


@quickly
@given(payload=payloads)
def test_a_mended_payload_has_the_fields_of_the_schema_and_no_others(payload: dict[str, Any]) -> None:
    assert list(mended(ENDED.webhook.schema, payload, facts_of(ENDED, payload))) == FIELDS


def test_what_any_call_may_have_is_kept() -> None:
    facts = facts_of(ENDED, {}) | {"transactionID": "TRANSID_1", "userName": "agent01"}
    made = mended(ENDED.webhook.schema, {"transactionID": "order:77", "userName": "Bình.98", "objectId": 41}, facts)
    assert (made["transactionID"], made["userName"], made["objectId"]) == ("order:77", "Binh.98", 41)


def test_a_field_that_is_empty_in_the_call_stays_empty() -> None:
    facts = facts_of(ENDED, {}) | {"transactionID": ""}
    assert mended(ENDED.webhook.schema, {"transactionID": "order:77"}, facts)["transactionID"] == ""


def test_a_whole_number_written_as_a_fraction_is_not_kept() -> None:
    assert mended(ENDED.webhook.schema, {"objectId": 41.0}, facts_of(ENDED, {}))["objectId"] == 1


@pytest.mark.parametrize("outcome", Outcome)
def test_the_outcome_that_was_generated_is_wished_for(outcome: Outcome) -> None:
    assert wishes(ENDED.webhook, {"call_status": outcome.value})["outcome"] is outcome


def test_the_direction_and_the_side_that_were_generated_are_wished_for() -> None:
    wished = wishes(ENDED.webhook, {"call_status": "answered", "direction": "inbound", "hangup_by": "agent"})
    assert wished == {"outcome": Outcome.ANSWERED, "direction": Direction.INBOUND, "ended_by": Party.AGENT}


def test_a_side_that_cannot_end_such_a_call_is_not_wished_for() -> None:
    assert Party.AGENT not in ENDED_BY[Outcome.FAILED]
    assert "ended_by" not in wishes(ENDED.webhook, {"call_status": "failed", "hangup_by": "agent"})


def test_words_in_free_text_wish_for_nothing() -> None:
    assert "direction" not in wishes(ENDED.webhook, {"userName": "inbound"})


@pytest.mark.parametrize("number", sorted(EMERGENCY))
@pytest.mark.parametrize("form", ["{}", "0{}", "84{}", "+84{}", " {} "])
def test_an_emergency_number_is_known_in_every_form(number: str, form: str) -> None:
    assert rings_for_help({"hotline": form.format(number)})


@pytest.mark.parametrize("body", [{"a": [{"b": 113}]}, ["114"], "115", 112, {"111": ""}])
def test_an_emergency_number_is_known_anywhere(body: Any) -> None:
    assert rings_for_help(body)


@pytest.mark.parametrize("body", [{"a": "1130"}, "0909113113", 1, None, b"113", [True], {"b": 1.13}])
def test_other_values_are_no_emergency_numbers(body: Any) -> None:
    assert not rings_for_help(body)
