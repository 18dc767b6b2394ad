"""Calls over the control API: wishes become calls, calls become deliveries."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from mock_alohub import faults
from mock_alohub.call import Agent, Call, Direction, Outcome, Party
from mock_alohub.clock import local
from mock_alohub.errors import BadOption
from mock_alohub.server.ask import Ask, Json
from mock_alohub.server.control import shown
from mock_alohub.server.control.deliveries import moment
from mock_alohub.server.problem import Problem
from mock_alohub.simulator import DRAWN, Simulator

NOW: Final = "now"
USUAL: Final = ("alohub.call-ended",)
"""What is sent about a call when nothing else is asked for: only calls of a campaign are told of otherwise."""
_MOST_SEEDS: Final = 2**31


async def place_calls(ask: Ask) -> Response:
    """Calls as they are wished for, placed."""
    wishes = ask.content
    seed = wishes.get("seed", secrets.randbelow(_MOST_SEEDS))
    now = local(shown.instant(ask.station.clock.now()))
    try:
        calls = list(wished(wishes, seed, now))
    except BadOption as conflict:
        # Each wish for itself is as the description wants it, so what is left is that they contradict each other.
        raise Problem(HTTPStatus.CONFLICT, conflict.message, hint=conflict.hint) from None
    placed = await ask.station.switchboard.place(
        ask.namespace,
        calls,
        webhooks=wishes.get("webhooks", USUAL),
        changes=wishes.get("set"),
        faults=[faults.named(name) for name in wishes.get("faults", ())],
        faulty_tries=wishes.get("faulty_tries"),
        seed=seed,
    )
    total = sum(len(one.deliveries) for one in placed)
    answer = {
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


def wished(wishes: Mapping[str, Any], seed: int, now: datetime) -> Iterator[Call]:
    """The calls that are wished for. Without `at` they end `now` (local time of Vietnam).

    Raises `BadOption` for wishes that cannot be true together.
    """
    start = None
    if "at" in wishes:
        start = now if wishes["at"] == NOW else local(moment(wishes["at"]))
    simulator = Simulator(seed, start=start or now)
    facts = _facts(wishes)
    for _ in range(wishes.get("count", 1)):
        call = simulator.call(at=start or now, **facts)
        yield call if start is not None else ended_at(call, now)


def ended_at(call: Call, moment: datetime) -> Call:
    """`call`, moved so that it ends at `moment`; its id follows its start."""
    shift = moment.replace(microsecond=0) - call.ended_at
    started_at = call.started_at + shift
    call_id = f"{started_at:%Y%m%d%H%M%S}{call.id[14:]}"
    return call._replace(
        id=call_id,
        started_at=started_at,
        answered_at=None if call.answered_at is None else call.answered_at + shift,
        ended_at=call.ended_at + shift,
        recording=f"{call_id}.mp3" if call.recording else "",
    )


def _facts(wishes: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        name: wishes[name]
        for name in ("customer_number", "hotline", "transaction_id", "ring_s", "talk_s", "held_s")
        if name in wishes
    }
    for name, kind in (("outcome", Outcome), ("direction", Direction), ("ended_by", Party)):
        if name in wishes:
            facts[name] = kind(wishes[name])
    agent = wishes.get("agent", DRAWN)
    facts["agent"] = (
        Agent(agent["extension"], agent["account"], agent.get("name", agent["account"]))
        if isinstance(agent, Mapping)
        else agent
    )
    return facts
