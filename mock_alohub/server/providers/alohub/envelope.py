"""What Alohub's REST API answers: an envelope with `success`, `error_code` and `error_message`.

`success` is the text "1" when it went well (Alohub, Campaign management; Alohub's n8n node compares the text). What it
is otherwise is not published, only that it is another; "0" is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from mock_alohub.server.providers.alohub.errors import FAILURES, Code, Refused
from mock_alohub.server.request import Json

SUCCESS: Final = "1"
NO_SUCCESS: Final = "0"
_PATHS: Final = ("/v1/", "/api/v1.0/", "/api/report/")
"""Where only Alohub's own API is; below `/api/v1` it lies beside the control API."""


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


def speaks_at(path: str) -> bool:
    """Whether a client of Alohub's API asks for `path`, so that it expects an envelope whatever is there."""
    return f"{path}/".startswith(_PATHS)


def absent(detail: str, methods: Sequence[str] = ()) -> Response:
    """The answer where nothing is at a path, or (`methods` are those it takes) nothing for the request's method."""
    refused = Refused(Code.BAD_REQUEST if methods else Code.NOT_FOUND, detail)
    if not methods:
        return refusal(refused)
    return Json(failed(refused), HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": ", ".join(methods)})


def refusal(refused: Refused) -> Response:
    """A failure as an answer: those of business with HTTP 200, those of the gateway with their own status."""
    return Json(failed(refused), FAILURES[refused.code].status, refused.headers)


def answer(envelope: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """An envelope as an answer with HTTP 200."""
    return Json(envelope, HTTPStatus.OK, dict(headers or {}))
