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


async def list_deliveries(request: ApiRequest) -> Response:
    """A page of deliveries."""
    values = request.given
    page = request.context.engine.deliveries(
        _wanted(request), limit=values.get("limit", PAGE), cursor=values.get("cursor", "")
    )
    known = request.context.specification.webhooks
    return Json({"items": [json_views.delivery(view, known) for view in page.items], "next": page.after or None})


async def get_delivery(request: ApiRequest) -> Response:
    """One delivery in full."""
    view, message, attempts = request.context.engine.in_full(request.namespace, request.given["delivery"])
    told = {"message": json_views.message(message), "attempts": [json_views.attempt(one) for one in attempts]}
    return Json(json_views.delivery(view, request.context.specification.webhooks) | told)


async def resend_delivery(request: ApiRequest) -> Response:
    """A delivery that starts again."""
    await request.context.engine.resend(request.namespace, request.given["delivery"])
    return _standing(request)


async def cancel_delivery(request: ApiRequest) -> Response:
    """A delivery that is called off."""
    await request.context.engine.cancel(request.namespace, request.given["delivery"])
    return _standing(request)


async def wait_for_deliveries(request: ApiRequest) -> Response:
    """The deliveries as soon as there are enough of them. Raises `Problem` (408) when there are not in time."""
    engine, wanted, count = request.context.engine, _wanted(request), request.given.get("count", 1)
    timeout_s = seconds(request.given.get("timeout", WAIT))
    matched = await engine.until(wanted, count, timeout_s)
    if matched < count:
        states = engine.counts(request.namespace)
        told = ", ".join(f"{number} {state}" for state, number in states.items() if number) or "none at all"
        raise Problem(
            HTTPStatus.REQUEST_TIMEOUT,
            f"{matched} of {count} deliveries after {json_views.duration(timeout_s)}; in this namespace: {told}",
            hint="GET /api/v1/deliveries shows what came of each",
            members={"matched": matched, "states": {state.value: number for state, number in states.items()}},
        )
    page = engine.deliveries(wanted, limit=min(count, PAGE))
    known = request.context.specification.webhooks
    return Json({"matched": matched, "items": [json_views.delivery(view, known) for view in page.items]})


def _standing(request: ApiRequest) -> Response:
    view = request.context.engine.delivery(request.namespace, request.given["delivery"])
    return Json(json_views.delivery(view, request.context.specification.webhooks))


def _wanted(request: ApiRequest) -> Wanted:
    values = request.given
    return Wanted(
        namespace=request.namespace,
        endpoint=values.get("endpoint"),
        webhook=values.get("webhook"),
        call_id=values.get("call_id"),
        state=StateName(values["state"]) if "state" in values else None,
        since=json_views.moment(values["since"]).timestamp() if "since" in values else None,
    )
