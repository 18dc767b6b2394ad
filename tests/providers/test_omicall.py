"""OMICall's messages: as its document shows them, in seconds and milliseconds, for every way a call can go."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls.call import Agent, Call, Direction, Moment, Outcome, Party
from mock_alohub.calls.call_details import with_life
from mock_alohub.calls.simulator import Simulator
from mock_alohub.messages.message import Payload
from mock_alohub.providers.omicall import NO_AGENT, OMICALL, call_id, counted
from mock_alohub.providers.provider import message_of, messages_of, moments
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, fields
from mock_alohub.vietnam_time import VIETNAM

LIVE, CDR = (Specification.load().webhook(f"omicall.{name}") for name in ("live", "cdr"))
SAMPLES = Path(__file__).parents[1] / "data" / "omicall"
START = datetime(2026, 3, 2, 8, tzinfo=VIETNAM)
TIEN = Agent("100", "tran.1234", "Trần Văn Tiến 1234")


def a_call(**wishes: Any) -> Call:
    return Simulator(7, start=START).call(**wishes)


def live(call: Call, moment: Moment = Moment.ENDED) -> Payload:
    return OMICALL.render(LIVE, call, moment)


def report(call: Call) -> Payload:
    return OMICALL.render(CDR, call, Moment.REPORTED)


def printed(name: str) -> Payload:
    payload: Payload = orjson.loads((SAMPLES / f"{name}.sample.json").read_bytes())
    return payload


def documented_call() -> Call:
    """The call of the document's report."""
    call = a_call(
        outcome=Outcome.ANSWERED,
        direction=Direction.OUTBOUND,
        ended_by=Party.CUSTOMER,
        at=datetime(2023, 10, 18, 9, 23, 3, tzinfo=VIETNAM),
        ring_s=7,
        talk_s=5,
        held_s=0,
        agent=TIEN,
        hotline="02899959300",
        customer_number="0395187319",
    )
    return with_life(call, automatic=False, local=False)


OURS = {
    "create_by", "created_date", "customer", "domain_fusion", "last_updated_date", "recording_file_url", "tenant_id",
    "transaction_id",
}  # fmt: skip
"""Ids, names and times within a second, which are made up for every call."""


def test_the_documented_call_gives_the_documented_report() -> None:
    written, sample = report(documented_call()), printed("cdr")
    assert {name: written[name] for name in written if name not in OURS} == {
        name: sample[name] for name in sample if name not in OURS
    }


def test_the_documented_call_gives_the_documented_state() -> None:
    call = documented_call()._replace(hotline="0868694566", started_at=datetime(2021, 7, 19, 18, 19, 21))  # noqa: DTZ001
    written = live(with_life(call, dialled="0868694566"), Moment.RINGING)
    assert written | {"call_uuid": ""} == printed("live") | {"call_uuid": ""}


@pytest.mark.parametrize(("webhook", "name"), [(LIVE, "live"), (CDR, "cdr")], ids=["live", "cdr"])
def test_the_fields_come_in_the_order_of_the_document(webhook: Webhook, name: str) -> None:
    written = OMICALL.render(webhook, documented_call(), Moment.ENDED)
    assert list(written) == [field.name for field in fields(webhook)] == list(printed(name))


# When which webhook speaks


@pytest.mark.parametrize(
    ("outcome", "states"),
    [
        (Outcome.ANSWERED, ["ringing", "answered", "hangup"]),
        (Outcome.NO_ANSWER, ["ringing", "hangup"]),
        (Outcome.BUSY, ["ringing", "hangup"]),
        (Outcome.CANCELED, ["ringing", "hangup"]),
        (Outcome.FAILED, ["hangup"]),
    ],
)
@pytest.mark.parametrize("direction", Direction)
def test_a_call_goes_through_its_states_and_is_reported_once(
    outcome: Outcome, states: list[str], direction: Direction
) -> None:
    call = a_call(outcome=outcome, direction=direction)
    assert [one.payload["state"] for one in messages_of(OMICALL, LIVE, call)] == states
    assert [one.payload["state"] for one in messages_of(OMICALL, CDR, call)] == ["cdr"]


def test_all_that_is_said_of_a_call_has_one_id() -> None:
    call = documented_call()
    ids = {one.payload["call_uuid"] for one in messages_of(OMICALL, LIVE, call)}
    assert ids == {report(call)["transaction_id"]} == {call_id(call)}


def test_no_two_calls_have_one_id() -> None:
    calls = list(Simulator(7, start=START).calls(2_000))
    assert len({call_id(call) for call in calls}) == len(calls)


# Seconds and milliseconds


def test_a_state_begins_in_seconds_and_happens_in_milliseconds() -> None:
    call = documented_call()
    told = [(live(call, moment)["created_time"], live(call, moment)["date_time"]) for moment in moments(LIVE, call)]
    assert told == [(1697595783, 1697595783000), (1697595783, 1697595790000), (1697595783, 1697595795000)]


def test_the_time_of_the_answer_is_that_of_the_start() -> None:
    written = report(documented_call())
    assert written["time_start_to_answer"] == written["time_start_call"] == written["time_end_call"] - 12


@given(st.integers())
def test_a_report_is_made_within_a_second_of_the_end_and_changed_after_it(seed: int) -> None:
    for call in Simulator(seed, start=START).calls(20):
        written = report(call)
        end_ms = written["time_end_call"] * 1000
        assert end_ms <= written["created_date"] < end_ms + 1000
        assert written["created_date"] < written["last_updated_date"] < written["created_date"] + 250


@given(st.integers())
def test_the_figures_of_a_report_hang_together(seed: int) -> None:
    for call in Simulator(seed, start=START).calls(20):
        written = report(call)
        assert written["duration"] == written["time_end_call"] - written["time_start_call"]
        assert written["answer_sec"] <= written["duration"]
        assert written["bill_sec"] == (written["answer_sec"] + 1 if written["answer_sec"] else 0)
        assert written["record_seconds"] == written["answer_sec"]
        assert bool(written["recording_file_url"]) is (call.outcome is Outcome.ANSWERED)


def test_only_what_goes_out_is_charged() -> None:
    calls = list(Simulator(7, start=START).calls(500))
    charged = {report(call)["direction"] for call in calls if report(call)["call_out_price"]}
    assert charged == {"outbound"}
    assert all(isinstance(report(call)["call_out_price"], float) for call in calls)


# Directions and sides


def test_three_directions_are_drawn() -> None:
    calls = list(Simulator(7, start=START).calls(1_000))
    drawn = {report(call)["direction"] for call in calls}
    assert drawn == {live(call)["direction"] for call in calls} == {"inbound", "outbound", "local"}


def test_an_inbound_call_is_told_from_the_customers_side() -> None:
    call = a_call(
        direction=Direction.INBOUND, outcome=Outcome.ANSWERED, agent=TIEN, customer_number="0912345678",
        hotline="19001234",
    )  # fmt: skip
    written = report(call)
    assert [written[name] for name in ("from_number", "to_number", "source_number", "destination_number")] == [
        "0912345678", "100", "0912345678", "19001234",
    ]  # fmt: skip
    assert (written["phone_number"], written["sip_user"]) == ("0912345678", "100")
    assert (live(call)["from_number"], live(call)["to_number"]) == ("0912345678", "100")


def local_call() -> Call:
    call = a_call(direction=Direction.OUTBOUND, outcome=Outcome.ANSWERED, agent=TIEN, hotline="", transaction_id="")
    return with_life(call, local=True)


def test_a_local_call_has_two_extensions_and_no_hotline() -> None:
    written = report(local_call())
    assert (written["direction"], written["from_number"], written["to_number"]) == ("local", "100", "101")
    assert (written["hotline"], written["sip_number"], written["provider"]) == ("", "", "")
    assert written["customer"] == {"full_name": "", "full_name_unsigned": ""}
    assert (live(local_call())["direction"], live(local_call())["hotline"]) == ("local", "")


def test_the_hotline_begins_with_0_while_a_call_goes_on_and_with_84_in_its_report() -> None:
    assert (live(documented_call())["hotline"], report(documented_call())["hotline"]) == ("02899959300", "842899959300")


def test_the_menu_of_an_inbound_call_is_named_and_none_is_a_word() -> None:
    call = a_call(direction=Direction.INBOUND)
    assert report(with_life(call, ivr=False))["ivr"] == "none"
    assert report(with_life(call, ivr=True))["ivr"] != "none"


# Names


def test_an_agent_is_written_with_marks_and_without() -> None:
    [user] = report(documented_call())["user"]
    assert user == {"full_name": "Trần Văn Tiến 1234", "full_name_unsigned": "Tran Van Tien 1234"}


def test_customers_have_marks_and_small_letters_without() -> None:
    names = [report(call)["customer"] for call in Simulator(7, start=START).calls(500)]
    assert any(not one["full_name"].isascii() for one in names)
    assert all(one["full_name_unsigned"].isascii() for one in names)
    assert all(one["full_name_unsigned"] == one["full_name_unsigned"].lower() for one in names)


def test_a_customer_has_one_name_whenever_they_call() -> None:
    first, second = (
        Simulator(seed, start=START).call(customer_number="0912345678", hotline="19001") for seed in (1, 2)
    )
    assert report(first)["customer"] == report(second)["customer"]


def test_a_call_that_reached_no_agent_has_no_user() -> None:
    written = report(a_call(outcome=Outcome.NO_ANSWER, ended_by=Party.SYSTEM, agent=None))
    assert (written["user"], written["sip_user"]) == ([], "")
    assert written["create_by"] == {"contact_id": "", "id": "", "name": NO_AGENT}


@pytest.mark.parametrize(
    ("party", "word"),
    [
        (Party.CUSTOMER, "end_call_by_customer"),
        (Party.AGENT, "end_call_by_user"),
        (Party.SYSTEM, "end_call_by_system"),
    ],
)
def test_who_ended_the_call_is_in_the_words_of_the_schema(party: Party, word: str) -> None:
    assert report(a_call(outcome=Outcome.ANSWERED, ended_by=party))["endby_name"] == word


# Tries


def test_a_report_counts_its_tries_from_one() -> None:
    message = message_of(OMICALL, CDR, documented_call(), Moment.REPORTED)
    tries = [message, *(counted(message, number) for number in (1, 2, 3))]
    assert [one.payload["send_num_retry"] for one in tries] == [1, 2, 3, 4]


def test_a_retry_differs_in_nothing_but_its_number() -> None:
    message = message_of(OMICALL, CDR, documented_call(), Moment.REPORTED)
    again = counted(message, 1)
    assert again.body == message.body.replace(b'"send_num_retry":1', b'"send_num_retry":2') != message.body


def test_a_state_is_sent_again_as_it_was() -> None:
    message = message_of(OMICALL, LIVE, documented_call(), Moment.RINGING)
    assert counted(message, 2) is message


# All of it


@pytest.mark.parametrize("webhook", [LIVE, CDR], ids=lambda one: one.name)
@given(seed=st.integers(), start=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_every_message_of_a_drawn_call_keeps_the_schema(webhook: Webhook, seed: int, start: datetime) -> None:
    validator = Validator(webhook)
    for call in Simulator(seed, start=start).calls(20):
        for moment in moments(webhook, call):
            assert validator.problems(OMICALL.render(webhook, call, moment)) == []
