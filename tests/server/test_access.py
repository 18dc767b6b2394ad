"""Who is let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_alohub.server.access import Access
from mock_alohub.server.problem import Problem
from tests.server.asking import API, answered

TOKEN = "t0ken-of-the-server-42"


def admitted(method: str = "GET", *, names: tuple[str, ...] = (), host: str = "127.0.0.1:8080", **headers: str) -> int:
    """The status a request is refused with, 200 when it is not."""
    raw = [(b"host", host.encode())]
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    try:
        Access(names).admit(method, raw)
    except Problem as problem:
        return problem.status.value
    return 200


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "[::1]", "localhost:1", "LOCALHOST", "a.localhost", "10.0.0.7:80"],
)
def test_this_machine_and_addresses_are_known(host: str) -> None:
    assert admitted(host=host) == 200


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "mock"])
def test_another_name_is_refused(host: str) -> None:
    assert admitted(host=host) == 421


@pytest.mark.parametrize("host", ["mock", "MOCK:8080", "mock.:80"])
def test_a_name_that_is_allowed_is_known(host: str) -> None:
    assert admitted(host=host, names=("Mock",)) == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8080"])
def test_a_page_of_another_origin_changes_nothing(origin: str) -> None:
    assert admitted("POST", origin=origin) == 403


def test_a_page_of_ours_may_change_things() -> None:
    assert admitted("POST", origin="http://127.0.0.1:8080", sec_fetch_site="same-origin") == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_whose_page_it_is_is_believed(site: str) -> None:
    assert admitted("DELETE", sec_fetch_site=site) == 403


def test_reading_is_left_to_the_browser_to_refuse() -> None:
    assert admitted("GET", origin="http://evil.example") == 200


@pytest.mark.parametrize(
    "value", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", "Bearer \xe9"]
)
def test_what_is_not_the_token_opens_nothing(value: str, tmp_path: Path) -> None:
    headers = {"Authorization": value} if value else {}
    reply = answered(tmp_path, "GET", f"{API}/endpoints", headers=headers, token=TOKEN)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert TOKEN.encode() not in reply.body


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN}"])
def test_the_token_opens(value: str, tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", f"{API}/endpoints", headers={"Authorization": value}, token=TOKEN).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/docs", 200),
        ("GET", "/openapi.json", 200),
        ("POST", "/inbox/mine", 200),
        ("GET", "/metrics", 401),
        ("POST", f"{API}/calls", 401),
        ("DELETE", f"/ns/a{API}/namespace", 401),
    ],
)
def test_what_is_guarded_and_what_is_open(method: str, path: str, status: int, tmp_path: Path) -> None:
    assert answered(tmp_path, method, path, token=TOKEN).status == status
