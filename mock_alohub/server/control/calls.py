"""Calls over the control API: wishes become calls, calls become deliveries."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from mock_alohub.errors import BadOption
from mock_alohub.server.control import json_views
from mock_alohub.server.problem import Problem
from mock_alohub.server.request import ApiRequest, Json
from mock_alohub.server.switchboard import speaks_of_calls
from mock_alohub.vietnam_time import local

_MOST_SEEDS: Final = 2**31


async def place_calls(request: ApiRequest) -> Response:
    """Calls as they are wished for, placed."""
    # Imported here: drawing calls takes tables and names that the start of the server need not wait for.
    from mock_alohub.server.call_request import place, wished

    wishes = request.content
    seed = wishes.get("seed", secrets.randbelow(_MOST_SEEDS))
    now = local(json_views.instant(request.context.clock.now()))
    try:
        calls = list(wished(wishes, seed, now))
    except BadOption as conflict:
        # Each wish for itself is as the description wants it, so what is left is that they contradict each other.
        raise Problem(HTTPStatus.CONFLICT, conflict.message, hint=conflict.hint) from None
    placed = await place(request.context.switchboard, request.namespace, wishes, calls, seed)
    total = sum(len(one.deliveries) for one in placed)
    facts = speaks_of_calls(request.context.specification)
    answer: dict[str, Any] = {"calls": json_views.placed(placed, facts=facts), "deliveries": total, "seed": seed}
    if not total:
        answer["hint"] = _why_nothing(request, wishes.get("webhooks", ()))
    return Json(answer, HTTPStatus.CREATED)


def _why_nothing(request: ApiRequest, named: Sequence[str]) -> str:
    """Why nothing is sent about calls that were placed, `named` the webhooks that were asked for."""
    known = request.context.specification
    placeable = [
        one.registration.webhooks or tuple(known.webhooks)
        for one in request.context.engine.store.destinations()
        if one.registration.namespace == request.namespace
        and one.registration.enabled
        and not one.registration.shape.aside
    ]
    wanted = {name for names in placeable for name in names}
    asked = {name for one in named for name in known.names(one)}
    if not placeable:
        return "no endpoint here is enabled: register one with POST /api/v1/endpoints"
    if asked.isdisjoint(wanted) and asked:
        return f"no enabled endpoint wants {_listed(asked)}; they want {_listed(wanted)}"
    if wanted.isdisjoint(known.webhooks):
        return f"the endpoints want {_listed(wanted)}, which this server does not send"
    return f"{_listed((asked or wanted) & wanted)} says nothing of such calls: ask for another outcome or direction"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
