"""Namespaces, their clocks and their reset, over the control API."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.vietnam_time import VIETNAM
from tests.server.alohub import Mock, partner
from tests.server.asking import API, answered, asked, placed, registered


def test_a_namespace_says_how_much_is_in_it(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, prefix="/ns/mine")
        await placed(one, prefix="/ns/mine", count=3, at="2099-01-01T00:00:00")
        return [(await one.ask("GET", f"{prefix}{API}/namespace")).json for prefix in ("/ns/mine", "")]

    mine, default = asked(tmp_path, scenario)
    assert (mine["name"], mine["endpoints"], mine["deliveries"]["waiting"]) == ("mine", 1, 3)
    assert (default["name"], default["endpoints"], sum(default["deliveries"].values())) == ("default", 0, 0)


def test_the_namespaces_that_hold_anything_are_listed_by_name(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one, prefix="/ns/b")
        await placed(one, prefix="/ns/b", at="2099-01-01T00:00:00")
        await one.ask("PUT", f"/ns/a{API}/inboxes/mine", {})
        await one.ask("GET", f"/ns/c{API}/namespace")
        return (await one.ask("GET", f"{API}/namespaces")).json

    found = asked(tmp_path, scenario)
    assert found["next"] is None
    assert [(one["name"], one["endpoints"], one["deliveries"]["waiting"]) for one in found["items"]] == [
        ("a", 0, 0),
        ("b", 1, 1),
    ]


def test_namespaces_are_listed_in_pages(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[str]:
        for name in ("c", "a", "b"):
            await registered(one, prefix=f"/ns/{name}")
        names: list[str] = []
        query = {"limit": "2"}
        while query.get("cursor") or not names:
            page = (await one.ask("GET", f"{API}/namespaces", query=query)).json
            names.append(",".join(item["name"] for item in page["items"]))
            query["cursor"] = page["next"]
        return names

    assert asked(tmp_path, scenario) == ["a,b", "c"]


def test_a_call_reaches_no_endpoint_of_another_namespace(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        await registered(one, prefix="/ns/a")
        return int((await placed(one, prefix="/ns/b"))["deliveries"])

    assert asked(tmp_path, scenario) == 0


def test_a_reset_forgets_this_namespace_and_no_other(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Any]:
        for prefix in ("/ns/a", "/ns/b"):
            await registered(one, prefix=prefix)
            await placed(one, prefix=prefix, at="2099-01-01T00:00:00")
            await one.ask("POST", f"{prefix}/inbox/mine", {})
        assert (await one.ask("DELETE", f"/ns/a{API}/namespace")).status == 204
        return [
            [
                len((await one.ask("GET", f"{prefix}{API}/{what}")).json["items"])
                for what in ("endpoints", "deliveries", "inboxes")
            ]
            for prefix in ("/ns/a", "/ns/b")
        ]

    assert asked(tmp_path, scenario) == [[0, 0, 0], [1, 1, 1]]


def test_advancing_lets_happen_now_what_is_due_later(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Any, int]:
        async with partner(one, "alohub.call-ended") as endpoint:
            await placed(one, at="now", outcome="answered", ring_s=10, talk_s=500)
            moved = (await one.ask("POST", f"{API}/clock/advance", {"by": "10m"})).json["moved"]
            return (await endpoint.got(1))[0], moved

    payload, moved = asked(tmp_path, scenario)
    assert (payload["total_duration"], moved) == ("510", 1)


def test_time_that_goes_faster_needs_as_much_less(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> float:
        await registered(one)
        before = one.context.clock.now()
        call = (await placed(one, at="now", outcome="answered", ring_s=0, talk_s=6000))["calls"][0]
        shown = (await one.ask("GET", f"{API}/deliveries/{call['deliveries'][0]}")).json
        return datetime.fromisoformat(shown["next_at"]).timestamp() - before

    assert asked(tmp_path, scenario, time_scale=100.0) == pytest.approx(60, abs=5)


def test_the_clock_tells_the_time_here_and_in_vietnam(tmp_path: Path) -> None:
    shown = answered(tmp_path, "GET", f"{API}/clock", time_scale=60.0).json
    now, local = datetime.fromisoformat(shown["now"]), datetime.fromisoformat(shown["local"])
    assert abs((now - local.replace(tzinfo=VIETNAM)).total_seconds()) < 2
    assert shown["time_scale"] == 60


def test_events_come_as_a_stream(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> bytes:
        async def read() -> bytes:
            return b"".join([frame async for frame in one.context.feeds.read("default")])

        reading = asyncio.create_task(read())
        await asyncio.sleep(0)
        await registered(one, policy={"retries": []})
        await placed(one)
        await one.ask("GET", f"{API}/wait", query={"state": "dead"})
        one.context.feeds.close()
        return await reading

    stream = asked(tmp_path, scenario)
    assert [name in stream for name in (b"event: enqueued", b"event: attempt", b'"state":"dead"')] == [True] * 3
