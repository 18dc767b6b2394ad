"""Calls that are placed over Alohaa's REST API: how each goes, and where its webhook is sent.

The number dialled decides how a call goes, as it does for every provider here (`call_life`): the last seven digits of
some lead to a busy line or to no answer, and 000 with the four digits of an error's number to that error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from mock_alohub.calls.call import Agent, Call
from mock_alohub.calls.call_details import with_life
from mock_alohub.delivery.destination import Registration, Shape
from mock_alohub.errors import Mistake
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.server.providers.alohaa.errors import Code, Refused
from mock_alohub.server.providers.dialled_call import FATES, ORDINARY, Life, Refusal, agent_at, lived
from mock_alohub.server.request import ApiRequest
from mock_alohub.vietnam_time import local

DIDS: Final = ("918069730042", "918069730043", "918069730044")
"""The numbers of the organisation, from which `did_shuffle` takes one."""

_FAILING: Final = re.compile(r"[0-9]*000([0-9]{4})")


def refuse_as_dialled(number: str, codes: frozenset[Code]) -> None:
    """Raise `Refused` where `number` ends with 000 and one of `codes`."""
    failing = _FAILING.fullmatch(number)
    if failing is not None and int(failing[1]) in codes:
        raise Refused(Code(int(failing[1])))


def fate_of(number: str) -> Life:
    """How a call to `number` goes: by its last seven digits, ordinary when they are in no table."""
    fate = FATES.get(number[-7:], ORDINARY)
    return ORDINARY if isinstance(fate, Refusal) else fate


def agent_call(request: ApiRequest, number: str, agent_number: str, did: str) -> Call:
    """The call that begins now: the agent's telephone rings, then the customer's at `number`.

    It is made from the organisation's number `did`, "" for any of them.
    """
    fate, at = fate_of(number), _now(request)
    call_id = request.context.providers.new_id(at)
    own = did or DIDS[int(call_id) % len(DIDS)]
    call = lived(call_id, number, fate, at=at, agent=agent_at(agent_number), hotline=own)
    ring_s = min(fate.agent_rings_s, call.ring_s)
    return with_life(call, automatic=False, local=False, agent_ring_s=ring_s, customer_ring_s=call.ring_s - ring_s)


def campaign_call(request: ApiRequest, number: str) -> Call:
    """The call of a campaign that begins now: nobody but the customer at `number` is there."""
    at = _now(request)
    nobody = Agent("", "", "")
    call = lived(
        request.context.providers.new_id(at),
        number,
        fate_of(number),
        at=at,
        agent=nobody,
        hotline=DIDS[0],
        automatic=True,
    )
    return with_life(call._replace(agent=None), automatic=True, local=False)


async def endpoint_of(request: ApiRequest, details: Mapping[str, Any]) -> int:
    """The endpoint that `webhook_details` describe, by its number: a known one, or one that is registered for it.

    It stands aside: nothing but calls that name it are told of there. Raises `Refused` for one that there cannot be.
    """
    registration = _registration(request.namespace, details)
    store = request.context.engine.store
    known = next((one.id for one in store.destinations() if one.registration == registration), None)
    return known if known is not None else (await request.context.engine.register(registration)).id


def _registration(namespace: str, details: Mapping[str, Any]) -> Registration:
    value = details.get("api_value")
    try:
        endpoint = Endpoint(parse_url(details["url"]), None if value is None else Key(value))
    except Mistake as mistake:
        raise Refused(Code.INVALID_SCHEMA, mistake.message) from None
    shape = Shape(key_header=details.get("api_key", ""), aside=True)
    return Registration(endpoint, namespace, ("alohaa.outgoing-call",), details["request_type"].upper(), shape=shape)


def _now(request: ApiRequest) -> datetime:
    return local(datetime.fromtimestamp(request.context.clock.now(), UTC)).replace(microsecond=0)
