"""The server's own description, and its API, where it sends the webhooks of somebody's document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.delivery.call_log import Search
from mock_alohub.server.control import HANDLERS
from mock_alohub.server.operations import METHODS, operations
from mock_alohub.server.stand_in import standing_in
from mock_alohub.specification.specification import Specification
from tests.server.alohub import LATER, Mock
from tests.server.asking import API, NOWHERE, asked, placed, registered
from tests.server.loopback import on_loopback, ran
from tests.specification.imported.writing import ORDER, loaded, operation

SIGNED = {"type": "apiKey", "in": "header", "name": "webhook-signature"}
SCHEMES = {
    "plain": {"type": "apiKey", "in": "header", "name": "X-Shop-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "signed": SIGNED,
}
IDENTIFIED = {**ORDER, "properties": {"id": {"type": "string", "x-role": "call-id"}}}


def stand_in(folder: Path, *schemes: str, **more: Any) -> Specification:
    """A document with one webhook for each of `schemes`, or two open ones."""
    names = schemes or ("order", "order.paid")
    webhooks = {
        name: operation(IDENTIFIED, **({"security": [{name: []}]} if name in SCHEMES else {}), **more) for name in names
    }
    return standing_in(loaded(folder, webhooks, components={"securitySchemes": SCHEMES}))


def told(folder: Path, story: Callable[[Mock], Awaitable[Any]], specification: Specification | None = None) -> Any:
    return asked(folder, story, specification=specification or stand_in(folder))


def test_the_api_is_the_control_api_and_nothing_else(tmp_path: Path) -> None:
    assert {one.id for one in operations(stand_in(tmp_path))} == HANDLERS.keys()


def test_every_reference_of_the_description_leads_somewhere_and_nothing_is_left_over(tmp_path: Path) -> None:
    document = stand_in(tmp_path).document
    referred = set(_references(document["paths"])) | set(_references(document["components"]))
    components = {
        f"#/components/{kind}/{name}"
        for kind, members in document["components"].items()
        if kind != "securitySchemes"
        for name in members
    }
    assert referred == components


def _references(node: Any) -> list[str]:
    below = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    own = [node["$ref"]] if isinstance(node, dict) and "$ref" in node else []
    return own + [one for inner in below for one in _references(inner)]


def test_the_bundled_description_is_left_as_it_was(tmp_path: Path) -> None:
    stand_in(tmp_path)
    assert "outcome" in Specification.load().document["components"]["schemas"]["NewCalls"]["properties"]


def test_the_description_has_the_webhooks_of_the_document(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return (await one.ask("GET", "/openapi.json")).json

    described = told(tmp_path, story, stand_in(tmp_path, *SCHEMES))
    assert list(described["webhooks"]) == [*SCHEMES]
    schemes = described["components"]["securitySchemes"]
    needed = {name: schemes[next(iter(item["post"]["security"][0]))] for name, item in described["webhooks"].items()}
    assert needed == SCHEMES | {"signed": {**SIGNED, "x-signature": "standard-webhooks"}}
    body = described["webhooks"]["plain"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["id"]["type"] == "string"
    names = described["components"]["schemas"]["WebhookName"]["enum"]
    assert names == [*SCHEMES]


def test_a_schema_that_contains_itself_is_found_again_where_it_stands(tmp_path: Path) -> None:
    part = {"type": "object", "properties": {"inner": {"$ref": "#/components/schemas/Part"}}}
    webhooks = {"a part": operation({"$ref": "#/components/schemas/Part"})}
    known = standing_in(loaded(tmp_path, webhooks, components={"schemas": {"Part": part}}))

    async def story(one: Mock) -> Any:
        return (await one.ask("GET", "/openapi.json")).json

    schema = told(tmp_path, story, known)["webhooks"]["a part"]["post"]["requestBody"]["content"]["application/json"]
    assert (schema["schema"]["$id"], "$defs" in schema["schema"]) == ("urn:webhook:a%20part", True)


def test_the_page_shows_the_webhooks_of_the_document(tmp_path: Path) -> None:
    async def story(one: Mock) -> str:
        return (await one.ask("GET", "/docs")).body.decode()

    page = told(tmp_path, story, stand_in(tmp_path, summary="An order <was> paid"))
    assert "An order &lt;was&gt; paid" in page
    assert "makeCall" not in page


def test_a_webhook_is_sent_for_each_that_an_endpoint_wants(tmp_path: Path) -> None:
    async def story(one: Mock) -> tuple[Any, Any]:
        await registered(one)
        await registered(one, webhooks=["order.paid"])
        made = await placed(one)
        return made, (await one.ask("GET", f"{API}/deliveries")).json

    made, listed = told(tmp_path, story)
    (call,) = made["calls"]
    assert call.keys() == {"call_id", "deliveries"}
    found = sorted((item["webhook"], item["endpoint"]) for item in listed["items"])
    assert found == [("order", 1), ("order.paid", 1), ("order.paid", 2)]


def test_the_id_of_the_answer_is_that_of_the_message(tmp_path: Path) -> None:
    async def story(one: Mock) -> tuple[str, str]:
        await registered(one, webhooks=["order"])
        (call,) = (await placed(one, set={"note": "by hand"}))["calls"]
        shown = (await one.ask("GET", f"{API}/deliveries/{call['deliveries'][0]}")).json
        return call["call_id"], shown["message"]["body"]

    call_id, body = told(tmp_path, story)
    assert body == f'{{"id":"{call_id}","note":"by hand"}}'


@pytest.mark.parametrize(
    "wish",
    [{"outcome": "busy"}, {"direction": "inbound"}, {"agent": None}, {"at": "now"}, {"ring_s": 1}, {"hotline": "1900"}],
)
def test_facts_of_a_call_cannot_be_wished_for(wish: dict[str, Any], tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return (await one.ask("POST", f"{API}/calls", wish)).json

    (flaw,) = told(tmp_path, story)["errors"]
    assert flaw["pointer"] == f"/{next(iter(wish))}"
    assert "nothing of a call is in the messages" in flaw["detail"]
    assert flaw["allowed"] == ["count", "webhooks", "set", "faults", "faulty_tries", "seed"]


@pytest.mark.parametrize("webhooks", [["alohub.call-ended"], ["order.piad"]])
def test_only_webhooks_of_the_document_can_be_asked_for(webhooks: list[str], tmp_path: Path) -> None:
    async def story(one: Mock) -> list[int]:
        wished = {"webhooks": webhooks}
        calls = await one.ask("POST", f"{API}/calls", wished)
        endpoint = await one.ask("POST", f"{API}/endpoints", {"url": NOWHERE, **wished})
        return [calls.status, endpoint.status]

    assert told(tmp_path, story) == [422, 422]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1.0/base/makeCall"),
        ("GET", "/v1/voice/click-to-call"),
        ("POST", "/ns/mine/api/click2call"),
        ("GET", "/IPCCMedia/MP3Export.do"),
    ],
)
def test_the_apis_of_built_in_providers_are_not_there_and_it_is_said_why(
    method: str, path: str, tmp_path: Path
) -> None:
    async def story(one: Mock) -> tuple[int, str, str]:
        reply = await one.ask(method, path)
        return reply.status, reply.headers["content-type"], reply.json["detail"]

    status, kind, why = told(tmp_path, story)
    assert (status, kind) == (404, "application/problem+json")
    assert "webhooks of a document (--spec)" in why


def test_a_path_that_nobody_has_is_a_problem_also_where_a_provider_would_answer(tmp_path: Path) -> None:
    async def story(one: Mock) -> str:
        return (await one.ask("GET", "/v1/nothing")).headers["content-type"]

    assert told(tmp_path, story) == "application/problem+json"


def test_calls_of_a_document_are_not_in_the_log_of_built_in_providers(tmp_path: Path) -> None:
    async def story(one: Mock) -> int:
        await placed(one)
        await one.context.providers.log.written()
        return one.context.providers.log.find(Search("default", LATER)).total

    assert told(tmp_path, story) == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_key_that_a_webhook_cannot_carry_is_refused(scheme: str, tmp_path: Path) -> None:
    async def story(one: Mock) -> int:
        return (await one.ask("POST", f"{API}/endpoints", {"url": NOWHERE, "key": "no-colon-in-it"})).status

    assert told(tmp_path, story, stand_in(tmp_path, scheme)) == (422 if scheme == "basic" else 201)


def test_an_endpoint_has_one_key_for_webhooks_of_one_way(tmp_path: Path) -> None:
    async def story(one: Mock) -> list[int]:
        wishes: list[dict[str, Any]] = [{}, {"webhooks": ["bearer"]}, {"webhooks": ["signed"]}]
        return [
            (await one.ask("POST", f"{API}/endpoints", {"url": NOWHERE, "key": "whsec_c2VjcmV0", **wish})).status
            for wish in wishes
        ]

    assert told(tmp_path, story, stand_in(tmp_path, "bearer", "signed")) == [422, 201, 201]


def test_faults_that_need_a_word_for_a_status_are_not_offered(tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        await registered(one)
        kinds = (await one.ask("GET", "/openapi.json")).json["components"]["schemas"]["NewCalls"]["properties"][
            "faults"
        ]
        for fault in kinds["items"]["enum"]:
            await placed(one, faults=[fault])
        return (await one.ask("POST", f"{API}/calls", {"faults": ["unknown-status"]})).status

    assert told(tmp_path, story) == 422


def test_every_scenario_that_is_offered_passes(tmp_path: Path) -> None:
    # It has two webhooks, takes 202 alone and retries once: nothing that the stories were written for.
    known = loaded(tmp_path, {name: operation(IDENTIFIED, **DELIVERY) for name in ("order", "order.paid")})

    async def story(one: Mock) -> dict[str, str]:
        names = [item["name"] for item in (await one.ask("GET", f"{API}/scenarios")).json["items"]]
        return {name: (await ran(one, name, receiver="inbox", seed=7))["state"] for name in names}

    states = on_loopback(tmp_path, story, specification=standing_in(known))
    assert set(states.values()) == {"passed"}
    assert {"fourth-attempt", "hour-of-outage", "answer-lost", "duplicate-storm"} <= states.keys()
    assert not {"busy", "campaign-call", "created-is-not-ok"} & states.keys()


DELIVERY = {"x-delivery": {"acknowledged-by": [202], "retries": ["1s"]}}


@pytest.mark.parametrize("method", METHODS[2:5])
def test_an_inbox_takes_what_is_sent_by_any_method_and_acknowledges_it(method: str, tmp_path: Path) -> None:
    item = operation(IDENTIFIED, **DELIVERY)
    known = standing_in(loaded(tmp_path, {"order": {method: item["post"]}}))

    async def story(one: Mock) -> list[str]:
        await registered(one, f"{one.context.url}/inbox/mine")
        await placed(one)
        await one.ask("GET", f"{API}/wait", query={"state": "delivered"})
        return [item["state"] for item in (await one.ask("GET", f"{API}/deliveries")).json["items"]]

    assert on_loopback(tmp_path, story, specification=known) == ["delivered"]


def test_an_inbox_shows_a_signature_and_no_key(tmp_path: Path) -> None:
    async def story(one: Mock) -> list[str]:
        for name in ("plain", "signed"):
            await registered(one, f"{one.context.url}/inbox/{name}", webhooks=[name], key="whsec_c2VjcmV0c2VjcmV0")
        await placed(one)
        await one.ask("GET", f"{API}/wait", query={"state": "delivered", "count": 2})
        told = []
        for name, header in (("plain", "x-shop-key"), ("signed", "webhook-signature")):
            (message,) = (await one.ask("GET", f"{API}/inboxes/{name}/messages")).json["items"]
            told.append(dict(message["headers"])[header])
        return told

    key, signature = on_loopback(tmp_path, story, specification=stand_in(tmp_path, "plain", "signed"))
    assert (key, signature[:3]) == ("****", "v1,")


def test_a_database_of_another_specification_is_met_and_told_of(tmp_path: Path) -> None:
    async def before(one: Mock) -> tuple[int, int]:
        endpoint = await registered(one)
        await registered(one, webhooks=["alohub.call-ended"])
        (call,) = (await placed(one, at="2099-01-01T00:00:00"))["calls"]
        return endpoint, call["deliveries"][0]

    endpoint, number = asked(tmp_path, before)

    async def after(one: Mock) -> Any:
        shown = (await one.ask("GET", f"{API}/deliveries/{number}")).json
        again = await one.ask("POST", f"{API}/deliveries/{number}/resend")
        made = await placed(one)
        paused = await one.ask("PATCH", f"{API}/endpoints/2", {"enabled": False})
        canceled = await one.ask("POST", f"{API}/deliveries/{number}/cancel")
        return shown, again, made, paused, canceled

    shown, again, made, paused, canceled = told(tmp_path, after)
    assert (shown["state"], shown["next_at"], shown["cause"]) == ("waiting", None, "unknown-webhook")
    assert (again.status, "does not describe the webhook" in again.json["detail"]) == (409, True)
    assert made["deliveries"] == 2  # both webhooks to the endpoint that names none, nothing to the other
    assert (paused.status, paused.json["webhooks"]) == (200, ["alohub.call-ended"])
    assert (canceled.json["state"], canceled.json["cause"]) == ("canceled", None)
    assert endpoint == 1
