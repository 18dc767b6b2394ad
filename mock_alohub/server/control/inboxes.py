"""Inboxes: receiving a message, and telling over the control API what came and how to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive

from mock_alohub.messages.policy import seconds
from mock_alohub.server.app import NAMESPACE
from mock_alohub.server.control import json_views
from mock_alohub.server.inbox import Answer, Inbox, Program, Received, TooManyInboxes
from mock_alohub.server.problem import Problem
from mock_alohub.server.request import ApiRequest, Json, bytes_of, nothing

HANG_UP: Final = "mock_alohub.hang_up"
"""The extension of ASGI by which the server's protocol closes a connection without an answer."""
_BODILESS: Final = frozenset({204, 205, 304})
_SANDBOX: Final = "default-src 'none'; sandbox"
"""Whatever an inbox was told to answer, a browser must not take it for a page of ours."""
_PAGE: Final = 50


async def receive_message(request: ApiRequest) -> Response:
    """What the inbox was told to answer, after keeping the message."""
    name = request.given["inbox"]
    if not NAMESPACE.fullmatch(name):
        raise Problem(HTTPStatus.NOT_FOUND, f"`{name[:100]}` is no name of an inbox")
    headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in request.headers.raw)
    body = await bytes_of(request)
    try:
        answer = request.context.inboxes.receive(request.namespace, name, headers, body, request.context.clock.now())
    except TooManyInboxes as full:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, full.message, hint=full.hint) from None
    if answer.delay_s:
        # Whoever has hung up waits for nothing: a server that stops need not either.
        with suppress(TimeoutError):
            async with asyncio.timeout(answer.delay_s):
                await _gone(request.receive)
    if answer.status is None:
        return HungUp()
    text = "" if answer.status in _BODILESS else answer.body
    response = Response(text, answer.status, dict(answer.headers))
    response.headers["Content-Security-Policy"] = _SANDBOX
    return response


async def list_inboxes(request: ApiRequest) -> Response:
    """The inboxes of the namespace."""
    return Json({"items": [_shown(request, inbox) for inbox in request.context.inboxes.of(request.namespace)]})


async def get_inbox(request: ApiRequest) -> Response:
    """One inbox."""
    inbox = request.context.inboxes.find(request.namespace, request.given["inbox"])
    if inbox is None:
        raise Problem(
            HTTPStatus.NOT_FOUND, f"there is no inbox `{request.given['inbox']}`", hint="send something to it"
        )
    return Json(_shown(request, inbox))


async def program_inbox(request: ApiRequest) -> Response:
    """The inbox, told how to answer."""
    try:
        inbox = request.context.inboxes.program(
            request.namespace, request.given["inbox"], program_of(request.content, request.context.inboxes.usual)
        )
    except TooManyInboxes as full:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, full.message, hint=full.hint) from None
    return Json(_shown(request, inbox))


async def empty_inbox(request: ApiRequest) -> Response:
    """The inbox as new."""
    request.context.inboxes.remove(request.namespace, request.given["inbox"])
    return nothing()


async def list_messages(request: ApiRequest) -> Response:
    """What the inbox got, the newest first."""
    inbox = request.context.inboxes.find(request.namespace, request.given["inbox"])
    call_id = request.given.get("call_id")
    messages = inbox.messages if inbox is not None else ()
    found = (one for one in reversed(messages) if call_id is None or one.call_id == call_id)
    return Json({"items": [_received(one) for one in islice(found, request.given.get("limit", _PAGE))]})


class HungUp(Response):
    """No answer: the connection is closed."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Close the connection, and wait until it is: the server would take a return for a forgotten answer."""
        scope["extensions"][HANG_UP]()
        await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until the connection is closed."""
    while (await receive())["type"] != "http.disconnect":
        pass


def program_of(wanted: Mapping[str, Any], usual: Answer) -> Program:
    """How an inbox is to answer that is wanted so, as it is described; `usual` has the status when none is wanted."""
    first = wanted.get("fail_first", {})
    return Program(_answer(wanted, usual.status), _answer(first, 503), first.get("count", 0))


def _answer(wanted: Mapping[str, Any], usual: int | None) -> Answer:
    return Answer(
        status=None if wanted.get("hang_up") else wanted.get("status", usual),
        body=wanted.get("body", ""),
        headers=tuple(wanted.get("headers", {}).items()),
        delay_s=seconds(wanted.get("delay", "0s")),
    )


def _shown(request: ApiRequest, inbox: Inbox) -> json_views.Shown:
    program = inbox.program
    failing = _shown_answer(program.failing)
    return {
        "name": inbox.name,
        "url": f"{request.base}/inbox/{inbox.name}",
        "received": inbox.received,
        "kept": len(inbox.messages),
        "still_failing": inbox.still_failing,
        "program": _shown_answer(program.answer)
        | {
            "body": program.answer.body,
            "headers": dict(program.answer.headers),
            "fail_first": {"count": program.fail_count, **failing},
        },
    }


def _shown_answer(answer: Answer) -> json_views.Shown:
    told: json_views.Shown = {"delay": json_views.duration(answer.delay_s), "hang_up": answer.status is None}
    if answer.status is not None:
        told["status"] = answer.status
    return told


def _received(message: Received) -> json_views.Shown:
    return {
        "number": message.number,
        "received_at": json_views.instant(message.received_at),
        "headers": message.headers,
        "body": json_views.text(message.body),
        "call_id": message.call_id,
        "answered": message.answered,
    }
