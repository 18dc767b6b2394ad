"""Inboxes over the control API, and as an endpoint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.server.alohub import Mock, Reply
from tests.server.asking import API, answered, asked

MESSAGE = {"call_id": "1"}


def received(path: Path, program: dict[str, Any], count: int = 1) -> list[Reply]:
    """What an inbox with `program` answers to `count` messages."""

    async def scenario(one: Mock) -> list[Reply]:
        assert (await one.ask("PUT", f"{API}/inboxes/mine", program)).status == 200
        return [await one.ask("POST", "/inbox/mine", MESSAGE) for _ in range(count)]

    return asked(path, scenario)


def test_an_inbox_takes_everything_at_first(tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", "/inbox/new", MESSAGE).status == 200


def test_an_inbox_answers_as_it_was_told(tmp_path: Path) -> None:
    program = {"status": 418, "body": "tea", "headers": {"X-Pot": "short", "Content-Type": "text/plain"}}
    (reply,) = received(tmp_path, program)
    assert (reply.status, reply.body, reply.headers["x-pot"]) == (418, b"tea", "short")


def test_an_inbox_fails_as_often_as_it_was_told(tmp_path: Path) -> None:
    replies = received(tmp_path, {"fail_first": {"count": 2, "status": 500}}, 4)
    assert [reply.status for reply in replies] == [500, 500, 200, 200]


def test_a_status_without_a_body_has_none(tmp_path: Path) -> None:
    (reply,) = received(tmp_path, {"status": 204, "body": "not sent"})
    assert (reply.status, reply.body) == (204, b"")


def test_what_an_inbox_answers_is_never_a_page_of_ours(tmp_path: Path) -> None:
    (reply,) = received(tmp_path, {"body": "<script>", "headers": {"Content-Type": "text/html"}})
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_messages_are_kept_without_the_keys_they_came_with(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await one.ask("POST", "/inbox/mine", MESSAGE, headers={"Authorization": "s3cret"})
        return await one.ask("GET", f"{API}/inboxes/mine/messages")

    reply = asked(tmp_path, scenario)
    (message,) = reply.json["items"]
    assert (message["body"], message["call_id"], message["answered"]) == ('{"call_id":"1"}', "1", 200)
    assert ["authorization", "****"] in message["headers"]
    assert b"s3cret" not in reply.body


def test_messages_are_found_by_their_call(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        for content in ({"call_id": "1"}, {"call_id": "2"}, {"call_id": "1"}, ["no object"]):
            await one.ask("POST", "/inbox/mine", content)
        found = [await one.ask("GET", f"{API}/inboxes/mine/messages", query={"call_id": name}) for name in "123"]
        return [len(reply.json["items"]) for reply in found]

    assert asked(tmp_path, scenario) == [2, 1, 0]


def test_an_emptied_inbox_is_gone(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        await one.ask("POST", "/inbox/mine", MESSAGE)
        replies = [await one.ask(method, f"{API}/inboxes/mine") for method in ("GET", "DELETE", "GET")]
        return [reply.status for reply in replies]

    assert asked(tmp_path, scenario) == [200, 204, 404]


def test_inboxes_of_other_namespaces_are_not_seen(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Any]:
        await one.ask("POST", "/ns/a/inbox/mine", MESSAGE)
        return [(await one.ask("GET", f"/ns/{name}{API}/inboxes")).json["items"] for name in "ab"]

    ours, others = asked(tmp_path, scenario)
    assert ([inbox["url"] for inbox in ours], others) == (["http://127.0.0.1/ns/a/inbox/mine"], [])


@pytest.mark.parametrize(
    ("program", "pointer"),
    [
        ({"status": 199}, "/status"),
        ({"delay": "2m"}, "/delay"),
        ({"headers": {"Content-Length": "5"}}, "/headers/Content-Length"),
        ({"headers": {"X-A": "a\r\nSet-Cookie: b"}}, "/headers/X-A"),
        ({"fail_first": {}}, "/fail_first/count"),
    ],
)
def test_a_program_that_cannot_be_is_refused(program: dict[str, Any], pointer: str, tmp_path: Path) -> None:
    reply = answered(tmp_path, "PUT", f"{API}/inboxes/mine", program)
    assert (reply.status, reply.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_name_that_is_none_is_no_inbox(tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", "/inbox/NOT_A_NAME", MESSAGE).status == 404


def test_a_message_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    assert answered(tmp_path, "POST", "/inbox/mine", body=b"x" * (1024 * 1024 + 1)).status == 413


def test_there_is_room_for_so_many_inboxes_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(one: Mock) -> list[int]:
        monkeypatch.setattr(one.context.inboxes, "_most", 1)
        await one.ask("POST", "/inbox/first", MESSAGE)
        replies = [
            await one.ask("POST", "/inbox/second", MESSAGE),
            await one.ask("PUT", f"{API}/inboxes/second", {"status": 204}),
            await one.ask("POST", "/inbox/first", MESSAGE),
        ]
        return [reply.status for reply in replies]

    assert asked(tmp_path, scenario) == [429, 429, 200]


def test_an_answer_can_be_late(tmp_path: Path) -> None:
    began = time.monotonic()
    received(tmp_path, {"delay": "50ms"})
    assert time.monotonic() - began >= 0.05
