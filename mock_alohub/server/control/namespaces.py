"""A namespace over the control API: what is in it, its clock, its events, forgetting it."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response, StreamingResponse

from mock_alohub.messages.policy import seconds
from mock_alohub.server.context import Context
from mock_alohub.server.control import json_views
from mock_alohub.server.request import ApiRequest, Json, nothing
from mock_alohub.vietnam_time import local

PAGE: Final = 50


async def list_namespaces(request: ApiRequest) -> Response:
    """A page of the namespaces that hold anything, by name. `cursor` is the last name of the page before."""
    context, limit = request.context, request.given.get("limit", PAGE)
    names = {*context.engine.store.namespaces(), *context.inboxes.namespaces()}
    found = sorted(name for name in names if name > request.given.get("cursor", ""))
    page = found[:limit]
    return Json({"items": [_glance(context, name) for name in page], "next": page[-1] if found[limit:] else None})


async def get_namespace(request: ApiRequest) -> Response:
    """The namespace at a glance."""
    return Json(_glance(request.context, request.namespace))


def _glance(context: Context, name: str) -> json_views.Shown:
    engine = context.engine
    return {
        "name": name,
        "endpoints": len(engine.store.endpoints(name)),
        "deliveries": {state.value: number for state, number in engine.counts(name).items()},
    }


async def reset_namespace(request: ApiRequest) -> Response:
    """The namespace as new."""
    for run in await request.context.runs.forget(request.namespace):
        await forget(request.context, run.namespace)
    await forget(request.context, request.namespace)
    return nothing()


async def forget(context: Context, namespace: str) -> None:
    """Let a namespace be as new."""
    await context.engine.reset(namespace)
    context.inboxes.reset(namespace)
    await context.providers.log.reset(namespace)


async def read_clock(request: ApiRequest) -> Response:
    """What time it is."""
    now = json_views.instant(request.context.clock.now())
    return Json({"now": now, "local": local(now).isoformat(" ", "seconds"), "time_scale": request.context.time_scale})


async def advance_clock(request: ApiRequest) -> Response:
    """Everything that waits, nearer."""
    ahead_s = seconds(request.content["by"]) / request.context.time_scale
    moved = await request.context.engine.advance(request.namespace, ahead_s)
    await request.context.providers.log.advance(request.namespace, ahead_s, request.context.clock.now())
    return Json({"moved": moved})


async def stream_events(request: ApiRequest) -> Response:
    """What happens, as it happens."""
    frames = request.context.feeds.read(request.namespace, request.headers.get("last-event-id", ""))
    return StreamingResponse(frames, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
