"""How Alohub writes a call down: seventeen fields, the same for both webhooks.

Facts: Alohub, "Call event webhook" and "Automatic call webhook". Unset values are empty strings, durations are strings
of digits, times are local without a zone. What a field holds for a call that nobody answered is not published; it is
written as the automatic-call webhook writes what is not yet known: "".
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import quote

from mock_alohub.call import Call, Moment
from mock_alohub.message import Payload
from mock_alohub.provider import Provider
from mock_alohub.spec import Webhook, spellings

RECORDINGS: Final = "https://recordings.alohub.example:1777"
"""Where recordings are served by default; `.example` is reserved, so nobody is called by mistake."""

_SECOND: Final = timedelta(seconds=1)


def provider(recordings: str = RECORDINGS) -> Provider:
    """Alohub, with its recordings served at the origin `recordings` (scheme, host and port)."""
    return Provider("alohub", partial(render, recordings=recordings))


def render(webhook: Webhook, call: Call, moment: Moment, *, recordings: str = RECORDINGS) -> Payload:
    """The payload of `webhook` for `call` at `moment`: a call still running has no end, durations or recording."""
    ended = moment is Moment.ENDED
    agent, answered_at = call.agent, call.answered_at
    return {
        "call_id": call.id,
        "call_status": spellings(webhook)[call.outcome],
        "direction": str(call.direction),
        # The customer's number and the agent's extension, whoever dialled ("Caller phone number (customer)").
        "caller_number": call.customer_number,
        "destination_number": agent.extension if agent else "",
        "starttime": call.started_at.isoformat(" "),
        "answertime": answered_at.isoformat(" ") if answered_at else "",
        "endtime": call.ended_at.isoformat(" ") if ended else "",
        "hangup_by": str(call.ended_by) if ended else "",
        "hotline": call.hotline,
        # Ringing included: the documented sample rings 5 s, talks 295 s and says "300".
        "total_duration": str((call.ended_at - call.started_at) // _SECOND) if ended else "",
        "holding_duration": str(call.held_s) if ended else "",
        "recording_url": recording_url(call.recording, recordings) if ended else "",
        "objectId": 1,
        "transactionID": call.transaction_id,
        "userName": agent.account if agent else "",
        "eventType": "call",
    }


def recording_url(file: str, recordings: str = RECORDINGS) -> str:
    """The address of a recording, "" when there is none. The file name is encoded: it stands inside a query."""
    return f"{recordings}/IPCCMedia/MP3Export.do?url={quote(file, safe='')}&source=ipcc" if file else ""


ALOHUB: Final = provider()
