"""The server as one ASGI application: namespace, access, route, check, handle."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.errors import Mistake
from mock_alohub.server.access import Access
from mock_alohub.server.context import Context
from mock_alohub.server.operations import operations
from mock_alohub.server.problem import Problem, problem_of
from mock_alohub.server.providers.alohub import envelope
from mock_alohub.server.request import SAFE, ApiRequest, Handler, Json, checked
from mock_alohub.server.routing import Router
from mock_alohub.server.switchboard import speaks_of_calls
from mock_alohub.specification.specification import Specification

PREFIX: Final = "/ns/"
NAMESPACE: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)

_log: Final = logging.getLogger(__name__)


class App:
    """The ASGI application. `handlers` answer the operations of the specification, each by its `operationId`.

    Every path is also there under `/ns/NAMESPACE`; without it the namespace is `default`.
    """

    def __init__(self, context: Context, access: Access, handlers: Mapping[str, Handler]) -> None:
        served = [one for one in operations(context.specification) if one.id in handlers]
        self.context = context
        self.access = access
        self._handlers = handlers
        self._router = Router(served)
        ids = {one.id for one in served}
        self._stands_in = not speaks_of_calls(context.specification)
        self._withheld = Router(one for one in operations(Specification.load()) if one.id not in ids)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":  # pragma: no cover - the server opens neither WebSockets nor a lifespan
            return
        try:
            response = await self._answer(scope, receive, send)
        except Problem as problem:
            response = problem.response()
        except Mistake as mistake:
            response = problem_of(mistake).response()
        except ClientDisconnect:
            return
        except Exception:
            _log.exception("a handler failed: %s %s", scope["method"], scope["path"])
            response = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a defect of mock-alohub").response()
        _harden(response)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> Response:
        method, headers = scope["method"], scope["headers"]
        self.access.admit(method, headers)
        namespace, path = _namespace(scope)
        found = self._router.find(method, path)
        if found is None:
            return self._nothing_at(path)
        operation = found.operation
        if operation is None:
            allowed = ", ".join(found.methods)
            if envelope.speaks_at(path):
                return envelope.absent(f"this path takes {allowed}", found.methods)
            raise Problem(HTTPStatus.METHOD_NOT_ALLOWED, f"this path takes {allowed}", headers={"Allow": allowed})
        if operation.guarded:
            self.access.demand_token(headers)
        request = ApiRequest(scope, receive, send)
        request.context, request.namespace, request.operation = self.context, namespace, operation
        if operation.checked:
            await checked(request, found.in_path)
        else:
            request.given, request.content = found.in_path, None
        return await self._handlers[operation.id](request)

    def _nothing_at(self, path: str) -> Response:
        if self._stands_in and self._withheld.find("GET", path) is not None:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "the APIs of built-in providers are not here: this server sends the webhooks of a document (--spec)",
                hint="start it without --spec",
            )
        near = self._router.nearest(path)
        if envelope.speaks_at(path) and not self._stands_in:
            return envelope.absent(f"did you mean {near} ?" if near else "there is nothing at this path")
        hint = f"did you mean {near} ?" if near else "see /docs"
        raise Problem(HTTPStatus.NOT_FOUND, "there is nothing at this path", hint=hint)


def _namespace(scope: Scope) -> tuple[str, str]:
    path: str = scope["path"]
    if not path.startswith(PREFIX):
        return DEFAULT_NAMESPACE, path
    name, slash, rest = path[len(PREFIX) :].partition("/")
    if not NAMESPACE.fullmatch(name):
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"`{name[:100]}` is no namespace",
            hint="allowed: up to 64 small letters of ASCII, digits and hyphens",
        )
    scope["root_path"] = f"{scope.get('root_path', '')}{PREFIX}{name}"
    return name, f"{slash}{rest}"


def _harden(response: Response) -> None:
    if not isinstance(response, Json):
        own = {name for name, _ in response.raw_headers}
        response.raw_headers += [header for header in SAFE if header[0] not in own]
