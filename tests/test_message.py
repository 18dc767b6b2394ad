from __future__ import annotations

from mock_alohub.message import with_body, with_fields, with_header, without_field
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
