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


async def list_objects(ask: ApiRequest) -> Response:
    """All webhook objects."""
    found = objects(ask.station.engine, ask.namespace)
    return Json({"items": [one.shown(ask.station.specification) for one in found]})


async def create_object(ask: ApiRequest) -> Response:
    """A new webhook object, which nobody has subscribed to yet."""
    return await _kept(ask, new_object(ask.content, ask.station.clock.now()), HTTPStatus.CREATED)


async def show_object(ask: ApiRequest) -> Response:
    """One webhook object."""
    return Json(_asked_for(ask).shown(ask.station.specification))


async def change_object(ask: ApiRequest) -> Response:
    """A webhook object with some changes."""
    return await _kept(ask, changed(_asked_for(ask), ask.content))


async def delete_object(ask: ApiRequest) -> Response:
    """One webhook object less; what waits for it is canceled."""
    endpoint = _asked_for(ask).endpoint
    if endpoint is not None:
        await ask.station.engine.remove(ask.namespace, endpoint)
    return nothing()


async def list_subscriptions(ask: ApiRequest) -> Response:
    """The webhook objects that an environment subscribed to."""
    environment = ask.given["environment"]
    found = (one for one in objects(ask.station.engine, ask.namespace) if environment in one.environments)
    return Json({"items": [one.shown(ask.station.specification) for one in found]})


async def subscribe(ask: ApiRequest) -> Response:
    """An environment subscribes to a webhook object: from now on its event is sent, if it is enabled."""
    return await _kept(ask, subscribed(_asked_for(ask), ask.given["environment"], wanted=True))


async def unsubscribe(ask: ApiRequest) -> Response:
    """An environment subscribes no longer."""
    return await _kept(ask, subscribed(_asked_for(ask), ask.given["environment"], wanted=False))


async def _kept(ask: ApiRequest, one: WebhookObject, status: HTTPStatus = HTTPStatus.OK) -> Response:
    demand_body(one, ask.station.specification)
    await keep(ask.station.engine, ask.namespace, one)
    return Json(one.shown(ask.station.specification), status)


def _asked_for(ask: ApiRequest) -> WebhookObject:
    try:
        return object_with(ask.station.engine, ask.namespace, ask.given["uuid"])
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
