"""What the control API says when it will not or cannot: a problem as RFC 9457 has it, in `application/problem+json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from mock_alohub.delivery.state import BadMove
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.delivery.view import UnknownDelivery, UnknownEndpoint
from mock_alohub.errors import Mistake

MEDIA_TYPE: Final = "application/problem+json"

_STATUS_OF: Final[Mapping[type[Mistake], HTTPStatus]] = {
    UnknownDelivery: HTTPStatus.NOT_FOUND,
    UnknownEndpoint: HTTPStatus.NOT_FOUND,
    BadMove: HTTPStatus.CONFLICT,
    StoreTrouble: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What a mistake means over HTTP; any other is a value that is not allowed."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a request.

    `place` is `path`, `query` or `body`; `pointer` is the JSON pointer of the value there. Where only some values or
    names are possible `allowed` has them, and `nearest` is the one most like what came, if any is.
    """

    place: str
    pointer: str
    detail: str
    allowed: tuple[Any, ...] = ()
    nearest: str | None = None

    def shown(self) -> dict[str, Any]:
        """The flaw as JSON has it, without what it does not say."""
        shown: dict[str, Any] = {"in": self.place, "pointer": self.pointer, "detail": self.detail}
        if self.allowed:
            shown["allowed"] = self.allowed
        if self.nearest is not None:
            shown["nearest"] = self.nearest
        return shown


class Problem(Exception):
    """A request that is not done. `detail` says why, `hint` what to do, `members` whatever else there is to say."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        hint: str = "",
        flaws: Sequence[Flaw] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = detail
        self.hint = hint
        self.flaws = tuple(flaws)
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def response(self) -> Response:
        """The problem as an answer."""
        body: dict[str, Any] = {"title": self.status.phrase, "status": self.status.value, "detail": self.detail}
        if self.hint:
            body["hint"] = self.hint
        if self.flaws:
            body["errors"] = [flaw.shown() for flaw in self.flaws]
        return Response(orjson.dumps(body | self.members), self.status, self.headers, MEDIA_TYPE)


def problem_of(mistake: Mistake) -> Problem:
    """What a mistake of the user's is over HTTP."""
    status = next((status for kind, status in _STATUS_OF.items() if isinstance(mistake, kind)), None)
    return Problem(status or HTTPStatus.UNPROCESSABLE_ENTITY, mistake.message, hint=mistake.hint)


def flawed(flaws: Sequence[Flaw]) -> Problem:
    """The problem of a request with `flaws`, of which there is at least one."""
    more = f" (and {len(flaws) - 1} more)" if len(flaws) > 1 else ""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{flaws[0].detail}{more}", flaws=flaws)
