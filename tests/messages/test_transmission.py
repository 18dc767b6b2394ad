from __future__ import annotations

from dataclasses import replace

import pytest

from mock_alohub.messages.transmission import Credential, Request, Transmission, agreed, request_of
from tests.fakes import KEY, endpoint, message


def _request(credential: Credential | None, header: str | None = "Authorization", **changes: object) -> Request:
    there = endpoint("http://partner.example:8000/hooks?a=1")
    return request_of(Transmission(replace(message(), **changes), credential), there.url, header)  # type: ignore[arg-type]


def test_the_agreed_key_stands_in_the_key_header() -> None:
    assert ("Authorization", KEY) in _request(agreed(endpoint())).headers


def test_the_agreed_key_is_named_for_the_shell_and_not_written() -> None:
    credential = agreed(endpoint())
    assert credential is not None
    assert credential.shell == "$MOCK_ALOHUB_KEY"


def test_without_an_agreed_key_there_is_no_credential() -> None:
    assert agreed(endpoint(key=None)) is None


@pytest.mark.parametrize("credential", [None, Credential(None, None)], ids=["none", "no header"])
def test_without_a_value_there_is_no_key_header(credential: Credential | None) -> None:
    assert "Authorization" not in dict(_request(credential).headers)


def test_an_empty_key_is_sent_as_an_empty_header() -> None:
    assert ("Authorization", "") in _request(Credential("", "")).headers


def test_a_webhook_without_security_carries_no_key() -> None:
    assert KEY not in str(_request(agreed(endpoint()), None).headers)


def test_every_header_is_listed() -> None:
    names = [name for name, _ in _request(agreed(endpoint())).headers]
    assert names == ["Host", "User-Agent", "Accept", "Authorization", "Content-Type", "Content-Length"]


def test_the_host_header_names_the_port() -> None:
    assert dict(_request(None).headers)["Host"] == "partner.example:8000"


def test_the_length_counts_bytes() -> None:
    assert dict(_request(None, body="ọ".encode()).headers)["Content-Length"] == "3"


@pytest.mark.parametrize(("method", "announced"), [("POST", True), ("PUT", True), ("GET", False), ("DELETE", False)])
def test_an_empty_body_is_announced_where_one_is_usual(method: str, announced: bool) -> None:
    assert ("Content-Length" in dict(_request(None, method=method, body=b"").headers)) is announced


@pytest.mark.parametrize(("url", "target"), [("/hook", "/hook?a=1&b="), ("/hook?id=7", "/hook?id=7&a=1&b=")])
def test_a_query_is_joined_to_that_of_the_url(url: str, target: str) -> None:
    got = replace(message(), method="GET", body=b"", headers=(), query="a=1&b=")
    request = request_of(Transmission(got), endpoint(f"http://127.0.0.1:8000{url}").url, None)
    assert request.url.target == target
    assert [name for name, _ in request.headers] == ["Host", "User-Agent", "Accept"]
