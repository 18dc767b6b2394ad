"""What Alohub's REST API answers: an envelope with `success`, `error_code` and `error_message`.

`success` is the text "1" when it went well (Alohub, Campaign management; Alohub's n8n node compares the text). What it
is otherwise is not published, only that it is another; "0" is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from mock_alohub.server.alohub_errors import FAILURES, Code, Refused
from mock_alohub.server.ask import Json

SUCCESS: Final = "1"
NO_SUCCESS: Final = "0"


def succeeded(**members: Any) -> dict[str, Any]:
    """The envelope of what went well, with `members` beside it."""
    return {"success": SUCCESS, "error_code": Code.SUCCESS.value, "error_message": Code.SUCCESS.value, **members}


def failed(refused: Refused) -> dict[str, Any]:
    """The envelope of a failure."""
    message = FAILURES[refused.code].message
    return {
        "success": NO_SUCCESS,
        "error_code": refused.code.value,
        "error_message": f"{message}: {refused.detail}" if refused.detail else message,
    }


def refusal(refused: Refused) -> Response:
    """A failure as an answer: those of business with HTTP 200, those of the gateway with their own status."""
    return Json(failed(refused), FAILURES[refused.code].status, refused.headers)


def answer(envelope: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """An envelope as an answer with HTTP 200."""
    return Json(envelope, HTTPStatus.OK, dict(headers or {}))
