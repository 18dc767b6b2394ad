from __future__ import annotations

import orjson
import pytest

from mock_alohub.messages.attempt import Attempt
from mock_alohub.messages.message import Payload
from mock_alohub.messages.transmission import Request
from tests.fakes import Trying, answers, message, replied, subject, trying

COMPAT = [
    "compat.unknown-field",
    "compat.unknown-status",
    "compat.unknown-event-type",
    "compat.json-layout",
    "compat.content-type-charset",
]


def _ordinary(payload: Payload) -> Payload:
    return {name: value for name, value in payload.items() if name in message().payload}


def _types(tries: Trying) -> list[str]:
    return [dict(one.request.headers)["Content-Type"] for one in tries.sent]


@pytest.mark.parametrize("rule", COMPAT)
def test_what_is_not_acknowledged_is_found(rule: str) -> None:
    tries = trying(rule, answers(replied(422)))
    assert tries.broken_cases == tries.cases != []


def test_a_field_is_added_and_no_other_is_changed() -> None:
    added = [set(one) - set(_ordinary(one)) for one in trying("compat.unknown-field").payloads]
    assert added == [{"addedLater"}] * 4


def test_an_added_field_can_be_null() -> None:
    assert None in [one["addedLater"] for one in trying("compat.unknown-field").payloads]


def test_aliases_and_a_new_word_are_tried_as_status() -> None:
    words = [one["call_status"] for one in trying("compat.unknown-status").payloads]
    assert words == [*subject().aliases, "something_new"]


def test_a_new_word_is_tried_as_event_type() -> None:
    assert [one["eventType"] for one in trying("compat.unknown-event-type").payloads] == ["something_new"]


def test_the_layout_changes_and_the_fields_do_not() -> None:
    assert all(set(one) == set(message().payload) for one in trying("compat.json-layout").payloads)


def test_every_character_can_be_escaped() -> None:
    *_, body = trying("compat.json-layout").bodies
    assert b"\\u0063\\u0061\\u006c\\u006c\\u005f\\u0069\\u0064" in body


def test_escaped_characters_are_still_the_same_message() -> None:
    *_, body = trying("compat.json-layout").bodies
    assert orjson.loads(body)["eventType"] == message().payload["eventType"]


def test_white_space_stands_around_and_inside() -> None:
    first, *_ = trying("compat.json-layout").bodies
    assert first[:2] == b"\r\n"
    assert b'\n    "call_id"' in first


def test_keys_can_come_in_another_order() -> None:
    assert list(trying("compat.json-layout").payloads[1]) == list(reversed(message().payload))


def test_an_endpoint_that_matches_text_is_found() -> None:
    def matches(request: Request) -> Attempt:
        return replied(200 if request.body.startswith(b'{"call_id":') else 400)

    assert trying("compat.json-layout", matches).broken_cases == [
        "indented",
        "reversed key order",
        "every character escaped",
    ]


def test_the_charset_is_written_in_two_ways() -> None:
    assert _types(trying("compat.content-type-charset")) == [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
    ]
