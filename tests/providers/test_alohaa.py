"""Alohaa's messages: as its documents show them, in India's numbers, for every way a call can go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls.call import Agent, Call, Direction, Ivr, Moment, Outcome, Party, Reason
from mock_alohub.calls.call_details import with_life
from mock_alohub.calls.simulator import Simulator
from mock_alohub.messages.message import Payload
from mock_alohub.providers.alohaa import ALOHAA, agent_number, call_id, clock_time, did, hangup_cause, ten_digits
from mock_alohub.providers.provider import moments
from mock_alohub.specification.respelling import respelled
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, fields
from mock_alohub.vietnam_time import VIETNAM

OUTGOING, INCOMING, CAMPAIGN = (
    Specification.load().webhook(f"alohaa.{name}") for name in ("outgoing-call", "incoming-call", "campaign")
)
START = datetime(2026, 3, 2, 8, tzinfo=VIETNAM)
RAMA = Agent("9052930042", "rama", "Rama")


def a_call(**wishes: Any) -> Call:
    return Simulator(7, start=START).call(**wishes)


def outgoing(call: Call) -> Payload:
    return ALOHAA.render(OUTGOING, call, Moment.ENDED)


def incoming(call: Call, moment: Moment = Moment.ENDED) -> Payload:
    return ALOHAA.render(INCOMING, call, moment)


def documented_call() -> Call:
    """The call of the documents' sample, but for what is masked there and for the hang-up cause, which cannot be."""
    call = a_call(
        outcome=Outcome.ANSWERED,
        direction=Direction.OUTBOUND,
        ended_by=Party.AGENT,
        at=datetime(2023, 2, 28, 13, 48, 1, tzinfo=VIETNAM),
        ring_s=26,
        talk_s=30,
        held_s=0,
        agent=RAMA,
        hotline="918069730042",
        customer_number="9676500042",
    )
    return with_life(call, automatic=False, agent_ring_s=2, customer_ring_s=24)


def test_the_documented_call_gives_the_documented_sample() -> None:
    written = outgoing(documented_call())
    assert written | {"organisation_id": "", "call_id": "", "call_recording_url": ""} == {
        "organisation_id": "",
        "call_type": "outgoing",
        "caller_number": "9052930042",
        "receiver_number": "9676500042",
        "did_number": "918069730042",
        "received_at": "2023-02-28T06:48:01.000Z",
        "ended_at": "2023-02-28T06:48:57.000Z",
        "call_id": "",
        "call_status": "answered",
        "call_duration": 30,
        "call_recording_url": "",
        "agent_name": "Rama",
        "initiator_ring_duration": 2,
        "receiver_ring_duration": 24,
        "total_ring_duration": 26,
        "hangup_cause": "initiator_hangup",
    }


@pytest.mark.parametrize("webhook", [OUTGOING, CAMPAIGN], ids=lambda one: one.name)
def test_the_fields_come_in_the_order_of_the_documents(webhook: Webhook) -> None:
    written = ALOHAA.render(webhook, documented_call(), Moment.ENDED)
    assert list(written) == [field.name for field in fields(webhook) if field.required]


# When which webhook speaks


def test_an_outgoing_call_is_told_of_once() -> None:
    call = with_life(a_call(direction=Direction.OUTBOUND), automatic=False)
    assert [moments(one, call) for one in (OUTGOING, INCOMING, CAMPAIGN)] == [(Moment.ENDED,), (), ()]


def test_a_call_of_a_campaign_is_told_of_by_the_campaigns_webhook_alone() -> None:
    call = with_life(a_call(direction=Direction.OUTBOUND), automatic=True)
    assert [moments(one, call) for one in (OUTGOING, INCOMING, CAMPAIGN)] == [(), (), (Moment.ENDED,)]


def test_an_incoming_call_is_told_of_as_it_is_dialled_and_as_it_is_completed() -> None:
    call = a_call(direction=Direction.INBOUND, outcome=Outcome.ANSWERED, agent=RAMA)
    assert moments(INCOMING, call) == (Moment.DIALLED_AGENT, Moment.ENDED)
    assert moments(OUTGOING, call) == ()


def test_an_incoming_call_that_reaches_no_agent_is_only_completed() -> None:
    call = a_call(direction=Direction.INBOUND, outcome=Outcome.NO_ANSWER, agent=None)
    assert moments(INCOMING, call) == (Moment.ENDED,)


def test_both_events_of_an_incoming_call_have_one_call_id() -> None:
    call = a_call(direction=Direction.INBOUND, outcome=Outcome.ANSWERED, agent=RAMA)
    first, last = (incoming(call, moment) for moment in moments(INCOMING, call))
    assert first["call_id"] == last["call_id"]
    assert (first["webhook_type"], last["webhook_type"]) == ("dial_on_agent", "call_completion")


def test_what_the_end_brings_is_absent_before_it() -> None:
    call = a_call(direction=Direction.INBOUND, outcome=Outcome.ANSWERED, agent=RAMA)
    first, last = (incoming(call, moment) for moment in moments(INCOMING, call))
    brought = "ended_at call_status call_duration call_recording_url dtmfcodes dtmfcode total_ring_duration"
    assert last.keys() - first.keys() == set(brought.split())


# The table of hang-up causes (Outgoing call webhook, hangup cause): scenario, initiator's column, receiver's column

TABLE = [
    ("no answer", Reason.NO_ANSWER, "initiator_disconnected", "receiver_disconnected"),
    ("disconnect", Reason.DECLINED, "initiator_disconnected", "receiver_disconnected"),
    ("disconnect before the answer", Reason.CANCELED, "initiator_disconnected", "receiver_disconnected"),
    ("switched off", Reason.SWITCHED_OFF, "network_error", "network_error"),
    ("wrong number", Reason.WRONG_NUMBER, "network_error", "network_error"),
    ("flight mode", Reason.FLIGHT_MODE, "network_error", "network_error"),
    ("busy", Reason.BUSY, "initiator_disconnected", "receiver_disconnected"),
    ("block", Reason.BLOCKED, "initiator_disconnected", "receiver_disconnected"),
    ("answered, hung up", Reason.HUNG_UP, "initiator_hangup", "receiver_hangup"),
    ("trouble of the network", Reason.NETWORK, "network_error", "network_error"),
]


@pytest.mark.parametrize(("reason", "initiator", "receiver"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_hangup_cause_is_that_of_the_table(reason: Reason, initiator: str, receiver: str) -> None:
    causes = [hangup_cause(reason, side) for side in (Party.AGENT, Party.CUSTOMER)]
    assert causes == [initiator, receiver]


def test_the_table_has_every_reason() -> None:
    assert {row[1] for row in TABLE} == set(Reason)


@pytest.mark.parametrize(
    ("outcome", "ended_by", "causes"),
    [
        (Outcome.ANSWERED, Party.CUSTOMER, {"receiver_hangup"}),
        (Outcome.ANSWERED, Party.AGENT, {"initiator_hangup"}),
        (Outcome.NO_ANSWER, Party.SYSTEM, {"receiver_disconnected"}),
        (Outcome.BUSY, Party.CUSTOMER, {"receiver_disconnected"}),
        (Outcome.CANCELED, Party.AGENT, {"initiator_disconnected"}),
        (Outcome.FAILED, Party.SYSTEM, {"network_error"}),
    ],
)
def test_a_drawn_call_ends_as_its_outcome_does(outcome: Outcome, ended_by: Party, causes: set[str]) -> None:
    simulator = Simulator(7, start=START)
    calls = [simulator.call(outcome=outcome, ended_by=ended_by, direction=Direction.OUTBOUND) for _ in range(50)]
    assert {outgoing(call)["hangup_cause"] for call in calls} == causes


def test_all_five_causes_are_drawn() -> None:
    calls = Simulator(7, start=START).calls(2_000)
    drawn = {outgoing(call)["hangup_cause"] for call in calls if call.direction is Direction.OUTBOUND}
    assert drawn == set(OUTGOING.schema["properties"]["hangup_cause"]["enum"])


# Words


@pytest.mark.parametrize("outcome", Outcome)
def test_a_call_is_answered_or_it_is_not(outcome: Outcome) -> None:
    call = a_call(outcome=outcome)
    answered = outcome is Outcome.ANSWERED
    assert outgoing(call)["call_status"] == incoming(call)["call_status"] == ("answered" if answered else "notanswered")
    written = ALOHAA.render(CAMPAIGN, call, Moment.ENDED)["status"]
    assert written == ("ANSWERED" if answered else "UNANSWERED")


def test_another_spelling_in_the_specification_is_the_one_written() -> None:
    webhook = respelled(Specification.load(), {"no_answer": "missed"}).webhook("alohaa.outgoing-call")
    assert ALOHAA.render(webhook, a_call(outcome=Outcome.BUSY), Moment.ENDED)["call_status"] == "missed"


# Durations and times


def test_the_duration_of_an_outgoing_call_is_a_number_and_of_an_incoming_one_text() -> None:
    call = a_call(outcome=Outcome.ANSWERED, ring_s=5, talk_s=3_725)
    assert (outgoing(call)["call_duration"], incoming(call)["call_duration"]) == (3_725, "01:02:05")


@given(st.integers(0, 7 * 86_400))
def test_a_clock_time_tells_the_seconds(seconds: int) -> None:
    hours, minutes, rest = (int(part) for part in clock_time(seconds).split(":"))
    assert timedelta(hours=hours, minutes=minutes, seconds=rest) == timedelta(seconds=seconds)
    assert max(minutes, rest) < 60


def test_a_call_that_nobody_answered_lasts_no_time_and_has_no_recording() -> None:
    call = a_call(outcome=Outcome.NO_ANSWER)
    assert (outgoing(call)["call_duration"], outgoing(call)["call_recording_url"]) == (0, "")
    assert (incoming(call)["call_duration"], incoming(call)["call_recording_url"]) == ("00:00:00", "")


@given(st.integers())
def test_the_ringing_in_all_is_that_of_both_sides(seed: int) -> None:
    for call in Simulator(seed, start=START).calls(20):
        written = outgoing(call)
        both = written["initiator_ring_duration"] + written["receiver_ring_duration"]
        assert written["total_ring_duration"] == both


def test_times_are_utc_with_milliseconds() -> None:
    call = a_call(at=datetime(2024, 3, 1, 6, 30, 5, tzinfo=VIETNAM), ring_s=5, outcome=Outcome.NO_ANSWER)
    written = outgoing(call)
    assert (written["received_at"], written["ended_at"]) == ("2024-02-29T23:30:05.000Z", "2024-02-29T23:30:10.000Z")


def test_a_call_id_begins_with_the_second_of_the_start() -> None:
    call = a_call(at=datetime(2026, 3, 2, 15, 0, 30, tzinfo=VIETNAM))
    assert int(call_id(call)[:8], 16) == int(datetime(2026, 3, 2, 15, 0, 30, tzinfo=VIETNAM).timestamp())


def test_no_two_calls_have_one_id() -> None:
    calls = list(Simulator(7, start=START).calls(2_000))
    assert len({call_id(call) for call in calls}) == len(calls)


# Numbers


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0912345678", "9912345678"),
        ("84912345678", "9912345678"),
        ("+84912345678", "9912345678"),
        ("9676500042", "9676500042"),
        ("919676500042", "9676500042"),
        ("+919676500042", "9676500042"),
        ("02873000000", "9873000000"),
        ("", ""),
    ],
)
def test_a_customers_number_has_ten_digits(number: str, written: str) -> None:
    assert ten_digits(number) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("19001234", "918069001234"),
        ("1900123456", "918069123456"),
        ("02873000888", "918069000888"),
        ("918069730042", "918069730042"),
        ("+918069730042", "918069730042"),
    ],
)
def test_the_organisations_number_has_the_countrys_code(number: str, written: str) -> None:
    assert did(number) == written


@pytest.mark.parametrize(("extension", "written"), [("888", "9845000888"), ("6688", "9845006688")])
def test_an_agents_number_is_made_of_the_extension(extension: str, written: str) -> None:
    assert agent_number(Agent(extension, "rama", "Rama")) == written


def test_an_extension_that_is_a_number_of_india_is_the_agents_number() -> None:
    assert agent_number(RAMA) == "9052930042"


def test_different_customers_keep_different_numbers() -> None:
    customers = {call.customer_number for call in Simulator(7, start=START).calls(2_000)}
    assert len({ten_digits(number) for number in customers}) == len(customers)


def test_the_system_calls_from_the_organisations_number_where_there_is_no_agent() -> None:
    written = outgoing(a_call(outcome=Outcome.NO_ANSWER, ended_by=Party.SYSTEM, agent=None, hotline="19001234"))
    assert (written["caller_number"], written["agent_name"]) == ("8069001234", "")


def test_in_an_incoming_call_the_customer_is_the_caller() -> None:
    written = incoming(a_call(customer_number="0912345678", agent=RAMA, ended_by=Party.CUSTOMER))
    assert (written["caller_number"], written["receiver_number"]) == ("9912345678", "9052930042")


# Keys


def with_keys(call: Call, keys: str) -> Call:
    life = with_life(call, ivr=True).life
    assert life is not None
    return call._replace(life=replace(life, ivr=Ivr("Welcome", 5, keys)))


def test_the_keys_of_a_menu_are_all_told_and_the_last_of_them() -> None:
    written = incoming(with_keys(a_call(direction=Direction.INBOUND), "13#"))
    assert (written["dtmfcodes"], written["dtmfcode"]) == ("1,3,#", "#")


def test_a_call_without_a_menu_has_no_keys() -> None:
    written = incoming(with_life(a_call(direction=Direction.INBOUND), ivr=False))
    assert (written["dtmfcodes"], written["dtmfcode"]) == ("", "")


def test_some_customers_of_a_campaign_press_a_key_and_only_those_who_answer() -> None:
    calls = list(Simulator(7, start=START).calls(1_000))
    written = [ALOHAA.render(CAMPAIGN, call, Moment.ENDED) for call in calls]
    keys = {status: {one["dtmf_key"] for one in written if one["status"] == status} for status in STATUSES}
    assert keys == {"ANSWERED": {"", "1", "2", "3", "4", "5", "6", "7"}, "UNANSWERED": {""}}


STATUSES = ("ANSWERED", "UNANSWERED")


# All of it


@pytest.mark.parametrize("webhook", [OUTGOING, INCOMING, CAMPAIGN], ids=lambda one: one.name)
@given(seed=st.integers(), start=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_every_message_of_a_drawn_call_keeps_the_schema(webhook: Webhook, seed: int, start: datetime) -> None:
    validator = Validator(webhook)
    for call in Simulator(seed, start=start).calls(20):
        for moment in moments(webhook, call):
            assert validator.problems(ALOHAA.render(webhook, call, moment)) == []


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("side", [Party.AGENT, Party.CUSTOMER])
def test_every_reason_on_either_side_keeps_the_schema(reason: Reason, side: Party) -> None:
    call = with_life(a_call(direction=Direction.OUTBOUND), automatic=False, reason=reason, side=side)
    assert Validator(OUTGOING).problems(outgoing(call)) == []
