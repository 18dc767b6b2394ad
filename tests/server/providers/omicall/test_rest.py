"""OMICall's REST API as a client of it meets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.server.providers.api_keys import Access, Scope, api_key
from mock_alohub.server.providers.omicall.access import admitted, token_of
from mock_alohub.server.providers.omicall.errors import FAILURES, Code, Refused
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.listening import listening
from tests.server.alohub import KEY, Mock, Partner, Reply, asked

CLICK, LIST, DETAIL = "/api/click2call", "/api/call_transaction/list", "/api/call_transaction/detail"
CHANGE, HOOKS = "/api/call_transaction/change", "/api/webhooks"
BEARER = {"Authorization": f"Bearer {KEY}"}
AT_ONCE = {"extension": "100", "hotline": "842899959300", "phone_number": "0900000200"}
"""A call that is over at once."""
FAST = {"time_scale": 1_000_000.0}
"""Here a call is over in no time, and nobody waits half an hour between two lists."""
DAY_MS = 24 * 3600 * 1000


@asynccontextmanager
async def unknown() -> AsyncIterator[Partner]:
    """A partner's endpoint that nobody has registered yet."""
    endpoint = Partner()
    async with listening(endpoint.serve) as port:
        endpoint.url = f"http://127.0.0.1:{port}/omicall"
        yield endpoint


async def hook(one: Mock, url: str, kind: str = "call", **more: Any) -> Reply:
    return await one.post(f"{HOOKS}/register", {"webhook": {"type": kind, "url": url, **more}}, BEARER)


async def click(one: Mock, **changes: Any) -> Reply:
    return await one.post(CLICK, AT_ONCE | changes, BEARER)


async def over(one: Mock, **changes: Any) -> str:
    """The id of a call that is over, and found in the history."""
    reply = await click(one, **changes)
    while (await one.get(f"{DETAIL}/{reply.json['payload']['call_uuid']}", BEARER)).status == 404:  # noqa: ASYNC110
        await asyncio.sleep(0.005)  # until the server's clock has reached its end
    return str(reply.json["payload"]["call_uuid"])


async def listed(one: Mock, **filters: Any) -> Reply:
    now = int(one.context.clock.now() * 1000)
    return await one.get(LIST, BEARER, **{"from_date": now - DAY_MS, "to_date": now + DAY_MS, **filters})


def replied(folder: Path, method: str, path: str, content: Any = None, **plan: Any) -> Reply:
    return asked(folder, lambda one: one.ask(method, path, content, headers=BEARER), **plan)


def refusal(reply: Reply) -> tuple[int, str]:
    assert (reply.json["status_code"], reply.json["payload"]) == (-9999, None)
    return reply.status, reply.json["message"]


def parted(told: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The states in the order they came, and the report; which of both comes first is up to two endpoints."""
    [report] = [one for one in told if one["state"] == "cdr"]
    return [one for one in told if one is not report], report


# Webhooks: register, list, destroy


def test_what_is_registered_is_listed_as_the_documents_show(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Reply, Reply]:
        return await hook(one, "https://crm.example/omicall"), await one.get(f"{HOOKS}/list", BEARER)

    made, found = asked(tmp_path, scenario)
    shown = [{"url": "https://crm.example/omicall", "type": "call", "status": "actived"}]
    assert made.json == found.json == {
        "status_code": 9999, "instance_id": "mock", "payload": shown, "key_enabled": False,
    }  # fmt: skip


def test_one_webhook_of_a_type_is_kept(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await hook(one, "https://crm.example/old")
        await hook(one, "https://crm.example/live", "call_event", events=["ringing"])
        return (await hook(one, "https://crm.example/new")).json["payload"]

    assert asked(tmp_path, scenario) == [
        {"url": "https://crm.example/new", "type": "call", "status": "actived"},
        {"url": "https://crm.example/live", "type": "call_event", "status": "actived", "events": ["ringing"]},
    ]


def test_a_webhook_that_is_destroyed_is_told_of_nothing(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Any, list[str]]:
        async with unknown() as endpoint:
            await hook(one, endpoint.url)
            await hook(one, endpoint.url, "call_event")
            left = await one.ask("POST", f"{HOOKS}/destroy", headers=BEARER, query={"hook_type": "call"})
            await click(one)
            return left.json["payload"], [told["state"] for told in await endpoint.got(3)]

    left, states = asked(tmp_path, scenario, **FAST)
    assert [one["type"] for one in left] == ["call_event"]
    assert states == ["ringing", "answered", "hangup"]


def test_a_registered_webhook_outlives_the_server(tmp_path: Path) -> None:
    asked(tmp_path, lambda one: hook(one, "https://crm.example/live", "call_event", events=["hangup"]))
    found = replied(tmp_path, "GET", f"{HOOKS}/list").json["payload"]
    assert [(one["type"], one["events"]) for one in found] == [("call_event", ["hangup"])]


def test_only_the_states_asked_for_are_told(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[str]:
        async with unknown() as endpoint:
            await hook(one, endpoint.url, "call_event", events=["hangup"])
            await click(one)
            await click(one)
            return [told["state"] for told in await endpoint.got(2)]

    assert asked(tmp_path, scenario, **FAST) == ["hangup", "hangup"]


@pytest.mark.parametrize(
    "webhook",
    [{"type": "contact", "url": "https://crm.example/"}, {"type": "call", "url": "crm"}, {"type": 1, "url": 2}],
    ids=["an unknown type", "no URL", "other types"],
)
def test_a_webhook_that_there_cannot_be_is_refused(tmp_path: Path, webhook: dict[str, Any]) -> None:
    reply = replied(tmp_path, "POST", f"{HOOKS}/register", {"webhook": webhook})
    assert refusal(reply) == (400, "data_invalid")


# Click to call


def test_a_placed_call_leads_to_its_webhooks(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Reply, list[dict[str, Any]]]:
        async with unknown() as endpoint:
            await hook(one, endpoint.url)
            await hook(one, endpoint.url, "call_event")
            return await click(one), await endpoint.got(4)

    reply, told = asked(tmp_path, scenario, **FAST)
    assert reply.status == 200
    states, _ = parted(told)
    assert [one["state"] for one in states] == ["ringing", "answered", "hangup"]
    ids = {one.get("call_uuid") or one["transaction_id"] for one in told}
    assert ids == {reply.json["payload"]["call_uuid"]}
    for one in told:
        webhook = Specification.load().webhook("omicall.cdr" if one["state"] == "cdr" else "omicall.live")
        assert Validator(webhook).problems(one) == []


def test_what_was_asked_for_is_what_is_told(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[dict[str, Any]]:
        async with unknown() as endpoint:
            await hook(one, endpoint.url)
            await hook(one, endpoint.url, "call_event")
            await click(one)
            return await endpoint.got(4)

    states, report = parted(asked(tmp_path, scenario, **FAST))
    assert {(one["from_number"], one["to_number"], one["direction"]) for one in (*states, report)} == {
        ("100", "0900000200", "outbound")
    }
    assert ({one["hotline"] for one in states}, report["hotline"]) == ({"02899959300"}, "842899959300")
    assert not report["is_auto_call"]


@pytest.mark.parametrize(
    ("number", "states", "ended_by", "answered"),
    [
        ("0900000201", ["ringing", "answered", "hangup"], "end_call_by_user", True),
        ("0900000486", ["ringing", "hangup"], "end_call_by_customer", False),
        ("0900000408", ["ringing", "hangup"], "end_call_by_system", False),
        ("0900000404", ["hangup"], "end_call_by_system", False),
    ],
)
def test_the_number_dialled_decides_how_a_call_goes(
    tmp_path: Path, number: str, states: list[str], ended_by: str, answered: bool
) -> None:
    async def scenario(one: Mock) -> list[dict[str, Any]]:
        async with unknown() as endpoint:
            await hook(one, endpoint.url)
            await hook(one, endpoint.url, "call_event")
            await click(one, phone_number=number)
            return await endpoint.got(len(states) + 1)

    before, report = parted(asked(tmp_path, scenario, **FAST))
    assert [one["state"] for one in before] == states
    assert (report["endby_name"], report["answer_sec"] > 0) == (ended_by, answered)


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"extension": "0403"}, 200, "tenant_invalid"),
        ({"extension": "0480"}, 200, "user_not_registered"),
        ({"extension": "0486"}, 200, "user_busy"),
        ({"phone_number": "0900000854"}, 200, "do_not_call"),
        ({"extension": "1"}, 400, "extension_invalid"),
        ({"extension": 100}, 400, "extension_invalid"),
        ({"hotline": "hotline"}, 400, "number_call_out_invalid"),
        ({"phone_number": "113"}, 400, "phone_number_invalid"),
    ],
)
def test_a_call_that_cannot_be_placed_is_refused_with_its_code(
    tmp_path: Path, changes: dict[str, Any], status: int, message: str
) -> None:
    async def scenario(one: Mock) -> tuple[Reply, int]:
        return await click(one, **changes), await one.placed()

    reply, placed = asked(tmp_path, scenario)
    assert (refusal(reply), placed) == ((status, message), 0)


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_member_that_is_missing_is_refused(tmp_path: Path, name: str) -> None:
    content = {other: value for other, value in AT_ONCE.items() if other != name}
    assert refusal(replied(tmp_path, "POST", CLICK, content)) == (400, "data_is_required")


@pytest.mark.parametrize(("body", "message"), [(b"{", "request_body_required"), (b"[]", "data_is_required")])
def test_a_body_that_is_no_object_is_refused(tmp_path: Path, body: bytes, message: str) -> None:
    headers = {**BEARER, "Content-Type": "application/json"}
    reply = asked(tmp_path, lambda one: one.ask("POST", CLICK, body=body, headers=headers))
    assert refusal(reply) == (400, message)


def test_every_failure_has_its_meaning() -> None:
    assert set(FAILURES) == set(Code)


# Who may ask


def test_a_request_without_a_key_is_refused(tmp_path: Path) -> None:
    reply = asked(tmp_path, lambda one: one.ask("POST", CLICK, AT_ONCE))
    assert refusal(reply) == (401, "api_key_is_required")


@pytest.mark.parametrize("headers", [BEARER, {"x-api-key": KEY}], ids=["bearer", "x-api-key"])
def test_a_key_that_is_known_is_taken_either_way(tmp_path: Path, headers: dict[str, str]) -> None:
    reply = asked(tmp_path, lambda one: one.get(f"{HOOKS}/list", headers), api_keys=(api_key(KEY),))
    assert reply.status == 200


def test_a_key_that_is_not_known_is_refused(tmp_path: Path) -> None:
    reply = asked(tmp_path, lambda one: one.get(f"{HOOKS}/list", {"x-api-key": "other"}), api_keys=(api_key(KEY),))
    assert refusal(reply) == (401, "api_key_invalid")


async def token(one: Mock) -> dict[str, str]:
    reply = await one.get("/api/auth", {}, apiKey=KEY)
    assert reply.json["payload"]["token_type"] == "Bearer"
    return {"Authorization": f"Bearer {reply.json['payload']['access_token']}"}


def test_a_token_stands_for_its_key(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        return await one.get(f"{HOOKS}/list", await token(one))

    assert asked(tmp_path, scenario, api_keys=(api_key(KEY),)).status == 200


def test_a_token_does_not_contain_the_key(tmp_path: Path) -> None:
    assert KEY not in asked(tmp_path, token)["Authorization"]


def test_a_token_that_was_altered_is_refused(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        given = (await token(one))["Authorization"]
        altered = given[:-1] + ("0" if given[-1] != "0" else "1")
        return await one.get(f"{HOOKS}/list", {"Authorization": altered})

    assert refusal(asked(tmp_path, scenario, api_keys=(api_key(KEY),))) == (401, "api_key_invalid")


@pytest.mark.parametrize(("hours", "lasts"), [(23, True), (24, False)])
def test_a_token_lasts_a_day(hours: int, lasts: bool) -> None:
    access, given = Access((api_key(KEY),)), f"Bearer {token_of(KEY, now=1_000_000)}"
    now = 1_000_000 + hours * 3600
    if lasts:
        assert admitted(access, given, "", Scope.VOICE, now) == KEY
    else:
        with pytest.raises(Refused, match="api_key_invalid"):
            admitted(access, given, "", Scope.VOICE, now)


def test_no_token_is_given_for_a_key_that_is_not_known(tmp_path: Path) -> None:
    reply = asked(tmp_path, lambda one: one.get("/api/auth", {}, apiKey="other"), api_keys=(api_key(KEY),))
    assert refusal(reply) == (401, "api_key_invalid")


# The call history


def test_a_call_that_is_over_is_found(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[str, Reply]:
        return await over(one, phone_number="0900000201"), await listed(one)

    call, reply = asked(tmp_path, scenario, **FAST)
    [item] = reply.json["payload"]["items"]
    assert (item["transaction_id"], item["disposition"], item["direction"]) == (call, "answered", "outbound")
    assert (item["source_number"], item["destination_number"]) == ("842899959300", "0900000201")
    assert (item["sip_user"], item["bill_sec"], item["record_seconds"]) == ("100", 26, 25)


def test_the_detail_of_a_call_is_its_item_and_its_menu(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Any, Any]:
        call = await over(one)
        detail = await one.get(f"{DETAIL}/{call}", BEARER)
        return detail.json["payload"], (await listed(one)).json["payload"]["items"][0]

    detail, item = asked(tmp_path, scenario, **FAST)
    assert detail == {**item, "ivr": "none"}


def test_a_call_that_is_not_known_is_not_found(tmp_path: Path) -> None:
    reply = replied(tmp_path, "GET", f"{DETAIL}/ae5f56fc-7baa-4537-b312-1105023bbb49")
    assert refusal(reply) == (404, "transaction_not_found")


def test_pages_are_turned_as_the_documents_show(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Any]:
        for _ in range(5):
            await over(one)
        return [(await listed(one, size=2, page=page)).json["payload"] for page in (1, 2, 3, 4)]

    pages = asked(tmp_path, scenario, **FAST)
    assert [len(one["items"]) for one in pages] == [2, 2, 1, 0]
    assert len({item["transaction_id"] for one in pages for item in one["items"]}) == 5
    assert [(one["total_items"], one["total_pages"]) for one in pages] == [(5, 3)] * 4
    assert [(one["has_previous"], one["has_next"], one["next_page"]) for one in pages[:3]] == [
        (False, True, 2), (True, True, 3), (True, False, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, 3),
        ({"disposition": "cancelled"}, 1),
        ({"disposition": "answered"}, 2),
        ({"direction": "inbound"}, 0),
        ({"direction[]": "outbound"}, 3),
        ({"direction": "local"}, 0),
        ({"disposition": "cancelled", "keyword": "0900"}, 1),
        ({"sip_user": "101"}, 1),
        ({"destination_number": "0900000486"}, 1),
        ({"source_number": "842899959300"}, 3),
        ({"sip_numbers": "842899959300"}, 3),
        ({"sip_numbers": "19001234"}, 0),
        ({"is_auto_call": "true"}, 0),
        ({"is_auto_call": "false"}, 3),
        ({"keyword": "0000486"}, 1),
        ({"keyword": "nobody"}, 0),
        ({"agents": "nobody@crm.example"}, 0),
    ],
    ids=str,
)
def test_a_filter_leaves_what_it_asks_for(tmp_path: Path, filters: dict[str, str], found: int) -> None:
    async def scenario(one: Mock) -> Reply:
        await over(one)
        await over(one, extension="101")
        await over(one, phone_number="0900000486")
        return await listed(one, **filters)

    assert asked(tmp_path, scenario, **FAST).json["payload"]["total_items"] == found


def test_a_second_list_within_half_an_hour_is_refused(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Reply]:
        return [await listed(one), await listed(one)]

    first, second = asked(tmp_path, scenario)
    assert first.json["status_code"] == 9999
    assert refusal(second) == (200, "limit_request_30_minute")


def test_another_key_has_a_list_of_its_own(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        dates = {"from_date": 1, "to_date": 2}
        return [(await one.get(LIST, {"x-api-key": key}, **dates)).json["status_code"] for key in ("one", "two", "one")]

    assert asked(tmp_path, scenario) == [9999, 9999, -9999]


def test_further_pages_are_given_at_any_time(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        return [(await listed(one, page=page)).json["status_code"] for page in (1, 2, 2)]

    assert asked(tmp_path, scenario) == [9999, 9999, 9999]


@pytest.mark.parametrize(
    ("filters", "refused"),
    [
        ({"to_date": "1"}, (400, "from_date_is_required")),
        ({"from_date": "1"}, (400, "to_date_is_required")),
        ({"from_date": "today", "to_date": "1"}, (400, "date_invalid")),
        ({"from_date": "2", "to_date": "1"}, (200, "date_invalid")),
        ({"from_date": "1", "to_date": str(3 * DAY_MS + 2)}, (200, "date_is_too_long")),
        ({"from_date": "1", "to_date": "2", "page": "0"}, (400, "data_invalid")),
    ],
    ids=str,
)
def test_dates_that_cannot_be_are_refused(tmp_path: Path, filters: dict[str, str], refused: tuple[int, str]) -> None:
    assert refusal(asked(tmp_path, lambda one: one.get(LIST, BEARER, **filters))) == refused


def test_three_days_are_not_too_long(tmp_path: Path) -> None:
    reply = asked(tmp_path, lambda one: one.get(LIST, BEARER, from_date=1, to_date=3 * DAY_MS + 1))
    assert reply.json["status_code"] == 9999


# What is noted about a call


def test_a_call_that_is_noted_is_reported_again(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[list[dict[str, Any]], Reply, Any]:
        async with unknown() as endpoint:
            await hook(one, endpoint.url)
            call = await over(one)
            await endpoint.got(1)
            noted = await one.post(f"{CHANGE}/{call}", {"note": "Gọi lại", "tag": ["vip"]}, BEARER)
            return await endpoint.got(2), noted, (await listed(one)).json["payload"]["items"]

    (first, again), noted, items = asked(tmp_path, scenario, **FAST)
    assert first["transaction_id"] == again["transaction_id"]
    assert (again["note"], again["tag"]) == ("Gọi lại", ["vip"])
    assert again["last_updated_date"] > first["last_updated_date"]
    assert Validator(Specification.load().webhook("omicall.cdr")).problems(again) == []
    assert [(one["note"], one["user"][0]["tag"]) for one in (noted.json["payload"], *items)] == [
        ("Gọi lại", [{"name": "vip"}])
    ] * 2


def test_nothing_is_noted_about_a_call_that_is_not_known(tmp_path: Path) -> None:
    reply = replied(tmp_path, "POST", f"{CHANGE}/ae5f56fc-7baa-4537-b312-1105023bbb49", {"note": "?"})
    assert refusal(reply) == (404, "transaction_not_found")
