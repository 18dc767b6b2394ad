from __future__ import annotations

import orjson
import pytest

from mock_alohub.check.effects import Effects, Unknown, parse_effects
from mock_alohub.errors import BadOption, BadURL
from mock_alohub.messages.attempt import Cause
from tests.fakes import failed, replied

URL = "http://crm.example/calls/{call_id}"

RFC_6901 = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
"""The document of RFC 6901, section 5."""


@pytest.mark.parametrize(
    ("pointer", "count"),
    [
        ("/foo", 2),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_a_pointer_points_as_rfc_6901_says(pointer: str, count: int) -> None:
    assert Effects(URL, pointer).count(replied(200, orjson.dumps(RFC_6901))) == count


@pytest.mark.parametrize(("body", "count"), [(b"3", 3), (b"[]", 0), (b"[1, 2]", 2)])
def test_an_empty_pointer_is_the_whole_answer(body: bytes, count: int) -> None:
    assert Effects(URL, "").count(replied(200, body)) == count


def test_a_pointer_goes_through_arrays() -> None:
    assert Effects(URL, "/data/1/n").count(replied(200, b'{"data": [{}, {"n": 4}]}')) == 4


def test_a_tilde_and_a_one_are_not_read_twice() -> None:
    assert Effects(URL, "/~01").count(replied(200, b'{"~1": 5}')) == 5


def test_an_unknown_call_counts_as_zero() -> None:
    assert Effects(URL, "/count").count(replied(404, b"no such call")) == 0


@pytest.mark.parametrize(
    ("pointer", "body", "says"),
    [
        ("/count", b"{}", "has nothing at /count"),
        ("/0", b"[]", "has nothing at /0"),
        ("/01", b"[1, 2]", "has nothing at /01"),
        ("/-", b"[1]", "has nothing at /-"),
        ("/a/b", b'{"a": "text"}', "has nothing at /a/b"),
        ("/a", b'{"a": "3"}', "neither a whole number nor an array"),
        ("/a", b'{"a": true}', "neither a whole number nor an array"),
        ("/a", b'{"a": 1.5}', "neither a whole number nor an array"),
        ("/a", b'{"a": null}', "neither a whole number nor an array"),
        ("", b'{"a": 1}', "neither a whole number nor an array at its root"),
        ("/a", b"<html>", "a body that is not JSON"),
    ],
)
def test_an_answer_without_a_count_says_what_is_wrong(pointer: str, body: bytes, says: str) -> None:
    with pytest.raises(Unknown, match=says):
        Effects(URL, pointer).count(replied(200, body))


def test_another_status_is_no_count() -> None:
    with pytest.raises(Unknown, match="answered 401, wanted 200"):
        Effects(URL, "/count").count(replied(401))


@pytest.mark.parametrize(("detail", "says"), [("no one listens", "no one listens"), ("", "refused")])
def test_no_answer_is_no_count(detail: str, says: str) -> None:
    with pytest.raises(Unknown, match=f"gave no answer: {says}"):
        Effects(URL, "/count").count(failed(Cause.REFUSED, detail))


def test_the_call_id_stands_in_the_url_encoded() -> None:
    assert str(Effects(URL, "").url("a/b c")) == "http://crm.example/calls/a%2Fb%20c"


def test_the_question_is_a_get_with_the_headers_given() -> None:
    request = Effects(URL, "", (("X-Token", "t"),)).request("1")
    assert (request.method, request.body, request.headers[-1]) == ("GET", b"", ("X-Token", "t"))


def test_a_url_and_a_pointer_are_read() -> None:
    assert parse_effects(f"{URL}#/count") == Effects(URL, "/count")


@pytest.mark.parametrize("text", [URL, f"{URL}#"])
def test_the_pointer_may_be_left_out(text: str) -> None:
    assert parse_effects(text) == Effects(URL, "")


def test_a_pointer_without_a_slash_is_refused() -> None:
    with pytest.raises(BadOption, match="`#count` is not a JSON pointer"):
        parse_effects(f"{URL}#count")


def test_a_url_that_names_no_call_is_refused() -> None:
    with pytest.raises(BadOption, match=r"names no \{call_id\}"):
        parse_effects("http://crm.example/calls#/count")


def test_a_bad_url_is_refused_at_once() -> None:
    with pytest.raises(BadURL):
        parse_effects("crm.example/{call_id}#/count")
