"""A provider writes a call down at the moments its webhook fires."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from mock_alohub import spec
from mock_alohub.call import Call, Direction, Moment, Outcome
from mock_alohub.clock import VIETNAM
from mock_alohub.errors import BadSpecification, UnknownName
from mock_alohub.message import Payload
from mock_alohub.provider import Provider, body_of, message_of, messages_of, moments
from mock_alohub.providers import PROVIDERS, provider_of
from mock_alohub.simulator import Simulator
from mock_alohub.spec import Webhook

AUTO_CALL = spec.load().webhook("alohub.auto-call")
CALL_ENDED = spec.load().webhook("alohub.call-ended")


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
    assert {webhook.provider for webhook in spec.load().webhooks.values()} <= PROVIDERS.keys()


def test_a_provider_is_found_by_its_name() -> None:
    assert provider_of("alohub").name == "alohub"


def test_an_unknown_provider_is_a_mistake_that_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `alohub`"):
        provider_of("alohup")
