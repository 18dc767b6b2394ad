"""What is asked of a handler: a request that is already checked, in the namespace it belongs to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mock_alohub.server.context import Context
from mock_alohub.server.operations import Operation
from mock_alohub.server.problem import Flaw, Problem, flawed

BODY_LIMIT: Final = 1024 * 1024
"""Bytes; a longer body is refused before it is read to its end."""
_JSON: Final = "application/json"
_JSON_HEADER: Final = (b"content-type", _JSON.encode())


class ApiRequest(Request):
    """A request. `given` has the parameters of path and query, `content` the JSON body: None when there is none.

    Both are as the operation wants them, unless the operation checks for itself: then `given` has the texts of the
    path, and the body is for the handler to read with `bytes_of`.
    """

    context: Context
    namespace: str
    operation: Operation
    given: dict[str, Any]
    content: Any

    @property
    def base(self) -> str:
        """The address under which the client sees this namespace, e.g. `http://127.0.0.1:8080/ns/mine`."""
        prefix = self.scope.get("root_path", "")
        return f"{self.scope['scheme']}://{self.headers.get('host', '')}{prefix}"


Handler = Callable[[ApiRequest], Awaitable[Response]]
"""Answers one operation. It may raise `Problem` or any `Mistake`."""


SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    # Nothing of an answer is to be run, shown in a frame or followed; a page that needs more says so itself.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
)
"""Headers that every answer has, unless it has them already."""


class Json(Response):
    """An answer in JSON, with the headers that every answer has. Times are written in UTC with a Z."""

    media_type = _JSON

    def __init__(self, content: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        # What Starlette's constructor does for any answer, done for this kind alone at a fraction of the price.
        self.status_code = status_code
        self.background = None
        self.body = orjson.dumps(content, option=orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC)
        self.raw_headers = [(b"content-length", b"%d" % len(self.body)), _JSON_HEADER, *SAFE]
        if headers:
            self.raw_headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def nothing() -> Response:
    """204: done, and there is nothing to say about it."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def bytes_of(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The body. Raises `Problem` (413) for one of more than `limit` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def checked(request: ApiRequest, in_path: dict[str, str]) -> None:
    """Read parameters and body into `request` and hold them against its operation. Raises `Problem`."""
    operation = request.operation
    request.given, flaws = operation.flaws_of_parameters(in_path, request.scope["query_string"])
    request.content = None
    if operation.body is not None:
        request.content = await _content(request)
        if request.content is not _ABSENT:
            if operation.body.accepts(request.content):
                request.content = operation.body.settled(request.content)
            else:
                flaws += operation.body.flaws(request.content, "body")
        elif operation.body_required:
            flaws.append(Flaw("body", "", "the body is missing"))
        else:
            request.content = {}
    if flaws:
        raise flawed(flaws)


_ABSENT: Final = object()


async def _content(request: ApiRequest) -> Any:
    try:
        body = await bytes_of(request)
    except ClientDisconnect:
        raise Problem(HTTPStatus.BAD_REQUEST, "the connection ended before the body was whole") from None
    if not body:
        return _ABSENT
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        # Not taken for JSON silently: a browser may send text/plain from a foreign page without asking (CSRF).
        what = f"`{kind}`" if kind else "of no type"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is {what}, wanted `{_JSON}`")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from None


def _too_large(limit: int) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body has more than {limit:,} bytes", headers={"Connection": "close"}
    )
