"""What a look-up asks for, and how a call is written down in its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls.call import Call, Direction, Outcome
from mock_alohub.delivery.call_log import Search
from mock_alohub.providers.alohub import ALOHUB
from mock_alohub.server.providers.alohub.errors import Code, Refused
from mock_alohub.server.providers.alohub.search import item_v1, item_v2, page, reported, searched
from mock_alohub.server.providers.dialled_call import ORDINARY, agent_at, lived
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator

SPECIFICATION = Specification.load()
CALL_ENDED = SPECIFICATION.webhook("alohub.call-ended")
AT = datetime(2024, 1, 13, 15, 0, 30)  # noqa: DTZ001 - local times of Vietnam carry no zone


def search(**body: Any) -> Search:
    return searched(body, SPECIFICATION, "default", 0.0)


def report(**body: Any) -> Search:
    return reported(body, "default", 0.0)


def call() -> Call:
    return lived("20240113150030000001", "0912345678", ORDINARY, at=AT, agent=agent_at("888"), transaction_id="T")


def test_an_empty_body_asks_for_everything() -> None:
    assert search() == Search("default", 0.0)


def test_filters_that_are_empty_ask_for_everything() -> None:
    names = ("starttime", "endtime", "call_id", "customer_number", "callType", "ipPhone", "transactionId", "direction")
    assert search(**dict.fromkeys(names, ""), agent=[], call_status="") == Search("default", 0.0)


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ({"call_id": "2024"}, "call_id", "2024"),
        ({"customer_number": "0912345678"}, "customer", "0912345678"),
        ({"transactionId": "T"}, "transaction_id", "T"),
        ({"ipPhone": "888"}, "extensions", ("888",)),
        ({"agent": ["nguyen.an"]}, "accounts", ("nguyen.an",)),
        ({"direction": "OUTBOUND"}, "direction", Direction.OUTBOUND),
        ({"direction": "inbound"}, "direction", Direction.INBOUND),
        ({"callType": 0}, "direction", Direction.INBOUND),
        ({"callType": "1"}, "direction", Direction.OUTBOUND),
        ({"call_status": "answered"}, "outcomes", (Outcome.ANSWERED,)),
        ({"call_status": "missed"}, "outcomes", (Outcome.NO_ANSWER,)),
        ({"call_status": "cancelled"}, "outcomes", (Outcome.CANCELED,)),
        ({"call_status": "hangup"}, "outcomes", tuple(Outcome)),
        ({"call_status": "unheard-of"}, "outcomes", ()),
        ({"direction": "sideways"}, "outcomes", ()),
        ({"starttime": "2024-01-13T15:00:30+07:00"}, "since", AT),
        ({"starttime": "2024-01-13T08:00:30Z"}, "since", AT),
        ({"endtime": "2024-01-13 15:00:30"}, "until", AT),
    ],
)
def test_a_filter_is_understood(body: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(search(**body), name) == value


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01T00:00:00+07:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_is_a_failure_of_business(text: str) -> None:
    with pytest.raises(Refused, match="`starttime` is no time") as refusal:
        search(starttime=text)
    assert refusal.value.code is Code.INVALID_PARAMETER


def test_a_report_ends_at_the_time_in_the_documented_spelling() -> None:
    assert report(callEndtime="2024-01-13T15:00:30+07:00").until == AT


@pytest.mark.parametrize("spelling", ["callEndTime", "callendtime", "endtime"])
def test_a_report_ignores_another_spelling_of_its_end_without_a_word(spelling: str) -> None:
    assert report(**{spelling: "2024-01-13T15:00:30+07:00"}) == Search("default", 0.0)


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ({"callStartTime": "2024-01-13T15:00:30+07:00"}, "since", AT),
        ({"phoneNumber": "0912345678"}, "customer", "0912345678"),
        ({"callType": 1}, "direction", Direction.OUTBOUND),
    ],
)
def test_a_filter_of_a_report_is_understood(body: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(report(**body), name) == value


def test_the_first_page_of_fifty_is_taken_where_none_is_named() -> None:
    assert page({}) == (0, 50)


def test_page_zero_is_the_first_one() -> None:
    assert page({"page": 0}) == page({"page": 1})


@given(number=st.integers(1, 1_000_000), limit=st.integers(1, 1_000))
def test_pages_follow_each_other_without_a_gap(number: int, limit: int) -> None:
    offset, size = page({"page": str(number), "limit": limit})
    assert page({"page": number + 1, "limit": limit}) == (offset + size, limit)


def test_an_item_is_what_the_webhook_says_but_for_the_capitals() -> None:
    item = item_v2(call(), ALOHUB, CALL_ENDED)
    assert Validator(CALL_ENDED).problems({**item, "direction": item["direction"].lower()}) == []


def test_an_item_names_its_source() -> None:
    assert item_v2(call(), ALOHUB, CALL_ENDED)["source"] == "ipcc"


def test_an_older_item_names_the_file_of_the_recording() -> None:
    assert item_v1(call(), ALOHUB, CALL_ENDED)["recording_url"] == "20240113150030000001.mp3"
