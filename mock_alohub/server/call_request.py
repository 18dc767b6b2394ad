"""What is wished of calls, as calls: facts that are given, the others drawn to suit them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from mock_alohub import faults
from mock_alohub.calls.call import Agent, Call, Direction, Outcome, Party
from mock_alohub.calls.simulator import DRAWN, Simulator
from mock_alohub.server.control.json_views import moment
from mock_alohub.server.switchboard import Placed, Switchboard
from mock_alohub.specification.specification import DEFAULT
from mock_alohub.vietnam_time import local

NOW: Final = "now"
USUAL: Final = ("alohub.call-ended",)
"""What is sent about a call when nobody asks for anything else: only calls of a campaign are told of otherwise."""


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


async def place(
    switchboard: Switchboard,
    namespace: str,
    wishes: Mapping[str, Any],
    calls: Sequence[Call],
    seed: int,
    *,
    webhooks: Collection[str] | None = None,
    as_told: bool = False,
) -> list[Placed]:
    """Place `calls` as it is wished that they are told of; see `Switchboard.place`.

    Where no webhooks are wished for it is `webhooks` that tell of them, or (None) those that each endpoint names; one
    that names none gets the usual one.
    """
    return await switchboard.place(
        namespace,
        calls,
        webhooks=wishes.get("webhooks", webhooks),
        usual=DEFAULT if "webhooks" in wishes else USUAL,
        changes=wishes.get("set"),
        faults=[faults.named(name) for name in wishes.get("faults", ())],
        faulty_tries=wishes.get("faulty_tries"),
        seed=seed,
        as_told=as_told,
    )


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
