"""VoipAppz's webhook objects over an API: created, listed, shown, edited, deleted; subscribed to by an environment.

That there is such an API is documented ("Create The Webhook Object via API"), its paths and shapes are not: those of
the mock are made up and described in `openapi.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from mock_alohub.server.problem import Problem
from mock_alohub.server.providers.voipappz.objects import (
    UnknownObject,
    WebhookObject,
    changed,
    demand_body,
    keep,
    new_object,
    object_with,
    objects,
    subscribed,
)
from mock_alohub.server.request import ApiRequest, Handler, Json, nothing


async def list_objects(request: ApiRequest) -> Response:
    """All webhook objects."""
    found = objects(request.context.engine, request.namespace)
    return Json({"items": [one.shown(request.context.specification) for one in found]})


async def create_object(request: ApiRequest) -> Response:
    """A new webhook object, which nobody has subscribed to yet."""
    return await _kept(request, new_object(request.content, request.context.clock.now()), HTTPStatus.CREATED)


async def show_object(request: ApiRequest) -> Response:
    """One webhook object."""
    return Json(_asked_for(request).shown(request.context.specification))


async def change_object(request: ApiRequest) -> Response:
    """A webhook object with some changes."""
    return await _kept(request, changed(_asked_for(request), request.content))


async def delete_object(request: ApiRequest) -> Response:
    """One webhook object less; what waits for it is canceled."""
    endpoint = _asked_for(request).endpoint
    if endpoint is not None:
        await request.context.engine.remove(request.namespace, endpoint)
    return nothing()


async def list_subscriptions(request: ApiRequest) -> Response:
    """The webhook objects that an environment subscribed to."""
    environment = request.given["environment"]
    found = (one for one in objects(request.context.engine, request.namespace) if environment in one.environments)
    return Json({"items": [one.shown(request.context.specification) for one in found]})


async def subscribe(request: ApiRequest) -> Response:
    """An environment subscribes to a webhook object: from now on its event is sent, if it is enabled."""
    return await _kept(request, subscribed(_asked_for(request), request.given["environment"], wanted=True))


async def unsubscribe(request: ApiRequest) -> Response:
    """An environment subscribes no longer."""
    return await _kept(request, subscribed(_asked_for(request), request.given["environment"], wanted=False))


async def _kept(request: ApiRequest, one: WebhookObject, status: HTTPStatus = HTTPStatus.OK) -> Response:
    demand_body(one, request.context.specification)
    await keep(request.context.engine, request.namespace, one)
    return Json(one.shown(request.context.specification), status)


def _asked_for(request: ApiRequest) -> WebhookObject:
    try:
        return object_with(request.context.engine, request.namespace, request.given["uuid"])
    except UnknownObject as unknown:
        raise Problem(HTTPStatus.NOT_FOUND, unknown.message) from None


HANDLERS: Final[Mapping[str, Handler]] = {
    "voipappzListWebhooks": list_objects,
    "voipappzCreateWebhook": create_object,
    "voipappzShowWebhook": show_object,
    "voipappzEditWebhook": change_object,
    "voipappzDeleteWebhook": delete_object,
    "voipappzListSubscriptions": list_subscriptions,
    "voipappzSubscribe": subscribe,
    "voipappzUnsubscribe": unsubscribe,
}
