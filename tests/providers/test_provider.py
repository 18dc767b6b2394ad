"""A provider writes a call down at the moments its webhook fires."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from mock_alohub.calls.call import Call, Direction, Moment, Outcome
from mock_alohub.calls.call_details import with_life
from mock_alohub.calls.simulator import Simulator
from mock_alohub.errors import BadSpecification, UnknownName
from mock_alohub.messages.message import Payload
from mock_alohub.providers import PROVIDERS, provider_of
from mock_alohub.providers.provider import Provider, body_of, message_of, messages_of, moments, tells_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import VIETNAM

AUTO_CALL = Specification.load().webhook("alohub.auto-call")
CALL_ENDED = Specification.load().webhook("alohub.call-ended")


def note(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    return {"id": call.id, "at": moment.value, "name": "Đặng"}


NOTES = Provider("notes", note)


def a_call(outcome: Outcome) -> Call:
    return Simulator(7, start=datetime(2026, 3, 2, 8, tzinfo=VIETNAM)).call(
        outcome=outcome, direction=Direction.OUTBOUND
    )


def test_an_answered_auto_call_is_told_when_it_is_answered_and_when_it_ends() -> None:
    assert moments(AUTO_CALL, a_call(Outcome.ANSWERED)) == (Moment.ANSWERED, Moment.ENDED)


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.ANSWERED])
def test_an_auto_call_nobody_answered_is_told_once(outcome: Outcome) -> None:
    assert moments(AUTO_CALL, a_call(outcome)) == (Moment.ENDED,)


@pytest.mark.parametrize("outcome", Outcome)
def test_an_ended_call_is_told_once(outcome: Outcome) -> None:
    assert moments(CALL_ENDED, a_call(outcome)) == (Moment.ENDED,)


def test_a_body_is_json_without_white_space_in_utf_8() -> None:
    call = a_call(Outcome.BUSY)
    assert body_of(NOTES, CALL_ENDED, call, Moment.ENDED) == f'{{"id":"{call.id}","at":"ended","name":"Đặng"}}'.encode()


def test_a_message_carries_what_its_webhook_says_about_the_request() -> None:
    message = message_of(NOTES, CALL_ENDED, a_call(Outcome.BUSY), Moment.ENDED)
    assert (message.webhook, message.method, message.headers) == (
        "alohub.call-ended",
        "POST",
        (("Content-Type", "application/json"),),
    )


def test_the_messages_of_a_call_come_in_the_order_of_its_life() -> None:
    messages = messages_of(NOTES, AUTO_CALL, a_call(Outcome.ANSWERED))
    assert [message.payload["at"] for message in messages] == ["answered", "ended"]


def test_the_messages_of_a_call_share_its_id() -> None:
    call = a_call(Outcome.ANSWERED)
    assert {message.call_id for message in messages_of(NOTES, AUTO_CALL, call)} == {call.id}


def test_a_webhook_that_fires_at_no_moment_of_a_call_is_a_mistake_of_the_specification() -> None:
    webhook = replace(CALL_ENDED, delivery={**CALL_ENDED.delivery, "fires": ["dialled"]})
    with pytest.raises(BadSpecification, match="fires at `dialled`"):
        moments(webhook, a_call(Outcome.BUSY))


def test_every_webhook_has_a_provider() -> None:
    assert {webhook.provider for webhook in Specification.load().webhooks.values()} <= PROVIDERS.keys()


def test_a_provider_is_found_by_its_name() -> None:
    assert provider_of("alohub").name == "alohub"


def test_an_unknown_provider_is_a_mistake_that_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `alohub`"):
        provider_of("alohup")


def told(*fires: str, **about: object) -> Webhook:
    """A webhook of Alohub's that fires otherwise, and tells of some calls alone."""
    webhook = Specification.load().webhook("alohub.call-ended")
    return replace(webhook, delivery={**webhook.delivery, "fires": list(fires), "about": about})


def lived(direction: Direction, outcome: Outcome = Outcome.ANSWERED, *, automatic: bool = False) -> Call:
    drawn = Simulator(5, start=datetime(2024, 1, 13, 15, tzinfo=VIETNAM)).call(direction=direction, outcome=outcome)
    return with_life(drawn, ivr=True, automatic=automatic)


def test_a_webhook_is_sent_at_what_happens_of_lived() -> None:
    every = told(*(moment.value for moment in Moment))
    assert moments(every, lived(Direction.OUTBOUND)) == (
        Moment.RINGING,
        Moment.ANSWERED,
        Moment.ENDED,
        Moment.REPORTED,
    )
    assert set(moments(every, lived(Direction.INBOUND))) == set(Moment)
    assert moments(every, lived(Direction.OUTBOUND, Outcome.FAILED)) == (Moment.ENDED, Moment.REPORTED)


def test_a_webhook_may_tell_of_one_direction_alone() -> None:
    inbound = told("ended", direction=["inbound"])
    assert [moments(inbound, lived(direction)) for direction in Direction] == [(Moment.ENDED,), ()]
    assert [tells_of(inbound, Outcome.BUSY, direction) for direction in Direction] == [True, False]


def test_a_webhook_may_tell_of_automatic_calls_alone() -> None:
    campaign = told("ended", automatic=True)
    automatic, dialled = (lived(Direction.OUTBOUND, automatic=one) for one in (True, False))
    assert (moments(campaign, automatic), moments(campaign, dialled)) == ((Moment.ENDED,), ())


def test_a_webhook_of_answers_tells_nothing_of_calls_nobody_answered() -> None:
    assert [outcome for outcome in Outcome if tells_of(told("answered"), outcome, Direction.INBOUND)] == ["answered"]


def test_a_provider_can_have_headers_of_its_own() -> None:
    provider = Provider("alohub", lambda *_: {"a": 1}, headers=(("X-Event", "call"),))
    message = message_of(provider, told("ended"), lived(Direction.INBOUND), Moment.ENDED)
    assert message.headers == (("Content-Type", "application/json"), ("X-Event", "call"))


def test_by_get_a_webhook_says_all_in_its_query() -> None:
    provider = Provider("alohub", lambda *_: {"a": 1, "b": None})
    got = message_of(provider, replace(told("ended"), method="GET"), lived(Direction.INBOUND), Moment.ENDED)
    assert (got.method, got.body, got.query, got.headers) == ("GET", b"", "a=1&b=", ())


def test_a_retry_is_the_same_message_unless_the_provider_says_otherwise() -> None:
    one = message_of(PROVIDERS["alohub"], told("ended"), lived(Direction.INBOUND), Moment.ENDED)
    assert PROVIDERS["alohub"].retried(one, 3) is one
