"""Alohaa's REST API, so that an integration places a call as it will at Alohaa and gets the webhook back.

One handler for each operation of `openapi.yaml` that is tagged "Alohaa REST", by its `operationId`. They check for
themselves, because they answer in Alohaa's envelope.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mock_alohub.calls.call import Call, Direction, Moment
from mock_alohub.calls.call_details import uuid_of
from mock_alohub.delivery.call_log import Search
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.providers import alohaa
from mock_alohub.server.operations import Operation, operations
from mock_alohub.server.problem import Problem
from mock_alohub.server.providers.alohaa.calls import agent_call, campaign_call, endpoint_of, refuse_as_dialled
from mock_alohub.server.providers.alohaa.errors import FAILURES, Code, Refused, failed, succeeded
from mock_alohub.server.providers.api_keys import NotAdmitted, Scope
from mock_alohub.server.request import ApiRequest, Handler, Json, bytes_of

KEY_HEADER: Final = "x-metro-api-key"
EVERY_S: Final = 1.0
"""Click to call takes one request in so many seconds of an organisation (Alohaa, Click to call API, rate limit)."""

_CLICK_CODES: Final = frozenset({Code.CRM_NOT_INTEGRATED, Code.ORGANISATION_NOT_LINKED, Code.OUTGOING_NOT_ALLOWED})
_VOICE_CODES: Final = frozenset(
    {Code.INTERNAL, Code.NO_ORGANISATION, Code.NO_DIDS, Code.NO_VOICE_API, Code.TEXT_TO_SPEECH}
)
_MISSING: Final[Mapping[str, Code]] = {"/audio_url": Code.NO_AUDIO_URL, "/text": Code.NO_TEXT}
"""Members whose absence has a number of its own."""
_log: Final = logging.getLogger(__name__)
Given = dict[str, Any]
Answer = Callable[[ApiRequest, Given], Awaitable[Given]]
"""Answers a request whose parameters and body are as described: they come together, as one mapping."""


def _answers(scope: Scope, *, paced: bool = False) -> Callable[[Answer], Handler]:
    """A handler of Alohaa's API: key, pace and shape looked at, failures in the envelope."""

    def decorate(respond: Answer) -> Handler:
        async def handler(request: ApiRequest) -> Response:
            try:
                key = _admitted(request, scope)
                given = await _given(request)
                if paced:
                    _keep_pace(request, key)
                return Json(succeeded(**await respond(request, given)), HTTPStatus.OK)
            except Refused as refused:
                return _refusal(refused)
            except StoreTrouble as trouble:
                _log.error("a request could not be done: %s", trouble.message)
                return _refusal(Refused(Code.INTERNAL))

        return handler

    return decorate


def _refusal(refused: Refused) -> Response:
    return Json(failed(refused), FAILURES[refused.code].status, refused.headers)


def _admitted(request: ApiRequest, scope: Scope) -> str:
    """The key that came. Raises `Refused` unless it is one of those that the server takes."""
    key = request.headers.get(KEY_HEADER, "")
    try:
        request.context.providers.access.admit({"x-api-key": key}, scope)
    except NotAdmitted:
        raise Refused(Code.INVALID_API_KEY, "" if key.strip() else f"send the key in `{KEY_HEADER}`") from None
    return key


def _keep_pace(request: ApiRequest, key: str) -> None:
    # In the server's time: where calls take a tenth of theirs, so does the pause between two.
    every_s = EVERY_S / request.context.time_scale
    wait_s = request.context.providers.pace.wait_s(f"{request.namespace} {key}", every_s, request.context.clock.now())
    if wait_s:
        raise Refused(Code.RATE_LIMITED, headers={"Retry-After": str(max(1, math.ceil(wait_s)))})


async def _given(request: ApiRequest) -> Given:
    """The members of the body, or the parameters of the query. Raises `Refused` where they are not as described."""
    if request.operation.method == "GET":
        # The documents have a body in this GET.
        if body := await _bytes(request):
            return _content(body, _posted(request))
        known = {one.name for one in request.operation.parameters}
        query = [pair for pair in parse_qsl(request.scope["query_string"].decode("latin-1"), True) if pair[0] in known]
        values, flaws = request.operation.flaws_of_parameters({}, urlencode(query).encode())
        if flaws:
            raise Refused(Code.INVALID_SCHEMA, flaws[0].detail)
        return values
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(Code.INVALID_SCHEMA, "send `Content-Type: application/json`")
    return _content(await _bytes(request), request.operation)


def _posted(request: ApiRequest) -> Operation:
    """The POST on the path of `request`."""
    described = operations(request.context.specification)
    return next(one for one in described if one.path == request.operation.path and one.method == "POST")


def _content(body: bytes, operation: Operation) -> Given:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(Code.INVALID_SCHEMA, f"the body is not JSON: {error}") from None
    if operation.body is not None and not operation.body.accepts(content):
        flaw = operation.body.flaws(content, "body")[0]
        missing = _MISSING.get(flaw.pointer) if "lacks" in flaw.detail else None
        raise Refused(Code.INVALID_SCHEMA, flaw.detail) if missing is None else Refused(missing)
    settled: Given = content if operation.body is None else operation.body.settled(content)
    return settled


async def _bytes(request: ApiRequest) -> bytes:
    try:
        return await bytes_of(request)
    except Problem as problem:
        raise Refused(Code.INVALID_SCHEMA, problem.detail, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refused(Code.INVALID_SCHEMA, "the connection ended before the body was whole") from None


@_answers(Scope.VOICE, paced=True)
async def click_to_call(request: ApiRequest, given: Given) -> Given:
    """Ring an agent, then a customer (click-2-call); the outgoing-call webhook tells of it."""
    refuse_as_dialled(given["receiver_number"], _CLICK_CODES)
    details = given.get("webhook_details")
    endpoints = None if details is None else [await endpoint_of(request, details)]
    call = agent_call(request, given["receiver_number"], given["caller_number"], given.get("did_number", ""))
    changes = {"metadata": given["metadata"]} if "metadata" in given else None
    await _place(request, call, "alohaa.outgoing-call", changes, endpoints)
    return {"reference_id": uuid_of(call, "reference").hex[:24]}


@_answers(Scope.CAMPAIGN)
async def voice_call(request: ApiRequest, given: Given) -> Given:
    """Let a campaign call a customer (voice API); the campaign webhook tells of it."""
    refuse_as_dialled(given["number"], _VOICE_CODES)
    call = campaign_call(request, given["number"])
    await _place(request, call, "alohaa.campaign", {"campaign_id": given["campaign_id"]})
    return {"call_id": alohaa.call_id(call)}


async def _place(
    request: ApiRequest,
    call: Call,
    webhook: str,
    changes: Mapping[str, Any] | None,
    endpoints: Collection[int] | None = None,
) -> None:
    await request.context.switchboard.place(
        request.namespace, [call], webhooks=[webhook], changes=changes, endpoints=endpoints
    )
    with suppress(StoreTrouble):  # The call is placed, and the log goes on trying.
        await request.context.providers.log.written()


async def _call_logs(request: ApiRequest, given: Given) -> Given:
    """Outgoing calls that are over, the latest first."""
    page, size = int(given["page_no"]), int(given["page_size"])
    callers = tuple(given.get("caller_number", ())) or None
    search = Search(request.namespace, request.context.clock.now(), direction=Direction.OUTBOUND, extensions=callers)
    found = request.context.providers.log.find(search, offset=(page - 1) * size, limit=size)
    return {
        "call_logs": [_item(request, call) for call in found.calls],
        "metadata": {"total": found.total, "query": {"page_no": page, "page_size": size}},
    }


def _item(request: ApiRequest, call: Call) -> Given:
    """A call as the logs have it (Alohaa, Get outgoing call logs API, success response): numbers masked."""
    told = alohaa.ALOHAA.render(request.context.specification.webhook("alohaa.outgoing-call"), call, Moment.ENDED)
    return {
        "_id": told["call_id"],
        "organisation_id": told["organisation_id"],
        "agent_name": told["agent_name"],
        **{name: masked(told[name]) for name in ("caller_number", "receiver_number", "did_number")},
        "call_duration": told["call_duration"],
        "recording_url": told["call_recording_url"],
        "created_at": told["received_at"],
        "updated_at": told["ended_at"],
        "status": told["call_status"],
    }


def masked(number: str) -> str:
    """All but the last four digits as X."""
    return "X" * (len(number) - 4) + number[-4:]


call_logs: Final = _answers(Scope.REPORT)(_call_logs)

HANDLERS: Final[Mapping[str, Handler]] = {
    "alohaaClickToCall": click_to_call,
    "alohaaCallLogs": call_logs,
    "alohaaCallLogsByPost": call_logs,
    "alohaaVoiceCall": voice_call,
}
