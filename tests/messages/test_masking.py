from __future__ import annotations

import base64
import html
import json
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mock_alohub.messages import credential
from mock_alohub.messages.masking import masked, secrets_of
from mock_alohub.messages.transmission import Credential
from tests.fakes import KEY, endpoint

# What a header can carry. Three letters have no capital of their own in latin-1.
KEYS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"], exclude_characters="ßµÿ"),
    min_size=6,
)


def _masked(text: str, key: str = KEY) -> str:
    return str(masked(text, secrets_of(endpoint(key=key))))


WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "in changed case": str.swapcase,
    "in JSON": lambda key: json.dumps(key)[1:-1],
    "in JSON, not only ASCII": lambda key: json.dumps(key, ensure_ascii=False)[1:-1],
    "in JSON as PHP writes it": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "in a URL": lambda key: quote(key, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in a URL, small": lambda key: quote(key, safe="").lower(),
    "in HTML": html.escape,
    "in HTML, in numbers": lambda key: html.escape(key).replace("&#x27;", "&#39;"),
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
    "in base64 of latin-1": lambda key: base64.b64encode(key.encode("latin-1")).decode(),
    "in latin-1 read as UTF-8": lambda key: key.encode("latin-1").decode("utf-8", "backslashreplace"),
    "in UTF-8 read as latin-1": lambda key: key.encode().decode("latin-1"),
}


@pytest.mark.parametrize("write", WRITINGS.values(), ids=WRITINGS)
@settings(max_examples=20)
@given(key=KEYS)
@example(key=KEY)
@example(key="a/b+c=d\"e'f&g<h>i\\j%")
@example(key="clé-très-privée")
def test_a_key_is_masked_however_it_is_written(write: Callable[[str], str], key: str) -> None:
    assert _masked(f"({write(key)})", key).replace("=", "") == "(****)"


@given(key=KEYS, before=st.text(string.digits), after=st.text(string.digits))
def test_a_key_is_masked_inside_other_text(key: str, before: str, after: str) -> None:
    assert key not in _masked(f"{before}{key}{after}", key)


@pytest.mark.parametrize("make", [credential.another, credential.prefix, credential.changed_case])
def test_what_gives_the_key_away_is_masked(make: Callable[[str], Credential | None]) -> None:
    lie = make(KEY)
    assert lie is not None
    assert _masked(f"unknown key {lie.value}") == "unknown key ****"


@pytest.mark.parametrize("length", range(8, len(KEY)))
def test_the_beginning_of_the_key_is_masked(length: int) -> None:
    assert _masked(f"key {KEY[:length]}...") == "key ****..."


def test_a_password_behind_a_name_is_masked_also_alone() -> None:
    assert _masked("s3cret-of-ours is not it", "shop:s3cret-of-ours") == "**** is not it"


def test_a_few_first_characters_give_nothing_away() -> None:
    assert _masked(f"key {KEY[:4]}...") == f"key {KEY[:4]}..."


def test_a_key_of_three_characters_is_in_every_answer_by_chance() -> None:
    assert _masked("abc", "abc") == "abc"


def test_without_a_key_nothing_is_masked() -> None:
    assert masked("any text", secrets_of(endpoint(key=None))) == "any text"


def test_records_are_masked_through_and_through() -> None:
    record = {"a": [KEY, {"b": (f"x{KEY}", 7, None)}]}
    assert masked(record, secrets_of(endpoint())) == {"a": ["****", {"b": ["x****", 7, None]}]}
