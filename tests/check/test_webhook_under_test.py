from __future__ import annotations

from dataclasses import replace

import pytest

from mock_alohub.calls.call import Direction, Moment, Outcome, Party
from mock_alohub.calls.call_details import life_of
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.errors import BadOption, UnknownName
from tests.fakes import AUTO_CALL, CALL_ENDED, simulator, subject


def test_a_subject_has_the_name_of_its_webhook() -> None:
    assert subject(AUTO_CALL).name == AUTO_CALL


@pytest.mark.parametrize(("webhook", "reports"), [(CALL_ENDED, False), (AUTO_CALL, True)])
def test_one_webhook_reports_running_calls(webhook: str, reports: bool) -> None:
    assert subject(webhook).reports_running_calls is reports


@pytest.mark.parametrize(("webhook", "count"), [(CALL_ENDED, 1), (AUTO_CALL, 2)])
def test_an_answered_call_has_as_many_messages_as_moments(webhook: str, count: int) -> None:
    assert len(subject(webhook).messages(simulator().call(outcome=Outcome.ANSWERED))) == count


def test_a_message_is_about_the_end_unless_said_otherwise() -> None:
    assert subject(AUTO_CALL).message(simulator().call()).payload["endtime"] != ""


def test_every_field_of_a_message_is_known() -> None:
    payload = subject().message(simulator().call()).payload
    assert [field.name for field in subject().fields] == list(payload)


@pytest.mark.parametrize(
    ("role", "field"), [("call-id", "call_id"), ("status", "call_status"), ("event-type", "eventType")]
)
def test_fields_are_found_by_their_role(role: str, field: str) -> None:
    assert subject().fields_with_role(role) == (field,)


def test_the_spelling_of_answered_is_published() -> None:
    spelling = subject().spelling(Outcome.ANSWERED)
    assert spelling is not None
    assert not spelling.assumed


def test_the_spelling_of_busy_is_assumed() -> None:
    spelling = subject().spelling(Outcome.BUSY)
    assert spelling is not None
    assert spelling.assumed


def test_a_schema_that_spells_no_outcomes_has_no_spelling() -> None:
    bare = replace(subject().webhook, schema={"properties": {}})
    assert replace(subject(), webhook=bare).spelling(Outcome.BUSY) is None


def test_aliases_are_no_accepted_spelling() -> None:
    accepted = {one.literal for outcome in Outcome if (one := subject().spelling(outcome))}
    assert accepted.isdisjoint(subject().aliases)


def test_unusual_and_open_values_belong_to_fields() -> None:
    names = {field.name for field in subject().fields}
    assert {name for name, _ in (*subject().unusual_values, *subject().open_values)} <= names


def test_unusual_and_open_values_are_there() -> None:
    assert list(subject().unusual_values)
    assert list(subject().open_values)


def test_a_provider_that_is_in_no_list_is_a_mistake() -> None:
    with pytest.raises(UnknownName):
        under_test(replace(subject().webhook, provider="nobody"))


def test_the_ordinary_call_is_that_of_the_documents_sample() -> None:
    assert subject().ordinary_call == {
        "outcome": Outcome.ANSWERED,
        "direction": Direction.OUTBOUND,
        "ended_by": Party.CUSTOMER,
    }


def test_the_ordinary_call_of_a_webhook_of_inbound_calls_is_inbound() -> None:
    assert subject(about={"direction": ["inbound"]}).ordinary_call["direction"] is Direction.INBOUND


def test_a_call_is_one_that_the_webhook_tells_of() -> None:
    one, drawn = subject(about={"direction": ["inbound"], "automatic": False}), simulator()
    calls = [one.call(drawn, direction=Direction.OUTBOUND) for _ in range(20)]
    assert {call.direction for call in calls} == {Direction.INBOUND}
    assert all(one.moments(call) for call in calls)


def test_a_call_of_a_webhook_of_menus_has_one() -> None:
    one, drawn = subject(fires=["ivr-started"]), simulator()
    assert all(life_of(one.call(drawn)).ivr for _ in range(20))


def test_a_webhook_of_answers_is_given_answered_calls() -> None:
    one, drawn = subject(fires=["answered"]), simulator()
    assert {one.call(drawn).outcome for _ in range(20)} == {Outcome.ANSWERED}


def test_of_a_call_a_webhook_does_not_tell_of_there_is_no_message() -> None:
    with pytest.raises(BadOption, match="says nothing of a call that is inbound, busy"):
        subject(fires=["answered"]).message(simulator().call(outcome=Outcome.BUSY, direction=Direction.INBOUND))


def test_the_id_of_a_call_is_what_the_message_says() -> None:
    one = subject()
    assert one.call_id(one.broken(b'{"call_id": "7"}')) == "7"
    assert one.call_id(one.broken(b'{"call_id": 7}')) == ""


def test_what_is_broken_is_sent_as_the_webhook_sends() -> None:
    broken = subject().broken(b"{")
    assert (broken.webhook, broken.method, broken.body) == (CALL_ENDED, "POST", b"{")


def test_the_last_moment_is_the_one_that_is_told_of() -> None:
    one = subject(AUTO_CALL)
    call = simulator().call(outcome=Outcome.ANSWERED)
    assert one.message(call) == one.message(call, Moment.ENDED) != one.message(call, Moment.ANSWERED)
