"""Endpoints over the control API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.alohub import Mock, Reply
from tests.server.asking import API, KEY, NOWHERE, answered, asked, registered


def test_an_endpoint_is_shown_as_it_was_registered_with_its_key_masked(tmp_path: Path) -> None:
    wishes = {
        "url": NOWHERE,
        "key": KEY,
        "webhooks": ["alohub.auto-call"],
        "method": "PUT",
        "enabled": False,
        "policy": {"deadline": "500ms", "acknowledged_by": [200, 204], "retries": ["1s", "1m30s"]},
    }
    reply = answered(tmp_path, "POST", f"{API}/endpoints", wishes)
    policy = {"deadline": "500ms", "acknowledged_by": [200, 204], "retries": ["1s", "90s"]}
    assert (reply.status, reply.json) == (201, {**wishes, "id": 1, "key": "masked", "policy": policy})


def test_an_endpoint_without_wishes_has_no_key_and_the_specifications_policy(tmp_path: Path) -> None:
    shown = answered(tmp_path, "POST", f"{API}/endpoints", {"url": NOWHERE}).json
    assert (shown["key"], shown["webhooks"], shown["enabled"], shown["policy"]) == (None, [], True, {})


def test_the_key_is_in_no_answer(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Reply]:
        number = await registered(one)
        change = await one.ask("PATCH", f"{API}/endpoints/{number}", {"enabled": False})
        return [change, await one.ask("GET", f"{API}/endpoints"), await one.ask("GET", f"{API}/endpoints/{number}")]

    assert all(KEY.encode() not in reply.body for reply in asked(tmp_path, scenario))


def test_what_looks_secret_in_a_url_is_masked(tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", f"{API}/endpoints", {"url": "http://127.0.0.1:9/a?token=s3cret"})
    assert reply.json["url"] == "http://127.0.0.1:9/a?token=****"


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"enabled": False}, {"enabled": False, "key": "masked"}),
        ({"key": None}, {"key": None, "url": NOWHERE}),
        ({"url": "http://127.0.0.1:9/other"}, {"url": "http://127.0.0.1:9/other", "key": "masked"}),
        ({"webhooks": ["alohub.call-ended"]}, {"webhooks": ["alohub.call-ended"]}),
        ({"policy": {"retries": []}}, {"policy": {"retries": []}}),
        ({"policy": None}, {"policy": {}}),
        ({"method": None}, {"method": None}),
    ],
)
def test_a_change_leaves_the_rest_as_it_was(change: dict[str, Any], now: dict[str, Any], tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        number = await registered(one, policy={"deadline": "1s"}, method="PUT")
        await one.ask("PATCH", f"{API}/endpoints/{number}", change)
        return (await one.ask("GET", f"{API}/endpoints/{number}")).json

    shown = asked(tmp_path, scenario)
    assert {name: shown[name] for name in now} == now


def test_the_key_that_is_sent_stays_after_another_change(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> str:
        number = await registered(one)
        await one.ask("PATCH", f"{API}/endpoints/{number}", {"url": "http://127.0.0.1:9/other"})
        key = one.context.engine.store.destination(number).registration.endpoint.key
        assert key is not None
        return key.reveal()

    assert asked(tmp_path, scenario) == KEY


def test_a_removed_endpoint_is_gone(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[int, int]:
        number = await registered(one)
        removed = await one.ask("DELETE", f"{API}/endpoints/{number}")
        return removed.status, (await one.ask("GET", f"{API}/endpoints/{number}")).status

    assert asked(tmp_path, scenario) == (204, 404)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_endpoint_of_another_namespace_is_not_there(method: str, tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        number = await registered(one, prefix="/ns/other")
        content = {"enabled": False} if method == "PATCH" else None
        return (await one.ask(method, f"{API}/endpoints/{number}", content)).status

    assert asked(tmp_path, scenario) == 404


@pytest.mark.parametrize(
    ("wishes", "pointer", "nearest"),
    [
        ({"url": "ftp://a/b"}, "/url", None),
        ({"url": "http://user:password@a/b"}, "/url", None),
        ({}, "/url", None),
        ({"url": NOWHERE, "webhooks": ["alohub.call-end"]}, "/webhooks/0", "alohub.call-ended"),
        ({"url": NOWHERE, "kee": "x"}, "/kee", "key"),
        ({"url": NOWHERE, "key": "a\nb"}, "/key", None),
        ({"url": NOWHERE, "policy": {"deadline": "2h"}}, "/policy/deadline", None),
        ({"url": NOWHERE, "policy": {"retry": []}}, "/policy/retry", "retries"),
    ],
)
def test_what_cannot_be_registered_is_pointed_at(
    wishes: dict[str, Any], pointer: str, nearest: str | None, tmp_path: Path
) -> None:
    reply = answered(tmp_path, "POST", f"{API}/endpoints", wishes)
    (flaw,) = reply.json["errors"]
    assert (reply.status, flaw["pointer"], flaw.get("nearest")) == (422, pointer, nearest)
