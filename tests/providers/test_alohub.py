"""Alohub's messages: valid for every call there can be, and as its documents show them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls.call import ENDED_BY, Agent, Call, Direction, Moment, Outcome, Party
from mock_alohub.calls.simulator import Simulator
from mock_alohub.messages.message import Payload
from mock_alohub.providers.alohub import ALOHUB, provider, recording_url
from mock_alohub.providers.provider import body_of, moments
from mock_alohub.specification.respelling import respelled
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook, spellings
from mock_alohub.vietnam_time import VIETNAM
from tests.providers.golden import golden_file, lines

WEBHOOKS = tuple(Specification.load().webhooks[name] for name in ("alohub.call-ended", "alohub.auto-call"))
CALL_ENDED, AUTO_CALL = WEBHOOKS
VALIDATORS = {webhook: jsonschema_rs.validator_for(dict(webhook.schema)) for webhook in WEBHOOKS}
START = datetime(2026, 3, 2, 8, tzinfo=VIETNAM)

every_webhook = pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda webhook: webhook.name)
every_direction = pytest.mark.parametrize("direction", Direction)
every_ending = pytest.mark.parametrize(
    ("outcome", "ended_by"), [(outcome, party) for outcome, parties in ENDED_BY.items() for party in parties]
)


def a_call(**wishes: Any) -> Call:
    return Simulator(7, start=START).call(**wishes)


def payload(call: Call, moment: Moment = Moment.ENDED, webhook: Webhook = AUTO_CALL) -> Payload:
    return ALOHUB.render(webhook, call, moment)


def documented_call() -> Call:
    """The call of the samples of both documents, with digits where they are masked."""
    start = datetime(2024, 1, 13, 15, 0, 30, tzinfo=VIETNAM)
    return a_call(
        outcome=Outcome.ANSWERED,
        direction=Direction.OUTBOUND,
        ended_by=Party.CUSTOMER,
        at=start,
        ring_s=5,
        talk_s=295,
        held_s=0,
        agent=Agent("888", "adminxxx", "Admin"),
        hotline="",
        customer_number="03899xxx",
        transaction_id="TRANSID_1111",
    )._replace(id="20240113150030xxxxxx", recording="file.mp3")


SAMPLE = {
    "call_id": "20240113150030xxxxxx",
    "call_status": "answered",
    "direction": "outbound",
    "caller_number": "03899xxx",
    "destination_number": "888",
    "starttime": "2024-01-13 15:00:30",
    "answertime": "2024-01-13 15:00:35",
    "endtime": "2024-01-13 15:05:30",
    "hangup_by": "customer",
    "hotline": "",
    "total_duration": "300",
    "holding_duration": "0",
    "recording_url": "https://domain:port/IPCCMedia/MP3Export.do?url=file.mp3&source=ipcc",
    "objectId": 1,
    "transactionID": "TRANSID_1111",
    "userName": "adminxxx",
    "eventType": "call",
}
"""Alohub, Call event webhook, request body."""

UNKNOWN_WHILE_RUNNING = dict.fromkeys(
    ("endtime", "hangup_by", "total_duration", "holding_duration", "recording_url"), ""
)
"""Alohub, Automatic call webhook, example payload."""


def test_the_documented_call_gives_the_documented_sample() -> None:
    assert provider("https://domain:port").render(CALL_ENDED, documented_call(), Moment.ENDED) == SAMPLE


def test_the_documented_running_call_gives_the_documented_sample() -> None:
    assert payload(documented_call(), Moment.ANSWERED) == SAMPLE | UNKNOWN_WHILE_RUNNING


def test_the_fields_come_in_the_order_of_the_documents() -> None:
    assert list(payload(documented_call())) == list(SAMPLE)


@every_webhook
@given(seed=st.integers(), start=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_every_message_of_a_drawn_call_keeps_the_schema(webhook: Webhook, seed: int, start: datetime) -> None:
    for call in Simulator(seed, start=start).calls(50):
        for moment in moments(webhook, call):
            VALIDATORS[webhook].validate(json.loads(body_of(ALOHUB, webhook, call, moment)))


@every_webhook
@every_direction
@every_ending
def test_every_outcome_direction_and_ending_keeps_the_schema(
    outcome: Outcome, ended_by: Party, direction: Direction, webhook: Webhook
) -> None:
    call = a_call(outcome=outcome, ended_by=ended_by, direction=direction)
    for moment in moments(webhook, call):
        VALIDATORS[webhook].validate(json.loads(body_of(ALOHUB, webhook, call, moment)))


@every_webhook
def test_a_second_validator_agrees(webhook: Webhook) -> None:
    second = jsonschema.Draft202012Validator(dict(webhook.schema))
    for line in lines(webhook).splitlines():
        second.validate(json.loads(line))


@every_webhook
def test_the_messages_are_those_kept(webhook: Webhook) -> None:
    """`python -m tests.providers.golden` writes them anew."""
    assert lines(webhook) == golden_file(webhook).read_bytes()


@every_webhook
@pytest.mark.parametrize("outcome", Outcome)
def test_a_status_is_spelled_as_the_schema_says(outcome: Outcome, webhook: Webhook) -> None:
    written = ALOHUB.render(webhook, a_call(outcome=outcome), Moment.ENDED)["call_status"]
    assert written == spellings(webhook)[outcome]


def test_another_spelling_in_the_specification_is_the_one_written() -> None:
    webhook = respelled(Specification.load(), {"no_answer": "missed"}).webhook("alohub.call-ended")
    assert ALOHUB.render(webhook, a_call(outcome=Outcome.NO_ANSWER), Moment.ENDED)["call_status"] == "missed"


@every_direction
def test_the_caller_is_the_customer_whoever_dialled(direction: Direction) -> None:
    assert payload(a_call(direction=direction, customer_number="0912345678"))["caller_number"] == "0912345678"


@every_direction
def test_the_destination_is_the_agents_extension_whoever_dialled(direction: Direction) -> None:
    agent = Agent("6688", "le.an", "Lê Thị An")
    assert payload(a_call(direction=direction, agent=agent))["destination_number"] == "6688"


def test_a_call_without_an_agent_names_none() -> None:
    written = payload(a_call(agent=None))
    assert (written["destination_number"], written["userName"]) == ("", "")


def test_an_unanswered_call_has_no_answer_time_and_no_recording() -> None:
    written = payload(a_call(outcome=Outcome.BUSY))
    assert (written["answertime"], written["recording_url"]) == ("", "")


def test_the_duration_of_an_unanswered_call_is_its_ringing() -> None:
    assert payload(a_call(outcome=Outcome.NO_ANSWER, ring_s=30))["total_duration"] == "30"


def test_a_call_that_failed_at_once_lasts_no_time() -> None:
    assert payload(a_call(outcome=Outcome.FAILED, ring_s=0))["total_duration"] == "0"


@given(ring_s=st.integers(0, 5_000), talk_s=st.integers(0, 200_000))
def test_the_total_duration_is_the_end_less_the_start(ring_s: int, talk_s: int) -> None:
    written = payload(a_call(outcome=Outcome.ANSWERED, ring_s=ring_s, talk_s=talk_s))
    start, end = (datetime.fromisoformat(written[name]) for name in ("starttime", "endtime"))
    assert end - start == timedelta(seconds=int(written["total_duration"]))


def test_the_time_on_hold_is_a_string_of_digits() -> None:
    assert payload(a_call(held_s=42))["holding_duration"] == "42"


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_a_recordings_file_survives_its_query_whatever_its_name(file: str) -> None:
    query = parse_qs(urlsplit(recording_url(file)).query, keep_blank_values=True)
    assert query == {"url": [file], "source": ["ipcc"]}


def test_recordings_are_served_where_the_provider_says() -> None:
    written = provider("http://127.0.0.1:8080").render(CALL_ENDED, a_call(outcome=Outcome.ANSWERED), Moment.ENDED)
    assert written["recording_url"].startswith("http://127.0.0.1:8080/IPCCMedia/MP3Export.do?url=")


def test_recordings_are_served_from_a_reserved_name_by_default() -> None:
    host = urlsplit(payload(a_call(outcome=Outcome.ANSWERED))["recording_url"]).hostname
    assert host is not None
    assert host.endswith(".example")
