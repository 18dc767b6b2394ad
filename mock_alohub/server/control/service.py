"""The server about itself: alive, ready, counted, described."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import orjson
from starlette.responses import Response

from mock_alohub import __version__
from mock_alohub.server.documentation import page
from mock_alohub.server.metrics import CONTENT_TYPE
from mock_alohub.server.operations import METHODS
from mock_alohub.server.problem import Problem
from mock_alohub.server.request import ApiRequest, Json
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Schema, Webhook

_HEALTHY: Final = orjson.dumps({"status": "ok", "version": __version__})


async def healthz(request: ApiRequest) -> Response:
    """Alive: it answers."""
    return Response(_HEALTHY, media_type="application/json")


async def readyz(request: ApiRequest) -> Response:
    """Ready, unless the store is in trouble."""
    trouble = request.context.engine.parked
    if trouble is not None:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, trouble.message, hint=trouble.hint)
    return Response(_HEALTHY, media_type="application/json")


async def metrics(request: ApiRequest) -> Response:
    """What was counted."""
    return Response(request.context.tally.exposed(), headers={"Content-Type": CONTENT_TYPE})


async def describe_api(request: ApiRequest) -> Response:
    """The specification in one piece, with this server in it."""
    context = request.context
    document = _whole(context.specification, guarded=bool(context.token or context.providers.access.keys))
    return Json({**document, "servers": [{"url": request.base, "description": "This server"}]})


async def show_docs(request: ApiRequest) -> Response:
    """The specification as a page."""
    shown = page(request.context.specification, request.base)
    headers = {"Content-Security-Policy": shown.policy, "Referrer-Policy": "no-referrer"}
    return Response(shown.html, media_type="text/html", headers=headers)


@lru_cache(maxsize=4)
def _whole(specification: Specification, *, guarded: bool) -> Mapping[str, Any]:
    """The document with the schemas of the webhooks, which lie in files of their own, in their places.

    Where neither a token nor a key is agreed (not `guarded`), none is asked for.
    """
    document = orjson.loads(orjson.dumps(specification.document))
    for name, webhook in specification.webhooks.items():
        for operation in document["webhooks"][name].values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                media["schema"] = _alone(webhook)
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    parameter["schema"] = webhook.schema
    if not guarded:
        for item in document["paths"].values():
            for method in item.keys() & set(METHODS):
                item[method]["security"] = []
    return document  # type: ignore[no-any-return]  # a document of JSON has no better type


def _alone(webhook: Webhook) -> Schema:
    """The schema of `webhook`; where it refers to itself, with a name by which its references lead back into it."""
    return (
        {"$id": f"urn:webhook:{quote(webhook.name)}", **webhook.schema} if "$defs" in webhook.schema else webhook.schema
    )
