from __future__ import annotations

import pytest

from mock_alohub.messages.message import (
    Message,
    query_of,
    with_body,
    with_fields,
    with_header,
    with_method,
    without_field,
)
from tests.fakes import message


def test_the_payload_is_fresh_every_time() -> None:
    ordinary = message()
    ordinary.payload["call_id"] = "another"
    assert ordinary.payload["call_id"] != "another"


def test_a_field_can_have_another_value() -> None:
    assert with_fields(message(), {"call_status": "missed"}).payload == {**message().payload, "call_status": "missed"}


def test_a_new_field_stands_at_the_end() -> None:
    assert list(with_fields(message(), {"added": 1}).payload)[-1] == "added"


def test_a_field_can_be_left_out() -> None:
    payload = message().payload
    del payload["hotline"]
    assert without_field(message(), "hotline").payload == payload


def test_the_body_can_be_anything() -> None:
    assert with_body(message(), b"\xff").body == b"\xff"


def test_a_header_can_be_replaced_whatever_its_case() -> None:
    assert with_header(message(), "content-type", "text/plain").headers == (("content-type", "text/plain"),)


def test_a_header_can_be_left_out() -> None:
    assert with_header(message(), "CONTENT-TYPE", None).headers == ()


def test_a_header_can_be_added() -> None:
    assert with_header(message(), "X-A", "b").headers[-1] == ("X-A", "b")


def by_get() -> Message:
    return Message("a.hook", "1", "GET", (), b"", "a=1&b=&c=x+y%26z")


def test_without_a_body_the_payload_stands_in_the_query() -> None:
    assert by_get().payload == {"a": "1", "b": "", "c": "x y&z"}


def test_a_field_of_a_query_can_be_changed_and_left_out() -> None:
    changed = without_field(with_fields(by_get(), {"b": None, "d": [1, {"e": None}]}), "a")
    assert changed.payload == {"b": "", "c": "x y&z", "d": '[1,{"e":null}]'}
    assert changed.body == b""


def test_a_query_writes_text_as_it_is_null_as_nothing_and_the_rest_as_json() -> None:
    assert query_of({"a": "ü 1", "b": None, "c": 7, "d": True, "e": ""}) == "a=%C3%BC+1&b=&c=7&d=true&e="


def test_sent_by_get_a_message_says_the_same_in_its_query() -> None:
    posted = message()
    got = with_method(posted, "GET")
    assert (got.method, got.body, got.headers) == ("GET", b"", ())
    assert got.payload == {name: str(value) for name, value in posted.payload.items()}


def test_sent_by_post_a_query_becomes_a_body() -> None:
    posted = with_method(by_get(), "POST")
    assert (posted.method, posted.query, posted.payload) == ("POST", "", by_get().payload)
    assert posted.headers == (("Content-Type", "application/json"),)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_between_methods_with_a_body_nothing_else_changes(method: str) -> None:
    assert with_method(message(), method).body == message().body
