"""Deliveries over the control API: what was sent, what came back, sending again, waiting for it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.view import Wanted
from mock_alohub.messages.policy import seconds
from mock_alohub.server.control import json_views
from mock_alohub.server.problem import Problem
from mock_alohub.server.request import ApiRequest, Json

PAGE: Final = 50
WAIT: Final = "10s"


async def list_deliveries(ask: ApiRequest) -> Response:
    """A page of deliveries."""
    values = ask.given
    page = ask.station.engine.deliveries(_wanted(ask), limit=values.get("limit", PAGE), cursor=values.get("cursor", ""))
    known = ask.station.specification.webhooks
    return Json({"items": [json_views.delivery(view, known) for view in page.items], "next": page.after or None})


async def get_delivery(ask: ApiRequest) -> Response:
    """One delivery in full."""
    view, message, attempts = ask.station.engine.in_full(ask.namespace, ask.given["delivery"])
    told = {"message": json_views.message(message), "attempts": [json_views.attempt(one) for one in attempts]}
    return Json(json_views.delivery(view, ask.station.specification.webhooks) | told)


async def resend_delivery(ask: ApiRequest) -> Response:
    """A delivery that starts again."""
    await ask.station.engine.resend(ask.namespace, ask.given["delivery"])
    return _standing(ask)


async def cancel_delivery(ask: ApiRequest) -> Response:
    """A delivery that is called off."""
    await ask.station.engine.cancel(ask.namespace, ask.given["delivery"])
    return _standing(ask)


async def wait_for_deliveries(ask: ApiRequest) -> Response:
    """The deliveries as soon as there are enough of them. Raises `Problem` (408) when there are not in time."""
    engine, wanted, count = ask.station.engine, _wanted(ask), ask.given.get("count", 1)
    timeout_s = seconds(ask.given.get("timeout", WAIT))
    matched = await engine.until(wanted, count, timeout_s)
    if matched < count:
        states = engine.counts(ask.namespace)
        told = ", ".join(f"{number} {state}" for state, number in states.items() if number) or "none at all"
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            f"{matched} of {count} deliveries after {json_views.duration(timeout_s)}; in this namespace: {told}",
            hint="GET /api/v1/deliveries shows what came of each",
            members={"matched": matched, "states": {state.value: number for state, number in states.items()}},
        )
    page = engine.deliveries(wanted, limit=min(count, PAGE))
    known = ask.station.specification.webhooks
    return Json({"matched": matched, "items": [json_views.delivery(view, known) for view in page.items]})


def _standing(ask: ApiRequest) -> Response:
    view = ask.station.engine.delivery(ask.namespace, ask.given["delivery"])
    return Json(json_views.delivery(view, ask.station.specification.webhooks))


def _wanted(ask: ApiRequest) -> Wanted:
    values = ask.given
    return Wanted(
        namespace=ask.namespace,
        endpoint=values.get("endpoint"),
        webhook=values.get("webhook"),
        call_id=values.get("call_id"),
        state=StateName(values["state"]) if "state" in values else None,
        since=json_views.moment(values["since"]).timestamp() if "since" in values else None,
    )
