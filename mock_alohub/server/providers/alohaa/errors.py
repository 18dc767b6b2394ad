"""The failures Alohaa's REST API tells of: numbers, reasons, and the HTTP status each comes with.

Numbers and reasons are those of Alohaa's documents ("Click to call API", "Initiate call, voice API", "Get outgoing call
logs API"). With which HTTP status a failure comes is not published: the one that means the same is taken. A client does
well to look at `success`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus
from typing import Any, Final


class Code(IntEnum):
    """Every `code` of an error that is answered here."""

    INTERNAL = 1000
    INVALID_API_KEY = 1002
    INVALID_SCHEMA = 1009
    NO_ORGANISATION = 1022
    NO_DIDS = 1032
    NO_VOICE_API = 1033
    TEXT_TO_SPEECH = 1034
    NO_AUDIO_URL = 1035
    NO_TEXT = 1036
    CRM_NOT_INTEGRATED = 1041
    ORGANISATION_NOT_LINKED = 1042
    OUTGOING_NOT_ALLOWED = 1043
    RATE_LIMITED = 1046


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason in Alohaa's words, the HTTP status it comes with, and the document that has the number."""

    reason: str
    status: HTTPStatus
    document: str


_CLICK: Final = "Click to call API"
_VOICE: Final = "Voice API"

FAILURES: Final[Mapping[Code, Failure]] = {
    Code.INTERNAL: Failure("Internal Server Error. Something went wrong!", HTTPStatus.INTERNAL_SERVER_ERROR, _VOICE),
    Code.INVALID_API_KEY: Failure("Invalid API key ID", HTTPStatus.UNAUTHORIZED, _VOICE),
    Code.INVALID_SCHEMA: Failure("Invalid schema or Missing Data sent", HTTPStatus.BAD_REQUEST, _VOICE),
    Code.NO_ORGANISATION: Failure(
        "Organisation does not exist", HTTPStatus.NOT_FOUND, "Get outgoing call logs API, Voice API"
    ),
    Code.NO_DIDS: Failure("No associated DIDs found", HTTPStatus.NOT_FOUND, _VOICE),
    Code.NO_VOICE_API: Failure("Voice API not found", HTTPStatus.NOT_FOUND, _VOICE),
    Code.TEXT_TO_SPEECH: Failure("Error in converting text to speech", HTTPStatus.INTERNAL_SERVER_ERROR, _VOICE),
    Code.NO_AUDIO_URL: Failure("audioUrl is required for mediaType AUDIO", HTTPStatus.BAD_REQUEST, _VOICE),
    Code.NO_TEXT: Failure("text is required for mediaType TEXT", HTTPStatus.BAD_REQUEST, _VOICE),
    Code.CRM_NOT_INTEGRATED: Failure("CRM is not integrated", HTTPStatus.FORBIDDEN, _CLICK),
    Code.ORGANISATION_NOT_LINKED: Failure("Organisation is not linked with CRM", HTTPStatus.FORBIDDEN, _CLICK),
    Code.OUTGOING_NOT_ALLOWED: Failure(
        "Outgoing calls are not allowed for this organisation", HTTPStatus.FORBIDDEN, _CLICK
    ),
    Code.RATE_LIMITED: Failure("Rate limit exceeded. Please try again later.", HTTPStatus.TOO_MANY_REQUESTS, _CLICK),
}
"""Every failure by its number."""


class Refused(Exception):
    """A request that is answered with a failure. `detail` says more than its reason."""

    def __init__(self, code: Code, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code.value}: {detail or FAILURES[code].reason}")
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


def succeeded(**response: Any) -> dict[str, Any]:
    """The envelope of what went well (Alohaa, Click to call API, success response)."""
    return {"success": True, "response": response}


def failed(refused: Refused) -> dict[str, Any]:
    """The envelope of a failure (Alohaa, Click to call API, failure response)."""
    reason = FAILURES[refused.code].reason
    reason = f"{reason}: {refused.detail}" if refused.detail else reason
    return {"success": False, "error": {"code": refused.code.value, "reason": reason}}
