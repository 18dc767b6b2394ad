"""Webhook objects of VoipAppz over the mock's API, from their creation to what is sent."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.listening import listening
from tests.server.alohub import Mock
from tests.server.asking import API, NOWHERE, answered, asked

OBJECTS = "/voipappz/webhooks"
HANGUP = {"event": "Call:Hangup", "url": NOWHERE}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def created(one: Mock, **wishes: Any) -> dict[str, Any]:
    reply = await one.ask("POST", OBJECTS, {**HANGUP, **wishes})
    assert reply.status == 201, reply.body
    return dict(reply.json)


async def subscribed(one: Mock, uuid: str, environment: str = "ITD2024", method: str = "PUT") -> dict[str, Any]:
    reply = await one.ask(method, f"/voipappz/environments/{environment}/webhooks/{uuid}")
    assert reply.status == 200, reply.body
    return dict(reply.json)


async def sent(one: Mock, **wishes: Any) -> list[dict[str, Any]]:
    """What is sent about a call that has just ended: webhook and message of each delivery."""
    call = {"outcome": "answered", "direction": "inbound", "webhooks": ["voipappz"], **wishes}
    reply = await one.ask("POST", f"{API}/calls", call)
    assert reply.status == 201, reply.body
    numbers = reply.json["calls"][0]["deliveries"]
    return [(await one.ask("GET", f"{API}/deliveries/{number}")).json for number in numbers]


def test_an_object_is_shown_as_it_was_created(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Any, ...]:
        new = await created(one, method_type="GET", body='{"id": "{{uuid}}"}', enabled=False)
        shown = await one.ask("GET", f"{OBJECTS}/{new['uuid']}")
        listed = await one.ask("GET", OBJECTS)
        return new, shown.json, listed.json["items"]

    new, shown, listed = asked(tmp_path, scenario)
    assert (new["event"], new["method_type"], new["url"], new["body"], new["enabled"], new["environments"]) == (
        "Call:Hangup",
        "GET",
        NOWHERE,
        '{"id": "{{uuid}}"}',
        False,
        [],
    )
    assert new == shown
    assert listed == [new]


def test_without_a_body_the_object_shows_the_one_that_names_every_value(tmp_path: Path) -> None:
    body = answered(tmp_path, "POST", OBJECTS, HANGUP).json["body"]
    fields = Specification.load().webhook("voipappz.call-hangup").schema["properties"]
    assert [f"{{{{{name}}}}}" in body for name in fields] == [True] * 27


def test_an_edit_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Any, Any]:
        new = await created(one)
        await subscribed(one, new["uuid"])
        reply = await one.ask("PATCH", f"{OBJECTS}/{new['uuid']}", {"event": "Call:Answer", "enabled": False})
        return new, reply.json

    new, now = asked(tmp_path, scenario)
    assert now == {**new, "event": "Call:Answer", "enabled": False, "environments": ["ITD2024"], "body": now["body"]}


def test_a_deleted_object_is_gone(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        uuid = (await created(one))["uuid"]
        methods = ["DELETE", "GET", "DELETE"]
        return [(await one.ask(method, f"{OBJECTS}/{uuid}")).status for method in methods]

    assert asked(tmp_path, scenario) == [204, 404, 404]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"{OBJECTS}/{UNKNOWN}"),
        ("DELETE", f"{OBJECTS}/{UNKNOWN}"),
        ("PUT", f"/voipappz/environments/A/webhooks/{UNKNOWN}"),
        ("DELETE", f"/voipappz/environments/A/webhooks/{UNKNOWN}"),
    ],
)
def test_an_unknown_object_is_not_found(method: str, target: str, tmp_path: Path) -> None:
    assert answered(tmp_path, method, target).status == 404


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"event": "Call:Hangupp"}, "did you mean `Call:Hangup`?"),
        ({"method_type": "PUT"}, "allowed"),
        ({"url": "file.mp3"}, "url"),
        ({"body": '{"a": {{uuidd}}}'}, "did you mean `uuid`?"),
        ({"body": '{"a": {{uuid}'}, "template"),
        ({"body": "{{uuid.__class__}}"}, "may not"),
    ],
)
def test_what_cannot_be_sent_is_not_kept(wishes: dict[str, Any], words: str, tmp_path: Path) -> None:
    reply = answered(tmp_path, "POST", OBJECTS, {**HANGUP, **wishes})
    assert reply.status == 422
    assert words in reply.body.decode()


@pytest.mark.parametrize(
    ("enabled", "subscribes", "count"), [(True, True, 1), (True, False, 0), (False, True, 0), (False, False, 0)]
)
def test_nothing_is_sent_until_it_is_enabled_and_subscribed(
    enabled: bool, subscribes: bool, count: int, tmp_path: Path
) -> None:
    async def scenario(one: Mock) -> int:
        new = await created(one, enabled=enabled)
        if subscribes:
            await subscribed(one, new["uuid"])
        return len(await sent(one))

    assert asked(tmp_path, scenario) == count


def test_after_the_last_subscription_is_taken_back_nothing_is_sent(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Any]:
        uuid = (await created(one))["uuid"]
        await subscribed(one, uuid, "A")
        both = await subscribed(one, uuid, "B")
        left = await subscribed(one, uuid, "A", "DELETE")
        first = len(await sent(one))
        await subscribed(one, uuid, "B", "DELETE")
        return [both["environments"], left["environments"], first, len(await sent(one))]

    assert asked(tmp_path, scenario) == [["A", "B"], ["B"], 1, 0]


def test_an_environment_lists_what_it_subscribed_to(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[list[bool]]:
        first, second = [(await created(one))["uuid"] for _ in range(2)]
        await subscribed(one, second, "A")
        replies = [await one.ask("GET", f"/voipappz/environments/{name}/webhooks") for name in ("A", "B")]
        assert first != second
        return [[item["uuid"] == second for item in reply.json["items"]] for reply in replies]

    assert asked(tmp_path, scenario) == [[True], []]


def test_the_message_names_the_environment_and_is_valid(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await subscribed(one, (await created(one))["uuid"], "ITD2024")
        return await sent(one)

    [delivery] = asked(tmp_path, scenario)
    payload = json.loads(delivery["message"]["body"])
    assert payload["environment_name"] == "ITD2024"
    assert Validator(Specification.load().webhook("voipappz.call-hangup")).problems(payload) == []


def test_each_object_is_told_of_its_event_in_its_words(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        for event in ("Call:Reporting", "Call:Ringing", "Call:Answer", "Call:Hangup"):
            new = await created(
                one, event=event, body='{"event": "' + event + '", "how": {{cause}}, "s": "{{duration}}"}'
            )
            await subscribed(one, new["uuid"])
        return await sent(one, outcome="no_answer", direction="outbound", ring_s=30)

    told = [json.loads(one["message"]["body"]) for one in asked(tmp_path, scenario)]
    assert sorted(told, key=lambda one: one["event"]) == [
        {"event": "Call:Hangup", "how": "no_answer", "s": "30"},
        {"event": "Call:Reporting", "how": "no_answer", "s": "30"},
        {"event": "Call:Ringing", "how": None, "s": ""},
    ]


def test_objects_survive_a_restart(tmp_path: Path) -> None:
    async def first(one: Mock) -> Any:
        return await subscribed(one, (await created(one, method_type="GET", body='{"a": {{uuid}}}'))["uuid"])

    async def second(one: Mock) -> Any:
        return (await one.ask("GET", OBJECTS)).json["items"]

    kept = asked(tmp_path, first)
    assert asked(tmp_path, second) == [kept]


def test_one_namespace_does_not_see_the_objects_of_another(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[int, int]:
        uuid = (await created(one))["uuid"]
        listed = await one.ask("GET", f"/ns/other{OBJECTS}")
        return len(listed.json["items"]), (await one.ask("GET", f"/ns/other{OBJECTS}/{uuid}")).status

    assert asked(tmp_path, scenario) == (0, 404)


def test_a_get_carries_the_values_in_its_query(tmp_path: Path) -> None:
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def scenario(one: Mock) -> None:
        async with listening(serve) as port:
            url = f"http://127.0.0.1:{port}/hook?shop=7"
            body = '{"id": "{{uuid}}", "talk": {{duration}}, "menu": {{billing_duration}}}'
            new = await created(one, url=url, method_type="GET", body=body)
            await subscribed(one, new["uuid"])
            await sent(one, ring_s=3, talk_s=60)
            reply = await one.ask("GET", f"{API}/wait", query={"state": "delivered", "timeout": "10s"})
            assert reply.status == 200, reply.body

    asked(tmp_path, scenario)
    first, *headers = heads[0].split("\r\n")
    method, target, _ = first.split(" ")
    query = parse_qs(urlsplit(target).query, keep_blank_values=True)
    assert (method, query["shop"], query["talk"], query["menu"]) == ("GET", ["7"], ["63"], [""])
    assert not any(one.lower().startswith(("content-length", "content-type")) for one in headers)
