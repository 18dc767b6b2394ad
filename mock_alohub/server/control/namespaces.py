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


async def list_namespaces(ask: ApiRequest) -> Response:
    """A page of the namespaces that hold anything, by name. `cursor` is the last name of the page before."""
    station, limit = ask.station, ask.given.get("limit", PAGE)
    names = {*station.engine.store.namespaces(), *station.inboxes.namespaces()}
    found = sorted(name for name in names if name > ask.given.get("cursor", ""))
    page = found[:limit]
    return Json({"items": [_glance(station, name) for name in page], "next": page[-1] if found[limit:] else None})


async def get_namespace(ask: ApiRequest) -> Response:
    """The namespace at a glance."""
    return Json(_glance(ask.station, ask.namespace))


def _glance(station: Context, name: str) -> json_views.Shown:
    engine = station.engine
    return {
        "name": name,
        "endpoints": len(engine.store.endpoints(name)),
        "deliveries": {state.value: number for state, number in engine.counts(name).items()},
    }


async def reset_namespace(ask: ApiRequest) -> Response:
    """The namespace as new."""
    for run in await ask.station.runs.forget(ask.namespace):
        await forget(ask.station, run.namespace)
    await forget(ask.station, ask.namespace)
    return nothing()


async def forget(station: Context, namespace: str) -> None:
    """Let a namespace be as new."""
    await station.engine.reset(namespace)
    station.inboxes.reset(namespace)
    await station.desk.log.reset(namespace)


async def read_clock(ask: ApiRequest) -> Response:
    """What time it is."""
    now = json_views.instant(ask.station.clock.now())
    return Json({"now": now, "local": local(now).isoformat(" ", "seconds"), "time_scale": ask.station.time_scale})


async def advance_clock(ask: ApiRequest) -> Response:
    """Everything that waits, nearer."""
    ahead_s = seconds(ask.content["by"]) / ask.station.time_scale
    moved = await ask.station.engine.advance(ask.namespace, ahead_s)
    await ask.station.desk.log.advance(ask.namespace, ahead_s, ask.station.clock.now())
    return Json({"moved": moved})


async def stream_events(ask: ApiRequest) -> Response:
    """What happens, as it happens."""
    frames = ask.station.feeds.read(ask.namespace, ask.headers.get("last-event-id", ""))
    return StreamingResponse(frames, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
