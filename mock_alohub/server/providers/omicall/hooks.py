"""Webhooks that are registered over OMICall's API: one URL for reports, one for the states of running calls.

A registered webhook is an endpoint of the outbox that wants one webhook; its type stands in the endpoint's memo, so it
survives a restart with it. Facts: OMICall, "Webhooks" (list, register, destroy). The type `call_event` and its `events`
are what its public documentation of today has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from mock_alohub.calls.call import Moment
from mock_alohub.delivery.destination import Destination, Registration, Shape
from mock_alohub.delivery.engine import Engine
from mock_alohub.errors import Mistake
from mock_alohub.messages.endpoint import Endpoint, parse_url
from mock_alohub.providers.omicall import OMICALL
from mock_alohub.server.providers.omicall.errors import Code, Refused

PROVIDER: Final = OMICALL.name
WEBHOOKS: Final[Mapping[str, str]] = {"call": "omicall.cdr", "call_event": "omicall.live"}
"""The types that can be registered, and what is sent to them."""
EVENTS: Final[Mapping[str, Moment]] = {
    "ringing": Moment.RINGING,
    "answered": Moment.ANSWERED,
    "hangup": Moment.ENDED,
}


def hooks(engine: Engine, namespace: str) -> Iterator[Destination]:
    """The webhooks that are registered in `namespace`, the oldest first."""
    for destination in engine.store.destinations():
        registration = destination.registration
        if registration.namespace == namespace and dict(registration.shape.memo).get("provider") == PROVIDER:
            yield destination


def shown(hook: Destination) -> dict[str, Any]:
    """A webhook as the API lists it. What in its URL looks secret is masked."""
    kind = _kind(hook)
    listed = {"url": hook.registration.endpoint.url.shown(), "type": kind, "status": "actived"}
    return listed if kind == "call" else {**listed, "events": _events(hook)}


async def register(engine: Engine, namespace: str, wanted: Mapping[str, Any]) -> None:
    """Register a webhook; it takes the place of the one of its type. Raises `Refused` for a URL that is none."""
    kind = wanted["type"]
    events: Collection[str] = wanted.get("events") or EVENTS
    try:
        endpoint = Endpoint(parse_url(wanted["url"]))
    except Mistake:
        raise Refused(Code.DATA_INVALID) from None
    moments = tuple(moment for event, moment in EVENTS.items() if event in events) if kind == "call_event" else ()
    shape = Shape(moments=moments, memo=(("provider", PROVIDER), ("type", kind)))
    registration = Registration(endpoint, namespace, (WEBHOOKS[kind],), shape=shape)
    known = next((one for one in hooks(engine, namespace) if _kind(one) == kind), None)
    if known is None:
        await engine.register(registration)
    else:
        await engine.change(Destination(known.id, registration))


async def destroy(engine: Engine, namespace: str, kind: str) -> None:
    """Forget the webhook of a type, if there is one; what waits for it is canceled."""
    for hook in list(hooks(engine, namespace)):
        if _kind(hook) == kind:
            await engine.remove(namespace, hook.id)


def _kind(hook: Destination) -> str:
    return dict(hook.registration.shape.memo)["type"]


def _events(hook: Destination) -> list[str]:
    return [event for event, moment in EVENTS.items() if moment in hook.registration.shape.moments]
