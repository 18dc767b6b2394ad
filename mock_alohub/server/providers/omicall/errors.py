"""The failures OMICall's REST API tells of: their codes, and the HTTP status each comes with.

Codes and envelope are those of OMICall's documents ("Overview", "Click to call", "Call history"); those that none of
them has are marked. The documents show `status_code` -9999 and no HTTP status: what is not of the described form comes
with 400 here, a key that is missing or unknown with 401, a call that is not known with 404, all else with 200. A client
does well to look at `status_code`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

SUCCEEDED: Final = 9999
FAILED: Final = -9999
INSTANCE: Final = "mock"


class Code(StrEnum):
    """Every `message` of a failure that is answered here."""

    API_KEY_REQUIRED = "api_key_is_required"
    API_KEY_INVALID = "api_key_invalid"
    BODY_REQUIRED = "request_body_required"
    DATA_REQUIRED = "data_is_required"
    TENANT_INVALID = "tenant_invalid"
    USER_NOT_REGISTERED = "user_not_registered"
    NUMBER_CALL_OUT_INVALID = "number_call_out_invalid"
    EXTENSION_INVALID = "extension_invalid"
    USER_BUSY = "user_busy"
    DO_NOT_CALL = "do_not_call"
    LIMIT_30_MINUTES = "limit_request_30_minute"
    FROM_DATE_REQUIRED = "from_date_is_required"
    TO_DATE_REQUIRED = "to_date_is_required"
    DATE_INVALID = "date_invalid"
    DATE_TOO_LONG = "date_is_too_long"
    PHONE_NUMBER_INVALID = "phone_number_invalid"
    DATA_INVALID = "data_invalid"
    TRANSACTION_NOT_FOUND = "transaction_not_found"
    INTERNAL = "internal_error"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a code means, the HTTP status it comes with, and the document that has it; "" for one that is made up."""

    means: str
    status: HTTPStatus
    document: str


_OVERVIEW: Final = "Overview"
_CLICK: Final = "Click to call"
_HISTORY: Final = "Call history"
_OK: Final = HTTPStatus.OK
_BAD: Final = HTTPStatus.BAD_REQUEST
_STRANGER: Final = HTTPStatus.UNAUTHORIZED

FAILURES: Final[Mapping[Code, Failure]] = {
    Code.API_KEY_REQUIRED: Failure("no key was given", _STRANGER, _OVERVIEW),
    Code.API_KEY_INVALID: Failure("the key is not known, or its token has run out", _STRANGER, _OVERVIEW),
    Code.BODY_REQUIRED: Failure("there is no body, or none in JSON", _BAD, _OVERVIEW),
    Code.DATA_REQUIRED: Failure("a member is missing", _BAD, _CLICK),
    Code.TENANT_INVALID: Failure("the organisation is not known", _OK, _CLICK),
    Code.USER_NOT_REGISTERED: Failure("the extension is not connected to the switchboard", _OK, _CLICK),
    Code.NUMBER_CALL_OUT_INVALID: Failure("the hotline is none, or not the organisation's", _BAD, _CLICK),
    Code.EXTENSION_INVALID: Failure("the extension is none", _BAD, _CLICK),
    Code.USER_BUSY: Failure("the extension is on another call", _OK, _CLICK),
    Code.DO_NOT_CALL: Failure("the customer does not want to be called", _OK, _CLICK),
    Code.LIMIT_30_MINUTES: Failure("two requests are to be 30 minutes apart", _OK, _HISTORY),
    Code.FROM_DATE_REQUIRED: Failure("`from_date` is missing", _BAD, _HISTORY),
    Code.TO_DATE_REQUIRED: Failure("`to_date` is missing", _BAD, _HISTORY),
    Code.DATE_INVALID: Failure("`from_date` or `to_date` is no time, or they are the wrong way round", _OK, _HISTORY),
    Code.DATE_TOO_LONG: Failure("there are more than three days between `from_date` and `to_date`", _OK, _HISTORY),
    Code.PHONE_NUMBER_INVALID: Failure("the number to call is none", _BAD, ""),
    Code.DATA_INVALID: Failure("a member or a parameter is not as described", _BAD, ""),
    Code.TRANSACTION_NOT_FOUND: Failure("there is no such call, or it is not over", HTTPStatus.NOT_FOUND, ""),
    Code.INTERNAL: Failure("it could not be done", HTTPStatus.INTERNAL_SERVER_ERROR, ""),
}
"""Every failure by its code."""


class Refused(Exception):
    """A request that is answered with a failure. `status` is another HTTP status than the usual one of its code."""

    def __init__(self, code: Code, status: HTTPStatus | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.status = status or FAILURES[code].status


def succeeded(payload: Any) -> dict[str, Any]:
    """The envelope of what went well (OMICall, Overview, response; Click to call, answer)."""
    return {"status_code": SUCCEEDED, "instance_id": INSTANCE, "payload": payload, "key_enabled": False}


def failed(code: Code) -> dict[str, Any]:
    """The envelope of a failure (OMICall, Overview, response)."""
    return {
        "status_code": FAILED,
        "instance_id": INSTANCE,
        "message": code.value,
        "payload": None,
        "key_enabled": False,
    }
