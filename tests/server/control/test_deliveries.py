"""Deliveries over the control API, on an endpoint nobody listens at and on the mock's own inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.alohub import Mock, partner
from tests.server.asking import API, KEY, asked, placed, registered


async def _numbers(one: Mock, **query: Any) -> list[int]:
    reply = await one.ask("GET", f"{API}/deliveries", query=query)
    return [item["id"] for item in reply.json["items"]]


def test_a_delivery_in_full_has_its_message_and_what_came_back(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Any, str]:
        async with partner(one, "alohub.call-ended") as endpoint:
            call = (await placed(one, outcome="busy"))["calls"][0]
            await endpoint.got(1)
            await one.ask("GET", f"{API}/wait", query={"state": "delivered"})
            return (await one.ask("GET", f"{API}/deliveries/{call['deliveries'][0]}")).json, call["call_id"]

    shown, call_id = asked(tmp_path, scenario)
    (attempt,) = shown["attempts"]
    assert (shown["state"], shown["attempts_made"], shown["message"]["method"]) == ("delivered", 1, "POST")
    assert call_id in shown["message"]["body"]
    assert (attempt["status"], attempt["cause"], attempt["number"]) == (200, None, 1)


def test_a_failed_attempt_says_why(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, policy={"retries": []})
        await placed(one)
        (dead,) = (await one.ask("GET", f"{API}/wait", query={"state": "dead"})).json["items"]
        return (await one.ask("GET", f"{API}/deliveries/{dead['id']}")).json

    shown = asked(tmp_path, scenario)
    assert (shown["cause"], shown["attempts"][0]["cause"], shown["next_at"]) == ("refused", "refused", None)


def test_pages_follow_each_other_without_gap_or_repetition(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[list[int], list[int]]:
        await registered(one)
        await placed(one, count=7)
        found: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": 3, "cursor": cursor} if cursor else {"limit": 3}
            page = (await one.ask("GET", f"{API}/deliveries", query=query)).json
            found += [item["id"] for item in page["items"]]
            cursor = page["next"]
        return found, await _numbers(one)

    found, whole = asked(tmp_path, scenario)
    assert found == whole == sorted(whole, reverse=True)
    assert len(found) == 7


def test_filters_find_what_they_say(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        first, second = await registered(one), await registered(one, webhooks=["alohub.auto-call"])
        call = (await placed(one, outcome="busy", webhooks=[]))["calls"][0]
        await placed(one, outcome="busy", webhooks=[])
        queries: list[dict[str, Any]] = [
            {"endpoint": first},
            {"endpoint": second},
            {"webhook": "alohub.auto-call"},
            {"call_id": call["call_id"]},
            {"state": "delivered"},
            {"since": "2000-01-01T00:00:00"},
            {"since": "2099-01-01T00:00:00Z"},
        ]
        return [len(await _numbers(one, **query)) for query in queries]

    assert asked(tmp_path, scenario) == [4, 2, 4, 3, 0, 6, 0]


def test_a_resent_delivery_is_attempted_again(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[dict[str, Any]]:
        async with partner(one, "alohub.call-ended") as endpoint:
            number = (await placed(one))["calls"][0]["deliveries"][0]
            await one.ask("GET", f"{API}/wait", query={"state": "delivered"})
            assert (await one.ask("POST", f"{API}/deliveries/{number}/resend")).status == 200
            return await endpoint.got(2)

    first, second = asked(tmp_path, scenario)
    assert first == second


def test_a_canceled_delivery_is_not_attempted_any_more(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[str, int]:
        await registered(one, enabled=True)
        number = (await placed(one, at="2099-01-01T00:00:00"))["calls"][0]["deliveries"][0]
        reply = await one.ask("POST", f"{API}/deliveries/{number}/cancel")
        again = await one.ask("POST", f"{API}/deliveries/{number}/cancel")
        return reply.json["state"], again.status

    assert asked(tmp_path, scenario) == ("canceled", 409)


@pytest.mark.parametrize("what", ["", "/resend", "/cancel"])
def test_a_delivery_of_another_namespace_is_not_there(what: str, tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        await registered(one, prefix="/ns/other")
        number = (await placed(one, prefix="/ns/other"))["calls"][0]["deliveries"][0]
        return (await one.ask("POST" if what else "GET", f"{API}/deliveries/{number}{what}")).status

    assert asked(tmp_path, scenario) == 404


def test_waiting_ends_as_soon_as_there_are_enough(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, policy={"retries": []})
        await placed(one, count=5)
        return (await one.ask("GET", f"{API}/wait", query={"state": "dead", "count": 5, "timeout": "20s"})).json

    shown = asked(tmp_path, scenario)
    assert (shown["matched"], {item["state"] for item in shown["items"]}) == (5, {"dead"})


def test_waiting_in_vain_says_what_was_seen(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, enabled=False)
        return await one.ask("GET", f"{API}/wait", query={"state": "delivered", "count": 2, "timeout": "20ms"})

    reply = asked(tmp_path, scenario)
    assert (reply.status, reply.json["matched"]) == (408, 0)
    assert reply.json["states"] == {"waiting": 0, "attempting": 0, "delivered": 0, "dead": 0, "canceled": 0}


def test_a_cursor_that_is_none_is_refused(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        return await one.ask("GET", f"{API}/deliveries", query={"cursor": "nonsense"})

    reply = asked(tmp_path, scenario)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, "/cursor")


def test_a_fault_of_the_key_is_told_in_words_and_never_shown(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> bytes:
        await registered(one)
        number = (await placed(one, faults=["wrong-key"]))["calls"][0]["deliveries"][0]
        return (await one.ask("GET", f"{API}/deliveries/{number}")).body

    body = asked(tmp_path, scenario)
    assert b"another key of the same length" in body
    assert KEY.encode() not in body
