"""What a call says when it is asked for more: legs, menu, queue, network. Derived, and only for those who ask.

The same call always has the same life: the only source of chance is a generator seeded with its id, and the call's own
facts (direction, outcome, ringing, agent) are kept to. Calls themselves stay as cheap as they are. The shares are an
estimate of an ordinary call centre; no provider publishes such statistics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from mock_alohub.calls import numbers
from mock_alohub.calls.call import Call, Direction, Ivr, Life, Moment, Outcome, Party, Queue, QueueEnd, Reason

REPORT_AFTER: Final = timedelta(seconds=2)
"""How long after its end all is known of a call."""
MENUS: Final = ("Welcome", "After hours", "Service desk")
QUEUES: Final = ("Sales", "Support", "Billing")

_IDS: Final = UUID("5c0a6f0e-7d0b-4b7e-9a53-6f9a3f3f2b11")
_IVR_PERCENT: Final = 70
_QUEUE_PERCENT: Final = 60
_AUTOMATIC_PERCENT: Final = 20
_LOCAL_PERCENT: Final = 40
_REASONS: Final[Mapping[Outcome, tuple[Reason, ...]]] = {
    Outcome.ANSWERED: (Reason.HUNG_UP,),
    Outcome.NO_ANSWER: (Reason.NO_ANSWER,),
    Outcome.BUSY: (Reason.BUSY,) * 6 + (Reason.DECLINED,) * 3 + (Reason.BLOCKED,),
    Outcome.FAILED: (Reason.WRONG_NUMBER,) * 4
    + (Reason.SWITCHED_OFF,) * 3
    + (Reason.FLIGHT_MODE, Reason.NETWORK, Reason.NETWORK),
    Outcome.CANCELED: (Reason.CANCELED,),
}
"""Why a call of each outcome went as it did, each reason as often as it happens."""
SIP_CODES: Final[Mapping[Reason, int]] = {
    Reason.HUNG_UP: 200,
    Reason.NO_ANSWER: 408,
    Reason.BUSY: 486,
    Reason.DECLINED: 603,
    Reason.BLOCKED: 403,
    Reason.SWITCHED_OFF: 480,
    Reason.FLIGHT_MODE: 480,
    Reason.WRONG_NUMBER: 404,
    Reason.NETWORK: 503,
    Reason.CANCELED: 487,
}
"""The final response that goes with each reason (RFC 3261, section 21); a caller who gives up is 487 as well."""


def life_of(call: Call) -> Life:
    """What else is known of `call`: as it was given with it, else derived."""
    return call.life or _derived(call)


def with_life(
    call: Call,
    *,
    ivr: bool | None = None,
    local: bool | None = None,
    automatic: bool | None = None,
    reason: Reason | None = None,
    **facts: Any,
) -> Call:
    """`call` with some of its life as wished, the rest derived: a menu or none, local, automatic, a reason, any field.

    A menu can only be had by an inbound call; a reason brings its SIP code along.
    """
    life = life_of(call)
    if ivr is False and life.ivr is not None:
        life = replace(life, ivr=None, agent_ring_s=life.agent_ring_s + life.ivr.lasted_s)
    if ivr and life.ivr is None and call.direction is Direction.INBOUND:
        lasted_s = life.agent_ring_s // 2
        life = replace(life, ivr=Ivr(MENUS[0], lasted_s, "1"), agent_ring_s=life.agent_ring_s - lasted_s)
    if local is not None and local is not bool(life.colleague):
        life = replace(life, colleague=_colleague(call) if local else "")
    if automatic is not None:
        life = replace(life, automatic=automatic)
    if reason is not None:
        life = replace(life, reason=reason, sip_code=SIP_CODES[reason])
    return call._replace(life=replace(life, **facts))


def uuid_of(call: Call, purpose: str = "") -> UUID:
    """A UUID that is this call's alone; another one for each purpose (a leg, a recording)."""
    return uuid_of_id(f"{call.id} {purpose}" if purpose else call.id)


def uuid_of_id(call_id: str) -> UUID:
    """The UUID of the call that has this id."""
    return uuid5(_IDS, call_id)


def possible(moment: Moment, outcome: Outcome, direction: Direction) -> bool:
    """Whether a call with that outcome and direction can have that moment."""
    match moment:
        case Moment.ANSWERED:
            return outcome is Outcome.ANSWERED
        case Moment.RINGING:
            return outcome is not Outcome.FAILED
        case Moment.IVR_STARTED | Moment.IVR_ENDED:
            return direction is Direction.INBOUND
        case Moment.DIALLED_AGENT:
            return direction is Direction.INBOUND and outcome in {Outcome.ANSWERED, Outcome.NO_ANSWER}
        case _:
            return True


def happens(call: Call, moment: Moment) -> bool:
    """Whether `call` has that moment: no answer when nobody answered, no menu for an outbound call."""
    if not possible(moment, call.outcome, call.direction):
        return False
    match moment:
        case Moment.IVR_STARTED | Moment.IVR_ENDED:
            return life_of(call).ivr is not None
        case Moment.DIALLED_AGENT:
            return call.agent is not None
        case _:
            return True


def moment_at(call: Call, moment: Moment) -> datetime:
    """When `moment` of `call` is, local to Vietnam. The moments of a call follow each other as `Moment` lists them."""
    match moment:
        case Moment.ANSWERED:
            return call.answered_at or call.ended_at
        case Moment.ENDED:
            return call.ended_at
        case Moment.REPORTED:
            return call.ended_at + REPORT_AFTER
        case Moment.IVR_STARTED:
            return call.started_at
    life = life_of(call)
    at_s = life.ivr.lasted_s if life.ivr else 0
    if moment is Moment.DIALLED_AGENT and life.queue is not None:
        at_s += life.queue.waited_s
    return call.started_at + timedelta(seconds=at_s)


@lru_cache(256)
def _derived(call: Call) -> Life:
    draw = Random(call.id).random

    def chance(percent: int) -> bool:
        return draw() * 100 < percent

    inbound = call.direction is Direction.INBOUND
    has_ivr, has_queue, share, keys = chance(_IVR_PERCENT), chance(_QUEUE_PERCENT), draw(), str(int(draw() * 9) + 1)
    name = int(draw() * len(MENUS))
    reasons = _REASONS[call.outcome]
    reason = reasons[int(draw() * len(reasons))]
    automatic, local = chance(_AUTOMATIC_PERCENT), chance(_LOCAL_PERCENT)
    ring_s = call.ring_s
    ivr = queue = None
    agent_ring_s, customer_ring_s = ring_s, 0
    if inbound:
        if has_ivr:
            ivr = Ivr(MENUS[name], int(ring_s * share / 2), keys)
            agent_ring_s -= ivr.lasted_s
        if has_queue:
            waited_s = agent_ring_s // 2 if call.agent else agent_ring_s
            queue = Queue(QUEUES[name], waited_s, _queue_end(call))
            agent_ring_s -= waited_s
    elif call.outcome is not Outcome.CANCELED:
        # The agent's telephone rings first, the customer is dialled when it is picked up.
        agent_ring_s = min(int(ring_s * share / 2), 10)
        customer_ring_s = ring_s - agent_ring_s
    return Life(
        agent_ring_s=agent_ring_s,
        customer_ring_s=customer_ring_s,
        ivr=ivr,
        queue=queue,
        dialled=call.hotline or f"0287300{(call.agent.extension if call.agent else '0'):0>4}",
        sip_code=487 if reason is Reason.NO_ANSWER and call.ended_by is Party.CUSTOMER else SIP_CODES[reason],
        carrier=numbers.carrier(call.customer_number),
        reason=reason,
        side=_side(call),
        colleague=_colleague(call) if local and _may_be_local(call) else "",
        automatic=automatic and not inbound,
    )


def _queue_end(call: Call) -> QueueEnd:
    if call.outcome is Outcome.ANSWERED:
        return QueueEnd.ANSWERED
    return QueueEnd.ABANDONED if call.ended_by is Party.CUSTOMER else QueueEnd.TIMEOUT


def _side(call: Call) -> Party:
    """Who hung up; of a call nobody answered, the side that was called, or that gave up."""
    if call.outcome is Outcome.ANSWERED or call.ended_by is not Party.SYSTEM:
        return call.ended_by if call.ended_by is not Party.SYSTEM else Party.CUSTOMER
    return Party.AGENT if call.direction is Direction.INBOUND else Party.CUSTOMER


def _may_be_local(call: Call) -> bool:
    """Whether nothing but its other end speaks against a colleague: no hotline, nothing the partner placed."""
    outbound = call.direction is Direction.OUTBOUND and call.agent is not None
    return outbound and not call.hotline and not call.transaction_id


def _colleague(call: Call) -> str:
    """An extension other than the agent's."""
    own = call.agent.extension if call.agent else "100"
    return str(int(own) + 1) if own.isdigit() else "101"
