"""Looking up calls over Alohub's REST API: what is asked for, and how a call is written down there.

A call is found once it has ended. What the documents do not show of the answers is written as the webhooks write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mock_alohub.calls.call import Call, Direction, Moment, Outcome
from mock_alohub.delivery.call_log import Search
from mock_alohub.providers.provider import Provider
from mock_alohub.server.providers.alohub.errors import Code, Refused
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook, statuses
from mock_alohub.vietnam_time import local

SOURCE: Final = "ipcc"
PAGE_LIMIT: Final = 50
_ENDED: Final = "hangup"
"""A status that a public consumer filters by and no document explains; taken to mean every call that has ended."""
_DIRECTIONS: Final = {0: Direction.INBOUND, 1: Direction.OUTBOUND}

Body = Mapping[str, Any]


def searched(body: Body, webhooks: Specification, namespace: str, now: float) -> Search:
    """What a body of searchCallV1 or searchCallV2 asks for. A filter that is "" asks for nothing.

    Raises `Refused` for a time that is none.
    """
    direction, known = _direction(_text(body, "direction"), body.get("callType"))
    status = _text(body, "call_status")
    outcomes = _outcomes(status, webhooks) if status is not None else None
    extension = _text(body, "ipPhone")
    return Search(
        namespace,
        now,
        since=_time(body, "starttime"),
        until=_time(body, "endtime"),
        direction=direction,
        outcomes=outcomes if known else (),
        extensions=None if extension is None else (extension,),
        accounts=tuple(body.get("agent", ())) or None,
        call_id=_text(body, "call_id"),
        customer=_text(body, "customer_number"),
        transaction_id=_text(body, "transactionId"),
    )


def reported(body: Body, namespace: str, now: float) -> Search:
    """What a body of the call-log reports asks for.

    `callEndtime` is read in that spelling alone; another one is ignored without a word (Alohub, Call report). Raises
    `Refused` for a time that is none.
    """
    direction, known = _direction(None, body.get("callType"))
    return Search(
        namespace,
        now,
        since=_time(body, "callStartTime"),
        until=_time(body, "callEndtime"),
        direction=direction,
        outcomes=None if known else (),
        customer=_text(body, "phoneNumber"),
    )


def page(body: Body, *, limit: int = PAGE_LIMIT) -> tuple[int, int]:
    """Offset and limit of the page that `body` asks for, counted from 1. Page 0 is taken for the first one."""
    limit = int(body.get("limit", limit))
    return (max(1, int(body.get("page", 1))) - 1) * limit, limit


def item_v2(call: Call, provider: Provider, webhook: Webhook) -> dict[str, Any]:
    """A call as searchCallV2 has it: as the webhook tells of it, with its source and the direction in capitals."""
    told = provider.render(webhook, call, Moment.ENDED)
    return {"call_id": told["call_id"], "source": SOURCE, **told, "direction": told["direction"].upper()}


def item_v1(call: Call, provider: Provider, webhook: Webhook) -> dict[str, Any]:
    """A call as searchCallV1 has it: with the agent's extension as `called` and the file of the recording."""
    item = item_v2(call, provider, webhook)
    return {**item, "called": item["destination_number"], "recording_url": call.recording}


def _text(body: Body, name: str) -> str | None:
    text: str | None = body.get(name)
    return text or None


def _time(body: Body, name: str) -> datetime | None:
    text = _text(body, name)
    if text is None:
        return None
    try:
        return local(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Refused(Code.INVALID_PARAMETER, f"`{name}` is no time such as 2024-01-13T15:00:30+07:00") from None


def _direction(word: str | None, call_type: int | str | None) -> tuple[Direction | None, bool]:
    """The direction that is asked for, None for both, and whether there is such a one."""
    if word is not None:
        found = next((one for one in Direction if one == word.lower()), None)
        return found, found is not None
    if call_type is None or call_type == "":
        return None, True
    found = _DIRECTIONS.get(int(call_type))
    return found, found is not None


def _outcomes(status: str, webhooks: Specification) -> tuple[Outcome, ...]:
    """The outcomes that `status` stands for in any webhook, in any spelling known; none for an unknown word."""
    if status == _ENDED:
        return tuple(Outcome)
    return tuple(
        {
            Outcome(one.outcome): None
            for webhook in webhooks.webhooks.values()
            for one in statuses(webhook)
            if status in {one.literal, *one.aliases}
        }
    )
