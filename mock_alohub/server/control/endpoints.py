"""Endpoints over the control API: who gets webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from mock_alohub.delivery.destination import Destination, Overrides, Registration
from mock_alohub.delivery.view import UnknownEndpoint
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.policy import seconds
from mock_alohub.server.control import json_views
from mock_alohub.server.request import ApiRequest, Json, nothing
from mock_alohub.specification.specification import Specification


async def list_endpoints(request: ApiRequest) -> Response:
    """All endpoints of the namespace."""
    views = request.context.engine.store.endpoints(request.namespace)
    return Json({"items": [json_views.endpoint(view) for view in views]})


async def register_endpoint(request: ApiRequest) -> Response:
    """A new endpoint."""
    wanted = request.content
    new = Registration(Endpoint(parse_url(wanted["url"])), request.namespace)
    destination = await request.context.engine.register(_changed(new, wanted, request.context.specification))
    return Json(json_views.endpoint(destination.shown()), HTTPStatus.CREATED)


async def get_endpoint(request: ApiRequest) -> Response:
    """One endpoint."""
    return Json(json_views.endpoint(_asked_for(request).shown()))


async def change_endpoint(request: ApiRequest) -> Response:
    """An endpoint with some changes."""
    known = _asked_for(request)
    changed = replace(known, registration=_changed(known.registration, request.content, request.context.specification))
    await request.context.engine.change(changed)
    return Json(json_views.endpoint(changed.shown()))


async def remove_endpoint(request: ApiRequest) -> Response:
    """One endpoint less."""
    await request.context.engine.remove(request.namespace, request.given["endpoint"])
    return nothing()


def _asked_for(request: ApiRequest) -> Destination:
    found = request.context.engine.store.destination(request.given["endpoint"])
    if found.registration.namespace != request.namespace:
        raise UnknownEndpoint(found.id)
    return found


def _changed(registration: Registration, changes: Mapping[str, Any], known: Specification) -> Registration:
    endpoint, webhooks = registration.endpoint, registration.webhooks
    if "webhooks" in changes:  # those from before may be of another specification
        webhooks = tuple(dict.fromkeys(name for one in changes["webhooks"] for name in known.names(one)))
    if "url" in changes:
        endpoint = replace(endpoint, url=parse_url(changes["url"]))
    if "key" in changes:
        endpoint = replace(endpoint, key=None if changes["key"] is None else Key(changes["key"]))
    return replace(
        registration,
        endpoint=endpoint,
        webhooks=webhooks,
        method=changes.get("method", registration.method) or "",
        enabled=changes.get("enabled", registration.enabled),
        overrides=overrides_of(changes["policy"]) if "policy" in changes else registration.overrides,
    )


def overrides_of(policy: Mapping[str, Any] | None) -> Overrides:
    """What `policy`, as it is described, says other than the specification."""
    wanted = policy or {}
    return Overrides(
        deadline_s=seconds(wanted["deadline"]) if "deadline" in wanted else None,
        acknowledged_by=tuple(wanted["acknowledged_by"]) if "acknowledged_by" in wanted else None,
        retries_s=tuple(seconds(wait) for wait in wanted["retries"]) if "retries" in wanted else None,
    )
