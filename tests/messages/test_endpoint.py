from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.errors import BadOption, BadURL
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url

ANYTHING = st.text(st.characters(exclude_categories=()))
"""Lone surrogates included: a shell hands over bytes that are not UTF-8 as such."""


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://partner.example", "http://partner.example/"),
        ("HTTP://Partner.Example:80/Hooks", "http://partner.example/Hooks"),
        ("https://partner.example:443/", "https://partner.example/"),
        ("https://partner.example:8443/a?b=c&d=%20", "https://partner.example:8443/a?b=c&d=%20"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("http://[::1]/", "http://[::1]/"),
        ("  http://127.0.0.1:8000/x \n", "http://127.0.0.1:8000/x"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://partner.example/a#part", "http://partner.example/a"),
        ("http://partner.example?x=1", "http://partner.example/?x=1"),
    ],
)
def test_a_url_is_read_as_it_will_be_sent(text: str, url: str) -> None:
    assert str(parse_url(text)) == url


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("127.0.0.1:8000/hooks", "has no scheme"),
        ("partner.example", "has no scheme"),
        ("://partner.example", "has no scheme"),
        ("", "has no scheme"),
        ("ftp://partner.example/", "`ftp` URLs cannot receive webhooks"),
        ("http://user:pass@partner.example/", "holds credentials"),
        ("http://user@partner.example/", "holds credentials"),
        ("http:///hooks", "has no host"),
        ("http://partner.example:0/", "has port 0"),
        ("http://partner.example:99999/", "is not a URL"),
        ("http://partner.example:port/", "is not a URL"),
        ("http://[::1/", "is not a URL"),
        ("http://partner.example/a b", "holds a space"),
        ("http://partner.example/a\tb", "holds a space"),
        ("http://partner.example/\udcff", "bytes that are not UTF-8"),
        ("http://ü" + "x" * 80 + ".example/", "is not a host name"),
    ],
)
def test_a_bad_url_is_answered_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(BadURL, match=says):
        parse_url(text)


def test_a_missing_scheme_is_guessed_in_the_hint() -> None:
    with pytest.raises(BadURL) as raised:
        parse_url("127.0.0.1:8000/hooks")
    assert raised.value.hint == "did you mean http://127.0.0.1:8000/hooks ?"


def _read(text: str) -> str | None:
    try:
        return str(parse_url(text))
    except BadURL:
        return None


@given(ANYTHING | st.builds("http://{}".format, ANYTHING))
def test_whatever_is_typed_is_a_url_or_a_mistake(text: str) -> None:
    assert _read(text) is None or str(_read(text)).startswith(("http://", "https://"))


@given(st.sampled_from(["a.example", "[::1]:80", "ü.example"]), ANYTHING, ANYTHING)
def test_a_url_that_was_read_reads_the_same_again(host: str, path: str, query: str) -> None:
    once = _read(f"http://{host}/{path}?{query}")
    assert once is None or _read(once) == once


@given(ANYTHING, ANYTHING)
def test_what_is_sent_is_ascii_without_spaces(path: str, query: str) -> None:
    try:
        target = parse_url(f"http://a.example/{path}?{query}").target
    except BadURL:
        return
    assert target.isascii()
    assert target.isprintable()
    assert " " not in target


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://a.example/", "a.example"),
        ("http://a.example:443/", "a.example:443"),
        ("https://a.example:443/", "a.example"),
        ("http://[::1]:8000/", "[::1]:8000"),
    ],
)
def test_the_host_header_names_an_unusual_port_only(url: str, authority: str) -> None:
    assert parse_url(url).authority == authority


def test_a_connection_is_shared_by_scheme_host_and_port() -> None:
    assert parse_url("http://a.example/x").origin == parse_url("http://a.example:80/y").origin


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.1", "app.localhost", "crm.internal", "x.local"]
)
def test_a_private_host_is_told_by_its_spelling(host: str) -> None:
    assert parse_url(f"http://{host}/").is_private


@pytest.mark.parametrize("host", ["partner.example", "93.184.215.14", "[2606:2800::1]", "mylocal", "internal.example"])
def test_a_public_host_is_told_by_its_spelling(host: str) -> None:
    assert not parse_url(f"http://{host}/").is_private


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("api_key=abc&x=1", "api_key=****&x=1"),
        ("x=1&access_token=abc", "x=1&access_token=****"),
        ("Signature=abc", "Signature=****"),
        ("password=a%20b", "password=****"),
        ("x=1", "x=1"),
    ],
)
def test_a_secret_in_the_query_is_not_shown(query: str, shown: str) -> None:
    assert parse_url(f"http://a.example/?{query}").shown() == f"http://a.example/?{shown}"


def test_a_key_is_masked_in_print() -> None:
    assert "Secret" not in repr(Endpoint(parse_url("http://a.example/"), Key("Secret-Key-123")))


def test_a_key_is_told_to_who_asks() -> None:
    assert Key("Secret-Key-123").reveal() == "Secret-Key-123"


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00b", "a\x7f"])
def test_a_key_with_a_control_character_is_refused(value: str) -> None:
    with pytest.raises(BadOption, match="control character"):
        Key(value)


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(BadOption, match="outside latin-1"):
        Key("khóa-bí-mật-ọ")


@pytest.mark.parametrize("value", ["a\nSecret", "Secretọ"])
def test_a_refused_key_is_not_shown(value: str) -> None:
    with pytest.raises(BadOption) as raised:
        Key(value)
    assert "Secret" not in f"{raised.value!r} {raised.value.hint} {raised.value.__cause__}"
