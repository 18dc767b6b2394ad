"""OMICall's REST API, so that an integration registers its webhooks, places a call and looks it up as it will there.

One handler for each operation of `openapi.yaml` that is tagged "OMICall REST", by its `operationId`. They check for
themselves, because they answer in OMICall's envelope.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mock_alohub.calls.call import Call
from mock_alohub.calls.call_details import life_of
from mock_alohub.delivery.call_log import Search
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.providers import omicall
from mock_alohub.server.operations import Operation
from mock_alohub.server.problem import Problem
from mock_alohub.server.providers.api_keys import Scope
from mock_alohub.server.providers.dialled_call import FATES, ORDINARY, Refusal, agent_at, lived
from mock_alohub.server.providers.omicall import history, hooks
from mock_alohub.server.providers.omicall.access import admitted, demand_key, token_of
from mock_alohub.server.providers.omicall.errors import FAILURES, Code, Refused, failed, succeeded
from mock_alohub.server.request import ApiRequest, Handler, Json, bytes_of
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import local

EVERY_S: Final = 30 * 60.0
"""Two requests for a list are to be so many seconds apart (OMICall, Call history, error codes)."""
REPORT: Final = "omicall.cdr"
LIVE: Final = "omicall.live"

REFUSING_EXTENSIONS: Final[Mapping[str, Code]] = {
    "0403": Code.TENANT_INVALID,
    "0480": Code.USER_NOT_REGISTERED,
    "0486": Code.USER_BUSY,
}
"""Extensions with which no call is placed, and the failure it is answered with."""
REFUSING_NUMBERS: Final[Mapping[str, Code]] = {"0000854": Code.DO_NOT_CALL}
"""The last seven digits of numbers that are not called. 854 is what OMICall's softphone kit ends such a call with."""
_WRONG: Final[Mapping[str, Code]] = {
    "/extension": Code.EXTENSION_INVALID,
    "/hotline": Code.NUMBER_CALL_OUT_INVALID,
    "/phone_number": Code.PHONE_NUMBER_INVALID,
    "/from_date": Code.DATE_INVALID,
    "/to_date": Code.DATE_INVALID,
}
_MISSING: Final[Mapping[str, Code]] = {
    "/from_date": Code.FROM_DATE_REQUIRED,
    "/to_date": Code.TO_DATE_REQUIRED,
}
_REMARKS: Final = 10_000
_WITH_COUNTRY: Final = re.compile(r"\+?84(?=[0-9]{9,10}$)")
_log: Final = logging.getLogger(__name__)
Given = dict[str, Any]
Answer = Callable[[ApiRequest, Given], Awaitable[Any]]
"""Answers a request whose parameters and body are as described: they come together, as one mapping."""


def _answers(scope: Scope, *, open_to_all: bool = False) -> Callable[[Answer], Handler]:
    """A handler of OMICall's API: key and shape looked at, failures in the envelope."""

    def decorate(respond: Answer) -> Handler:
        async def handler(request: ApiRequest) -> Response:
            try:
                if not open_to_all:
                    _admitted(request, scope)
                return Json(succeeded(await respond(request, await _given(request))), HTTPStatus.OK)
            except Refused as refused:
                return Json(failed(refused.code), refused.status)
            except StoreTrouble as trouble:
                _log.error("a request could not be done: %s", trouble.message)
                return Json(failed(Code.INTERNAL), FAILURES[Code.INTERNAL].status)

        return handler

    return decorate


def _admitted(request: ApiRequest, scope: Scope) -> str:
    access, now = request.context.providers.access, request.context.clock.now()
    return admitted(access, request.headers.get("authorization", ""), request.headers.get("x-api-key", ""), scope, now)


async def _given(request: ApiRequest) -> Given:
    """Path, query and body of the request. Raises `Refused` where they are not as described."""
    known = {one.name for one in request.operation.parameters if one.place == "query"}
    # Lists are written `direction=a&direction=b`, or with brackets as PHP does.
    pairs = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query = [(name.removesuffix("[]"), value) for name, value in pairs if name.removesuffix("[]") in known]
    values, flaws = request.operation.flaws_of_parameters(dict(request.given), urlencode(query).encode())
    if flaws:
        missing = "missing" in flaws[0].detail
        raise Refused(
            (_MISSING if missing else _WRONG).get(flaws[0].pointer, Code.DATA_INVALID), HTTPStatus.BAD_REQUEST
        )
    if request.operation.body is not None:
        values |= _content(await _bytes(request), request.operation)
    return values


def _content(body: bytes, operation: Operation) -> Given:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(Code.BODY_REQUIRED) from None
    if operation.body is not None and not operation.body.accepts(content):
        flaw = operation.body.flaws(content, "body")[0]
        missing = "lacks" in flaw.detail or not flaw.pointer
        code = Code.DATA_REQUIRED if missing else _WRONG.get(flaw.pointer, Code.DATA_INVALID)
        raise Refused(code, HTTPStatus.BAD_REQUEST)
    settled: Given = content if operation.body is None else operation.body.settled(content)
    return settled


async def _bytes(request: ApiRequest) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(Code.BODY_REQUIRED)
    try:
        return await bytes_of(request)
    except (Problem, ClientDisconnect):
        raise Refused(Code.DATA_INVALID) from None


@_answers(Scope.REPORT, open_to_all=True)
async def authenticate(request: ApiRequest, given: Given) -> Given:
    """An access token for an API key."""
    demand_key(request.context.providers.access, given["apiKey"], Scope.REPORT)
    token = token_of(given["apiKey"], request.context.clock.now())
    return {"access_token": token, "access_type": "normal", "token_type": "Bearer"}


@_answers(Scope.VOICE)
async def list_hooks(request: ApiRequest, given: Given) -> list[Given]:
    """The webhooks that are registered."""
    return _hooks(request)


@_answers(Scope.VOICE)
async def register_hook(request: ApiRequest, given: Given) -> list[Given]:
    """Register a webhook, in the place of the one of its type."""
    await hooks.register(request.context.engine, request.namespace, given["webhook"])
    return _hooks(request)


@_answers(Scope.VOICE)
async def destroy_hook(request: ApiRequest, given: Given) -> list[Given]:
    """Register the webhook of a type no longer."""
    await hooks.destroy(request.context.engine, request.namespace, given["hook_type"])
    return _hooks(request)


def _hooks(request: ApiRequest) -> list[Given]:
    return [hooks.shown(one) for one in hooks.hooks(request.context.engine, request.namespace)]


@_answers(Scope.VOICE)
async def click_to_call(request: ApiRequest, given: Given) -> Given:
    """Ring an extension, then a customer; both webhooks tell of it."""
    number, extension = given["phone_number"], given["extension"]
    code = REFUSING_EXTENSIONS.get(extension) or REFUSING_NUMBERS.get(number[-7:])
    if code is not None:
        raise Refused(code)
    call = _placed(request, number, extension, _WITH_COUNTRY.sub("0", given["hotline"]))
    await request.context.switchboard.place(request.namespace, [call], webhooks=[LIVE, REPORT])
    with suppress(StoreTrouble):  # The call is placed, and the log goes on trying.
        await request.context.providers.log.written()
    return {"call_uuid": omicall.call_id(call)}


def _placed(request: ApiRequest, number: str, extension: str, hotline: str) -> Call:
    """The call that begins now, and goes as the last seven digits of `number` say."""
    fate = FATES.get(number[-7:], ORDINARY)
    at = local(datetime.fromtimestamp(request.context.clock.now(), UTC)).replace(microsecond=0)
    while True:
        call = lived(
            request.context.providers.new_id(at),
            number,
            ORDINARY if isinstance(fate, Refusal) else fate,
            at=at,
            agent=agent_at(extension),
            hotline=hotline,
        )
        # What else there is to know of a call follows from its id: one that a campaign dialled is not meant.
        if not life_of(call).automatic:
            return call


@_answers(Scope.REPORT)
async def list_calls(request: ApiRequest, given: Given) -> Given:
    """Calls that are over, page by page."""
    since, until = history.window(given)
    if given.get("page", 1) == 1:
        _keep_pace(request)
    search = Search(request.namespace, request.context.clock.now(), since=since, until=until)
    page = await history.listed(
        request.context.providers.log, _report_webhook(request), search, given, request.context.providers.remarks
    )
    return history.paged(page, given)


def _keep_pace(request: ApiRequest) -> None:
    # In the server's time: where calls take a tenth of theirs, so does the pause between two.
    who = f"{request.namespace} omicall {_admitted(request, Scope.REPORT)}"
    if request.context.providers.pace.wait_s(who, EVERY_S / request.context.time_scale, request.context.clock.now()):
        raise Refused(Code.LIMIT_30_MINUTES)


@_answers(Scope.REPORT)
async def show_call(request: ApiRequest, given: Given) -> Given:
    """One call that is over."""
    call = _known(request, given["transaction_id"])
    return history.detail(history.report_of(_report_webhook(request), call, request.context.providers.remarks))


@_answers(Scope.REPORT)
async def change_call(request: ApiRequest, given: Given) -> Given:
    """Note something about a call that is over; its report comes again."""
    call = _known(request, given["transaction_id"])
    remarks = request.context.providers.remarks
    if len(remarks) >= _REMARKS:
        remarks.clear()
    # Later than it was, also where calls are over sooner than they say.
    before = history.report_of(_report_webhook(request), call, remarks)["last_updated_date"]
    updated: Given = {"last_updated_date": max(int(request.context.clock.now() * 1000), before + 1)}
    noted: Given = {name: given[name] for name in ("note", "tag") if name in given}
    changes = remarks[given["transaction_id"]] = {**remarks.get(given["transaction_id"], {}), **noted, **updated}
    await request.context.switchboard.place(request.namespace, [call], webhooks=[REPORT], changes=changes)
    return history.detail(history.report_of(_report_webhook(request), call, remarks))


def _known(request: ApiRequest, transaction_id: str) -> Call:
    search = Search(request.namespace, request.context.clock.now())
    return history.call_with(request.context.providers.log, search, transaction_id)


def _report_webhook(request: ApiRequest) -> Webhook:
    return request.context.specification.webhook(REPORT)


HANDLERS: Final[Mapping[str, Handler]] = {
    "omicallAuth": authenticate,
    "omicallListWebhooks": list_hooks,
    "omicallRegisterWebhook": register_hook,
    "omicallDestroyWebhook": destroy_hook,
    "omicallClickToCall": click_to_call,
    "omicallCallList": list_calls,
    "omicallCallDetail": show_call,
    "omicallChangeCall": change_call,
}
