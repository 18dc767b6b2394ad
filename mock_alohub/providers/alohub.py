"""How Alohub writes a call down: seventeen fields, the same for both webhooks.

Facts: Alohub, "Call event webhook" and "Automatic call webhook". Unset values are empty strings, durations are strings
of digits, times are local without a zone. What a field holds for a call that nobody answered is not published; it is
written as the automatic-call webhook writes what is not yet known: "".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Final
from urllib.parse import quote

import orjson

from mock_alohub.calls.call import Call, Moment
from mock_alohub.messages.message import Payload
from mock_alohub.providers.provider import Provider
from mock_alohub.specification.webhook import Webhook, spellings

RECORDINGS: Final = "https://recordings.alohub.example:1777"
"""Where recordings are served by default; `.example` is reserved, so nobody is called by mistake."""

_ENDED: Final = Moment.ENDED  # looked up once: Python 3.11 takes longer for a member of an enum than for a division
_PLAIN: Final = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Wording:
    """What the schema of a webhook says about values: how outcomes are spelled, what two fields hold by default."""

    statuses: dict[str, str]
    object_id: int
    event_type: str


@cache
def _wording(webhook: Webhook) -> _Wording:
    fields = webhook.schema["properties"]
    return _Wording(dict(spellings(webhook)), fields["objectId"]["default"], fields["eventType"]["default"])


def provider(recordings: str = RECORDINGS) -> Provider:
    """Alohub, with its recordings served at the origin `recordings` (scheme, host and port)."""
    return Provider("alohub", partial(_render, recordings))


def _render(recordings: str, webhook: Webhook, call: Call, moment: Moment) -> Payload:
    """The payload of `webhook` for `call` at `moment`: a call still running has no end, durations or recording."""
    ended = moment is _ENDED
    agent = call.agent
    wording = _wording(webhook)
    started_at, answered_at, ended_at = _texts(call.started_at, call.answered_at or call.ended_at, call.ended_at)
    return {
        "call_id": call.id,
        "call_status": wording.statuses[call.outcome],
        "direction": str(call.direction),
        # The customer's number and the agent's extension, whoever dialled ("Caller phone number (customer)").
        "caller_number": call.customer_number,
        "destination_number": agent.extension if agent else "",
        "starttime": started_at,
        "answertime": answered_at if call.answered_at else "",
        "endtime": ended_at if ended else "",
        "hangup_by": str(call.ended_by) if ended else "",
        "hotline": call.hotline,
        # Ringing included: the documented sample rings 5 s, talks 295 s and says "300".
        "total_duration": str(call.total_s) if ended else "",
        "holding_duration": str(call.held_s) if ended else "",
        "recording_url": recording_url(call.recording, recordings) if ended else "",
        "objectId": wording.object_id,
        "transactionID": call.transaction_id,
        "userName": agent.account if agent else "",
        "eventType": wording.event_type,
    }


def recording_url(file: str, recordings: str = RECORDINGS) -> str:
    """The address of a recording, "" when there is none. The file name is encoded: it stands inside a query."""
    if not file:
        return ""
    encoded = file if _PLAIN.fullmatch(file) else quote(file, safe="")
    return f"{recordings}/IPCCMedia/MP3Export.do?url={encoded}&source=ipcc"


def _texts(*times: datetime) -> list[str]:
    """The times as `YYYY-MM-DD HH:mm:ss`; orjson writes three in the time `isoformat` takes for one."""
    return orjson.dumps(times).decode().replace("T", " ")[2:-2].split('","')


ALOHUB: Final = provider()
