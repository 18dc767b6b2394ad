"""The server's description where it stands in for a provider that is known from a document alone.

What is left is the control API, which speaks of the document's webhooks; facts of a call are no wishes in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from mock_alohub.faults.body import UNKNOWN_STATUS
from mock_alohub.server import control
from mock_alohub.server.operations import METHODS
from mock_alohub.specification.imported.security import KeyForm
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook

Json = Any

TAG: Final = "webhooks"
_FACTS: Final = (
    "outcome", "direction", "ended_by", "customer_number", "hotline", "transaction_id", "agent", "ring_s", "talk_s",
    "held_s", "at",
)  # fmt: skip
_WHY: Final = "nothing of a call is in the messages of a document (--spec)"
_WANTED: Final = "What is sent, as far as endpoints want it, [] for all; without it each endpoint gets what it names"
_PLACED: Final = """\
One occasion for a message of each webhook. Messages are the document's examples, or drawn from its schemas; `set` gives
fields other values. What a field with `x-role: call-id` holds is the `call_id` of the answer.

The answer comes when every delivery is safe on disk.
"""


def standing_in(described: Specification) -> Specification:
    """`described`, a document's webhooks, with the server's own API in its document."""
    document = orjson.loads(orjson.dumps(Specification.load().document))
    paths = {path: item for path, item in document["paths"].items() if _is_control(item)}
    title, _ = next(iter(described.webhooks.values())).documents["fields"]
    whole = {
        "openapi": document["openapi"],
        "info": {"title": f"Webhooks of {title}", "version": document["info"]["version"], "description": _ABOUT},
        "tags": [{"name": TAG, "description": f"Webhooks of {title}"}, *_tags(document, paths)],
        "servers": document["servers"],
        "paths": paths,
        "webhooks": {name: {one.method.lower(): _operation(one)} for name, one in described.webhooks.items()},
        "components": document["components"],
    }
    _speak_of(described, whole)
    whole["components"] = _needed(whole)
    whole["components"]["securitySchemes"] |= {_scheme(one): _described(one) for one in _keyed(described)}
    return replace(described, document=whole)


_ABOUT: Final = "The webhooks of a document as a mock server sends them, and the API of that server."


def _is_control(item: Mapping[str, Json]) -> bool:
    return any(item[method]["operationId"] in control.HANDLERS for method in METHODS if method in item)


def _tags(document: Mapping[str, Json], paths: Mapping[str, Json]) -> Iterator[Json]:
    used = {tag for item in paths.values() for method in METHODS if method in item for tag in item[method]["tags"]}
    return (tag for tag in document["tags"] if tag["name"] in used)


def _speak_of(described: Specification, whole: dict[str, Json]) -> None:
    """Let the control API in `whole` speak of the webhooks that are `described`."""
    schemas, first = whole["components"]["schemas"], next(iter(described.webhooks))
    schemas["WebhookName"] |= {"description": "A webhook of the document", "enum": [*described.webhooks]}
    wishes = schemas["NewCalls"]["properties"]
    for name in _FACTS:
        del wishes[name]
    schemas["NewCalls"]["x-absent"] = dict.fromkeys(_FACTS, _WHY)
    wishes["webhooks"] = {"allOf": wishes["webhooks"]["allOf"], "description": _WANTED}
    # No document says which of its words is the status of a call.
    wishes["faults"]["items"]["enum"].remove(UNKNOWN_STATUS.name)
    for placed in (schemas["PlacedCalls"], schemas["RunInFull"]["allOf"][1]):
        call = placed["properties"]["calls"]["items"]
        call["required"] = ["call_id", "deliveries"]
        del call["properties"]["outcome"], call["properties"]["direction"]
    placing = whole["paths"]["/api/v1/calls"]["post"]
    placing |= {"summary": "Send one message of each webhook, or a thousand", "description": _PLACED}
    examples = placing["requestBody"]["content"]["application/json"]["examples"]
    burst = {"count": 20, "webhooks": [first], "faults": ["duplicate"], "seed": 7}
    examples |= {"burst": {"summary": "Twenty messages of one webhook, each sent twice", "value": burst}}
    del examples["busy"], examples["live"]
    registering = whole["paths"]["/api/v1/endpoints"]["post"]["requestBody"]["content"]["application/json"]
    registering["examples"]["impatient"]["value"]["webhooks"] = [first]


def _operation(webhook: Webhook) -> Json:
    """The webhook as OpenAPI describes it. Its schema is put in its place by who shows it."""
    described: dict[str, Json] = {
        "tags": [TAG],
        "summary": webhook.title,
        "description": webhook.description,
        "x-delivery": {name: value for name, value in webhook.delivery.items() if name != "fires"},
        "requestBody": {
            "required": True,
            "content": {
                webhook.content_type: {
                    "schema": {},
                    "examples": {_key(name): {"summary": name, "value": one} for name, one in webhook.examples.items()},
                }
            },
        },
        "responses": {str(status): {"description": "Acknowledged"} for status in webhook.delivery["acknowledged-by"]},
    }
    if webhook.headers:
        described["parameters"] = [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "example": value}
            for name, value in webhook.headers
        ]
    described["security"] = [{_scheme(webhook): []}] if webhook.key_header else []
    return described


def _keyed(described: Specification) -> Iterable[Webhook]:
    return (webhook for webhook in described.webhooks.values() if webhook.key_header)


def _scheme(webhook: Webhook) -> str:
    return _key(f"{webhook.key_form}-{webhook.key_header}")


def _described(webhook: Webhook) -> Json:
    if webhook.key_form in (KeyForm.BEARER, KeyForm.BASIC):
        return {"type": "http", "scheme": str(webhook.key_form)}
    scheme = {"type": "apiKey", "in": "header", "name": webhook.key_header}
    signed = {"x-signature": "standard-webhooks"} if webhook.key_form == KeyForm.SIGNATURE else {}
    return scheme | signed


def _key(name: str) -> str:
    """`name` as the name of a component can be."""
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in name)


def _needed(whole: Mapping[str, Json]) -> dict[str, Json]:
    """The components that the paths lead to, and the token."""
    components, found = whole["components"], set(_references(whole["paths"]))
    left = list(found)
    while left:
        kind, name = left.pop()
        fresh = set(_references(components[kind][name])) - found
        found |= fresh
        left += fresh
    needed = {
        kind: {name: one for name, one in members.items() if (kind, name) in found}
        for kind, members in components.items()
    }
    tokens = {"serverToken": components["securitySchemes"]["serverToken"]}
    return {kind: members for kind, members in needed.items() if members} | {"securitySchemes": tokens}


def _references(node: Json) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            kind, _, name = node["$ref"].removeprefix("#/components/").partition("/")
            yield kind, name
        node = list(node.values())
    for one in node if isinstance(node, list) else ():
        yield from _references(one)
