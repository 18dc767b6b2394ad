"""Alohub's REST API as a client of it meets it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.messages.endpoint import Key
from mock_alohub.server.operations import Operation, operations
from mock_alohub.server.providers.alohub.errors import FAILURES, Code
from mock_alohub.server.providers.alohub.rest import HANDLERS
from mock_alohub.server.providers.api_keys import ApiKey, api_key
from mock_alohub.server.providers.dialled_call import EXTENSIONS, FATES, Refusal
from mock_alohub.server.providers.rates import Limits
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.server.alohub import GATEWAY, KEY, LEGACY, PARTNER_KEY, Mock, Reply, asked, partner

MAKE_CALL = "/api/v1.0/base/makeCall"
CLICK = "/v1/voice/click-to-call"
CALL = {"phoneNumber": "0900000200", "ipPhone": "6688", "transactionId": "ALOHUB_1"}
"""A call that is over at once."""

OPERATIONS = [one for one in operations(Specification.load()) if one.id in HANDLERS]
GUARDED = [one for one in OPERATIONS if "MP3Export" not in one.path]
EACH = pytest.mark.parametrize("operation", GUARDED, ids=lambda one: f"{one.method} {one.path}")
BODIES: dict[str, Any] = {
    MAKE_CALL: CALL,
    CLICK: CALL,
    "/v1/campaigns/{id}/customers": {"phoneNumber": "0900000200"},
}


def described(operation: Operation) -> Mapping[str, Any]:
    document: Mapping[str, Any] = Specification.load().document
    found: Mapping[str, Any] = document["paths"][operation.path][operation.method.lower()]
    return found


async def use(one: Mock, operation: Operation, headers: Mapping[str, str], **more: Any) -> Reply:
    """A request that is as `operation` wants it, but for the headers."""
    path = operation.path.replace("{id}", "101")
    query = {"userName": "admin"} if operation.path.endswith("/campaigns") else {}
    content = BODIES.get(operation.path.removeprefix("/api") if "v1.0" not in path else path, {})
    more = {"content": content if operation.method == "POST" else None} | more
    token = {"X-ACCESS-TOKEN": "a.b.c"} if operation.path == "/api/report/call-logs" else {}
    return await one.ask(operation.method, path, headers={**token, **headers}, query=query, **more)


def replied(folder: Path, path: str, content: Any, headers: Mapping[str, str] = LEGACY, **plan: Any) -> Reply:
    return asked(folder, lambda one: one.post(path, content, headers), **plan)


# Placing calls


@pytest.mark.parametrize(
    ("path", "headers", "content"),
    [
        (MAKE_CALL, {"Authorization": KEY}, CALL),
        (CLICK, {"X-Api-Key": KEY}, CALL),
        (CLICK, {"X-Api-Key": KEY, "X-Tenant-ID": "20260310"}, {"phone": "0900000200", "campaignId": 101}),
        (
            "/api" + CLICK,
            {"Authorization": KEY, "X-Tenant-ID": "20260310"},
            {"phone": "0900000200", "campaignId": "101"},
        ),
    ],
    ids=["legacy", "gateway with an extension", "gateway with a campaign", "samples in Node.js"],
)
def test_a_client_of_either_generation_places_a_call_and_gets_its_webhook(
    tmp_path: Path, path: str, headers: Mapping[str, str], content: Any
) -> None:
    async def scenario(one: Mock) -> list[dict[str, Any]]:
        async with partner(one) as endpoint:
            reply = await one.post(path, {**content, "transactionId": "ALOHUB_7"}, headers)
            assert (reply.status, reply.json["success"]) == (200, "1")
            return await endpoint.got(1)

    (payload,) = asked(tmp_path, scenario)
    assert Validator(Specification.load().webhook("alohub.call-ended")).problems(payload) == []
    assert (payload["transactionID"], payload["caller_number"]) == ("ALOHUB_7", "0900000200")


def test_the_webhook_carries_the_key_agreed_with_the_partner(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> str:
        async with partner(one) as endpoint:
            await one.post(MAKE_CALL, CALL)
            await endpoint.got(1)
            return endpoint.messages[0][0]

    assert asked(tmp_path, scenario) == PARTNER_KEY


def test_the_partners_id_is_given_back(tmp_path: Path) -> None:
    assert replied(tmp_path, MAKE_CALL, CALL).json["transactionId"] == "ALOHUB_1"


def test_a_placed_call_runs_its_life_in_scaled_time(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[int, dict[str, Any]]:
        async with partner(one) as endpoint:
            await one.post(MAKE_CALL, CALL | {"phoneNumber": "0900000486"})
            at_once = len(endpoint.messages)
            (payload,) = await endpoint.got(1)
            return at_once, payload

    at_once, payload = asked(tmp_path, scenario, time_scale=20.0)
    assert (at_once, payload["call_status"], payload["total_duration"]) == (0, "busy", "6")


def test_a_call_placed_in_a_namespace_is_told_of_there_alone(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[int, int]:
        async with partner(one) as elsewhere, partner(one, namespace="mine") as mine:
            await one.post("/ns/mine" + MAKE_CALL, CALL)
            await mine.got(1)
            return len(elsewhere.messages), await one.placed("default")

    assert asked(tmp_path, scenario) == (0, 0)


def test_a_call_by_an_agent_is_no_automatic_one(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[dict[str, Any]]:
        async with partner(one, "alohub.auto-call") as automatic, partner(one, "alohub.call-ended") as ended:
            await one.post(MAKE_CALL, CALL)
            await ended.got(1)
            return [payload for _, payload in automatic.messages]

    assert asked(tmp_path, scenario) == []


@pytest.mark.parametrize("path", [CLICK, "/api" + CLICK, MAKE_CALL])
def test_the_credential_test_of_the_n8n_node_places_no_call(tmp_path: Path, path: str) -> None:
    async def scenario(one: Mock) -> tuple[str, int]:
        reply = await one.post(path, {"phoneNumber": "0000000000", "ipPhone": "0000"}, GATEWAY)
        return reply.json["success"], await one.placed()

    assert asked(tmp_path, scenario) == ("1", 0)


def test_calls_of_one_second_have_ids_of_their_own(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        for _ in range(20):
            await one.post(MAKE_CALL, CALL)
        return await one.placed()

    assert asked(tmp_path, scenario) == 20


def test_a_call_is_found_after_a_restart(tmp_path: Path) -> None:
    replied(tmp_path, MAKE_CALL, CALL)
    found = replied(tmp_path, "/api/v1.0/base/searchCallV2", {"transactionId": "ALOHUB_1"}).json
    assert [item["transactionID"] for item in found["data"]] == ["ALOHUB_1"]


# Failures


REFUSALS = {ending: fate for ending, fate in FATES.items() if isinstance(fate, Refusal)}


@pytest.mark.parametrize("ending", REFUSALS)
def test_a_number_that_is_refused_is_answered_with_its_code_and_places_no_call(tmp_path: Path, ending: str) -> None:
    async def scenario(one: Mock) -> tuple[int, str, str, int]:
        reply = await one.post(MAKE_CALL, CALL | {"phoneNumber": f"090{ending}"})
        return reply.status, reply.code, reply.json["success"], await one.placed()

    code = REFUSALS[ending].code
    assert asked(tmp_path, scenario) == (FAILURES[code].status, code, "0", 0)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_an_extension_that_fails_is_answered_with_its_code(tmp_path: Path, extension: str) -> None:
    reply = replied(tmp_path, MAKE_CALL, CALL | {"ipPhone": extension})
    assert (reply.status, reply.code) == (200, EXTENSIONS[extension].code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phoneNumber": "113"}, Code.INVALID_PHONE_NUMBER),
        ({"phoneNumber": ""}, Code.INVALID_PHONE_NUMBER),
        ({"ipPhone": "six"}, Code.NO_SUCH_IP_PHONE),
        ({"ipPhone": ""}, Code.NO_SUCH_IP_PHONE),
    ],
)
def test_a_failure_of_business_comes_with_http_200(tmp_path: Path, change: dict[str, str], code: Code) -> None:
    reply = replied(tmp_path, MAKE_CALL, CALL | change)
    assert (reply.status, reply.json["success"], reply.code) == (200, "0", code)


@pytest.mark.parametrize(
    "content",
    [
        {"ipPhone": "6688"},
        {"phoneNumber": "0912345678"},
        CALL | {"phoneNumber": 912345678},
        CALL | {"transactionId": None},
        [],
        "call",
    ],
    ids=["no number", "no extension", "a number that is one", "null", "an array", "a text"],
)
def test_a_body_of_another_shape_is_a_bad_request(tmp_path: Path, content: Any) -> None:
    reply = replied(tmp_path, MAKE_CALL, content)
    assert (reply.status, reply.code) == (400, Code.BAD_REQUEST)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"phoneNumber=0912345678"])
def test_a_body_that_is_no_json_is_a_bad_request(tmp_path: Path, body: bytes) -> None:
    headers = LEGACY | {"Content-Type": "application/json"}
    reply = asked(tmp_path, lambda one: one.ask("POST", MAKE_CALL, headers=headers, body=body))
    assert (reply.status, reply.code) == (400, Code.BAD_REQUEST)


def test_a_body_of_another_type_is_a_bad_request(tmp_path: Path) -> None:
    reply = replied(tmp_path, MAKE_CALL, CALL, LEGACY | {"Content-Type": "text/plain"})
    assert (reply.status, reply.code) == (400, Code.BAD_REQUEST)


def test_a_body_of_two_megabytes_is_a_bad_request(tmp_path: Path) -> None:
    reply = replied(tmp_path, MAKE_CALL, CALL | {"note": "x" * 2_000_000})
    assert (reply.status, reply.code) == (400, Code.BAD_REQUEST)


def test_unknown_members_are_ignored(tmp_path: Path) -> None:
    assert replied(tmp_path, MAKE_CALL, CALL | {"note": "x"}).json["success"] == "1"


@EACH
def test_no_key_is_refused(tmp_path: Path, operation: Operation) -> None:
    reply = asked(tmp_path, lambda one: use(one, operation, {}))
    assert (reply.status, reply.code) == (401, Code.UNAUTHORIZED)


@EACH
@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_a_configured_key_is_accepted_in_either_header(tmp_path: Path, operation: Operation, header: str) -> None:
    reply = asked(tmp_path, lambda one: use(one, operation, {header: KEY}), api_keys=[ApiKey(Key(KEY))])
    assert (reply.status, reply.json["success"]) == (200, "1")


@EACH
def test_a_key_that_is_not_configured_is_refused(tmp_path: Path, operation: Operation) -> None:
    reply = asked(tmp_path, lambda one: use(one, operation, {"X-Api-Key": "other"}), api_keys=[ApiKey(Key(KEY))])
    assert (reply.status, reply.code) == (401, Code.UNAUTHORIZED)


@EACH
def test_a_key_without_the_scope_is_refused(tmp_path: Path, operation: Operation) -> None:
    scope = described(operation)["x-scope"]
    others = ",".join({"voice", "report", "campaign"} - {scope})
    reply = asked(tmp_path, lambda one: use(one, operation, {"X-Api-Key": KEY}), api_keys=[api_key(f"{KEY}={others}")])
    assert (reply.status, reply.code) == (403, Code.INSUFFICIENT_SCOPE)


def test_where_the_server_has_a_token_and_no_api_key_the_token_is_the_key(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        replies = [await one.post(MAKE_CALL, CALL, {"Authorization": key}) for key in ("t0ken-of-the-server", KEY)]
        return [reply.status for reply in replies]

    assert asked(tmp_path, scenario, token="t0ken-of-the-server") == [200, 401]


def test_the_older_report_wants_its_token_beside_the_key(tmp_path: Path) -> None:
    reply = replied(tmp_path, "/api/report/call-logs", {})
    assert (reply.status, reply.code) == (401, Code.UNAUTHORIZED)


@EACH
def test_one_request_too_many_is_told_how_long_to_wait(tmp_path: Path, operation: Operation) -> None:
    async def scenario(one: Mock) -> Reply:
        # Three, for the ten seconds may end between two.
        return next(reply for reply in [await use(one, operation, GATEWAY) for _ in range(3)] if reply.status == 429)

    reply = asked(tmp_path, scenario, limits=Limits(tenant=1))
    assert (reply.code, 1 <= int(reply.headers["retry-after"]) <= 10) == (Code.RATE_LIMIT_EXCEEDED, True)


def test_limits_are_told_with_every_answer(tmp_path: Path) -> None:
    reply = replied(tmp_path, MAKE_CALL, CALL, limits=Limits(tenant=100, route=10))
    assert {name: value for name, value in reply.headers.items() if name.startswith("x-ratelimit")} == {
        "x-ratelimit-limit-tenant-10s": "100",
        "x-ratelimit-remaining-tenant-10s": "99",
        "x-ratelimit-limit-route-10s": "10",
        "x-ratelimit-remaining-route-10s": "9",
    }


def test_without_limits_nothing_is_told(tmp_path: Path) -> None:
    assert not [name for name in replied(tmp_path, MAKE_CALL, CALL).headers if "ratelimit" in name]


def test_a_call_that_cannot_be_kept_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(one: Mock) -> Reply:
        async def place(*_: Any, **__: Any) -> None:
            raise StoreTrouble("the disk is full")

        monkeypatch.setattr(one.context.switchboard, "place", place)
        return await one.post(MAKE_CALL, CALL)

    reply = asked(tmp_path, scenario)
    assert (reply.status, reply.code) == (500, Code.FAIL)


# Looking calls up


async def three_calls(one: Mock) -> None:
    for number, ending in enumerate(["0000200", "0000404", "0000200"]):
        await one.post(
            MAKE_CALL, {"phoneNumber": f"09{number}{ending}", "ipPhone": "6688", "transactionId": f"T{number}"}
        )


def found(folder: Path, path: str, content: Any, headers: Mapping[str, str] = LEGACY) -> Any:
    async def scenario(one: Mock) -> Any:
        await three_calls(one)
        # A failed call takes as long as the agent's telephone rings.
        await one.context.providers.log.advance("default", 3600, one.context.clock.now())
        return (await one.post(path, content, headers)).json

    return asked(folder, scenario)


TOKEN = LEGACY | {"X-ACCESS-TOKEN": "a.b.c"}
LOOKUPS = [
    ("/api/v1.0/base/searchCallV1", LEGACY),
    ("/api/v1.0/base/searchCallV2", LEGACY),
    ("/api/report/call-logs", TOKEN),
    ("/v1/reports/call-logs", GATEWAY),
    ("/api/v1/reports/call-logs", GATEWAY),
]


@pytest.mark.parametrize(("path", "headers"), LOOKUPS)
def test_every_look_up_finds_the_calls(tmp_path: Path, path: str, headers: Mapping[str, str]) -> None:
    answer = found(tmp_path, path, {}, headers)
    assert (answer["totalRecord"], [item["transactionID"] for item in answer["data"]]) == (3, ["T2", "T1", "T0"])


@pytest.mark.parametrize(("path", "headers"), LOOKUPS)
def test_every_look_up_has_pages_from_one(tmp_path: Path, path: str, headers: Mapping[str, str]) -> None:
    answer = found(tmp_path, path, {"page": 2, "limit": "2"}, headers)
    assert (answer["totalRecord"], [item["transactionID"] for item in answer["data"]]) == (3, ["T0"])


def test_a_running_call_is_not_found_yet(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await one.post(MAKE_CALL, CALL | {"phoneNumber": "0912345678"})
        return (await one.post("/api/v1.0/base/searchCallV2", {})).json["totalRecord"]

    assert asked(tmp_path, scenario) == 0


def test_a_running_call_is_found_once_the_clock_was_moved_to_its_end(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await one.post(MAKE_CALL, CALL | {"phoneNumber": "0912345678"})
        await one.post("/api/v1/clock/advance", {"by": "1m"})
        return (await one.post("/api/v1.0/base/searchCallV2", {})).json["totalRecord"]

    assert asked(tmp_path, scenario) == 1


def test_a_namespace_that_is_reset_has_no_calls(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await one.post(MAKE_CALL, CALL)
        await one.ask("DELETE", "/api/v1/namespace")
        return (await one.post("/api/v1.0/base/searchCallV2", {})).json["totalRecord"]

    assert asked(tmp_path, scenario) == 0


def test_a_call_placed_by_the_control_api_is_found_too(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        placed = (await one.post("/api/v1/calls", {"outcome": "busy"})).json["calls"][0]
        await one.context.providers.log.written()
        found = (await one.post("/api/v1.0/base/searchCallV2", {"call_id": placed["call_id"]})).json
        return [item["call_status"] for item in found["data"]]

    assert asked(tmp_path, scenario) == ["busy"]


def test_tenants_that_are_not_named_are_told_apart_by_their_keys(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[str]:
        replies = [await one.post(MAKE_CALL, CALL, {"X-Api-Key": key}) for key in ("one", "two")]
        return [reply.headers["x-ratelimit-remaining-tenant-10s"] for reply in replies]

    assert asked(tmp_path, scenario, limits=Limits(tenant=5)) == ["4", "4"]


def test_the_recommended_look_up_has_source_and_direction_in_capitals(tmp_path: Path) -> None:
    item = found(tmp_path, "/api/v1.0/base/searchCallV2", {"transactionId": "T0"})["data"][0]
    assert (item["source"], item["direction"], item["call_status"]) == ("ipcc", "OUTBOUND", "answered")


def test_the_older_look_up_has_the_file_of_the_recording(tmp_path: Path) -> None:
    item = found(tmp_path, "/api/v1.0/base/searchCallV1", {"transactionId": "T0"})["data"][0]
    assert (item["recording_url"], item["called"]) == (f"{item['call_id']}.mp3", "6688")


# Campaigns


def test_campaigns_are_numbered_from_page_zero(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[list[int]]:
        pages = [await one.get("/v1/campaigns", userName="admin", page=page, limit=2) for page in range(4)]
        return [[item["campaignId"] for item in page.json["data"]] for page in pages]

    assert asked(tmp_path, scenario) == [[101, 102], [103, 104], [105], []]


def test_campaigns_by_name_are_numbered_from_page_one(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[list[int]]:
        pages = [await one.post("/v1/campaign/list", {"page": page, "limit": 2}, GATEWAY) for page in range(1, 4)]
        return [[item["campaignId"] for item in page.json["data"]] for page in pages]

    assert asked(tmp_path, scenario) == [[101, 102], [103, 104], [105]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"status": 2}, [101, 105]),
        ({"status": 4}, [104]),
        ({"type": "CAMPAIGN_CALL_AUTO"}, [101, 102, 103, 104]),
        ({"type": "campaign_call_auto"}, []),
        ({"status": 2, "type": "CAMPAIGN_CALL_AUTO"}, [101]),
    ],
)
def test_campaigns_are_filtered(tmp_path: Path, query: dict[str, Any], ids: list[int]) -> None:
    reply = asked(tmp_path, lambda one: one.get("/v1/campaigns", userName="admin", **query))
    assert [item["campaignId"] for item in reply.json["data"]] == ids


@pytest.mark.parametrize("query", [{}, {"userName": "admin", "status": 9}, {"userName": "admin", "page": -1}])
def test_a_query_that_is_not_as_described_is_a_bad_request(tmp_path: Path, query: dict[str, Any]) -> None:
    reply = asked(tmp_path, lambda one: one.get("/v1/campaigns", **query))
    assert (reply.status, reply.code) == (400, Code.BAD_REQUEST)


def test_unknown_parameters_are_ignored(tmp_path: Path) -> None:
    assert asked(tmp_path, lambda one: one.get("/v1/campaigns", userName="admin", colour="red")).status == 200


def test_campaigns_are_found_by_a_part_of_their_name(tmp_path: Path) -> None:
    reply = replied(tmp_path, "/v1/campaign/list", {"campaignName": "THANH TOÁN"}, GATEWAY)
    assert [item["campaignId"] for item in reply.json["data"]] == [102]


def test_contact_lists_have_the_documented_form(tmp_path: Path) -> None:
    reply = asked(tmp_path, lambda one: one.get("/v1/campaigns/101/contact-lists"))
    assert reply.json == {
        "success": "1",
        "totalRecord": 2,
        "data": [
            {"listId": 501, "listName": "Khách hàng tháng này", "contactCount": 150},
            {"listId": 502, "listName": "Khách hàng tháng trước", "contactCount": 320},
        ],
    }


async def _no_lists(one: Mock) -> Reply:
    return await one.get("/v1/campaigns/999/contact-lists")


async def _no_customers(one: Mock) -> Reply:
    return await one.post("/v1/campaigns/999/customers", {"phoneNumber": "0900000200"}, GATEWAY)


async def _no_click(one: Mock) -> Reply:
    return await one.post(CLICK, {"phone": "0900000200", "campaignId": 999}, GATEWAY)


@pytest.mark.parametrize("scenario", [_no_lists, _no_customers, _no_click])
def test_a_campaign_that_does_not_exist_is_code_5(tmp_path: Path, scenario: Callable[[Mock], Awaitable[Reply]]) -> None:
    reply = asked(tmp_path, scenario)
    assert (reply.status, reply.code) == (200, "5")


def test_a_campaign_that_is_no_number_is_not_found(tmp_path: Path) -> None:
    reply = asked(tmp_path, lambda one: one.get("/v1/campaigns/first/contact-lists"))
    assert (reply.status, reply.code) == (404, Code.NOT_FOUND)


def test_a_customer_of_a_campaign_is_called_and_both_webhooks_tell_of_it(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[tuple[str, str, str]]:
        async with partner(one, "alohub.auto-call") as automatic, partner(one, "alohub.call-ended") as ended:
            customer = {"phoneNumber": "0900000200", "transactionId": "CUSTOMER_1"}
            await one.post("/v1/campaigns/101/customers", customer, GATEWAY)
            payloads = await automatic.got(2) + await ended.got(1)
            return [(one["transactionID"], one["call_status"], one["hangup_by"]) for one in payloads]

    assert asked(tmp_path, scenario) == [
        ("CUSTOMER_1", "answered", ""),
        ("CUSTOMER_1", "answered", "customer"),
        ("CUSTOMER_1", "answered", "customer"),
    ]


def test_a_customer_who_does_not_answer_reaches_no_agent(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> dict[str, Any]:
        async with partner(one, "alohub.auto-call") as automatic:
            await one.post("/v1/campaigns/101/customers", {"phoneNumber": "0900000404"}, GATEWAY)
            return (await automatic.got(1))[0]

    payload = asked(tmp_path, scenario)
    assert (payload["call_status"], payload["destination_number"], payload["total_duration"]) == ("failed", "", "0")


def test_of_several_customers_each_is_told_what_became_of_it(tmp_path: Path) -> None:
    customers = [{"phoneNumber": "0900000200", "transactionId": "A"}, {"phoneNumber": "113", "transactionId": "B"}]

    async def scenario(one: Mock) -> tuple[Any, int]:
        reply = await one.post("/v1/campaigns/101/customers", {"customers": customers}, GATEWAY)
        return reply.json, await one.placed()

    answer, placed = asked(tmp_path, scenario)
    told = [(one["transactionId"], one["success"], one["error_code"]) for one in answer["data"]]
    assert (told, answer["totalRecord"], placed) == ([("A", "1", "SUCCESS"), ("B", "0", "2")], 1, 1)


def test_a_paused_campaign_calls_nobody(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[str, int]:
        reply = await one.post("/v1/campaigns/103/customers", {"phoneNumber": "0900000200"}, GATEWAY)
        return reply.json["success"], await one.placed()

    assert asked(tmp_path, scenario) == ("0", 0)


# The description


def test_every_operation_of_alohubs_is_served() -> None:
    tagged = {one.id for one in operations(Specification.load()) if "Alohub REST" in described(one)["tags"]}
    assert tagged == HANDLERS.keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_operation_names_its_sources_and_what_is_assumed(operation: Operation) -> None:
    assert "Source" in described(operation)["description"]
    assert described(operation)["x-assumed"]


EXAMPLES = [
    (one, name, example["value"])
    for one in OPERATIONS
    for name, example in described(one)
    .get("requestBody", {})
    .get("content", {})
    .get("application/json", {})
    .get("examples", {})
    .items()
]


@pytest.mark.parametrize(
    ("operation", "name", "value"), EXAMPLES, ids=[f"{one.id}-{name}" for one, name, _ in EXAMPLES]
)
def test_every_example_of_a_request_is_done(tmp_path: Path, operation: Operation, name: str, value: Any) -> None:
    reply = asked(tmp_path, lambda one: use(one, operation, GATEWAY, content=value))
    assert (reply.status, reply.json["success"]) == (200, "1")


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.id)
def test_every_answer_has_what_its_example_has(tmp_path: Path, operation: Operation) -> None:
    async def scenario(one: Mock) -> Any:
        await three_calls(one)
        return (await use(one, operation, GATEWAY)).json

    examples = described(operation)["responses"]["200"]["content"]["application/json"]["examples"]
    example = next(one["value"] for one in examples.values() if one["value"]["success"] == "1")
    answer = asked(tmp_path, scenario)
    wanted = {name: type(value) for name, value in example.items() if name != "transactionId"}
    assert {name: type(answer.get(name)) for name in wanted} == wanted
    for item in example.get("data", [])[:1]:
        assert item.keys() - {"transactionId"} <= answer["data"][0].keys()
