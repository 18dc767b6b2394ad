"""Calls over the control API: wishes become calls, calls become deliveries."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from mock_alohub.clock import local
from mock_alohub.errors import BadOption
from mock_alohub.server.ask import Ask, Json
from mock_alohub.server.control import shown
from mock_alohub.server.problem import Problem

_MOST_SEEDS: Final = 2**31


async def place_calls(ask: Ask) -> Response:
    """Calls as they are wished for, placed."""
    # Imported here: drawing calls takes tables and names that the start of the server need not wait for.
    from mock_alohub.server.wishes import place, wished

    wishes = ask.content
    seed = wishes.get("seed", secrets.randbelow(_MOST_SEEDS))
    now = local(shown.instant(ask.station.clock.now()))
    try:
        calls = list(wished(wishes, seed, now))
    except BadOption as conflict:
        # Each wish for itself is as the description wants it, so what is left is that they contradict each other.
        raise Problem(HTTPStatus.CONFLICT, conflict.message, hint=conflict.hint) from None
    placed = await place(ask.station.switchboard, ask.namespace, wishes, calls, seed)
    total = sum(len(one.deliveries) for one in placed)
    answer: dict[str, Any] = {
        "calls": [
            {
                "call_id": call.id,
                "outcome": call.outcome.value,
                "direction": call.direction.value,
                "deliveries": deliveries,
            }
            for call, deliveries in placed
        ],
        "deliveries": total,
        "seed": seed,
    }
    if not total:
        answer["hint"] = "no enabled endpoint wants them: register one with POST /api/v1/endpoints"
    return Json(answer, HTTPStatus.CREATED)
