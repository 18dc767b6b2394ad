"""Alohub's REST API, so that an integration places a call as it will at Alohub and gets the webhook back.

One handler for each operation of `openapi.yaml` that is tagged "Alohub REST", by its `operationId`. They check for
themselves, because they answer in Alohub's envelope: a request that is not of the described shape with HTTP 400, one
that cannot be done with HTTP 200 and a failure in the envelope.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mock_alohub.calls.call import Agent, Call
from mock_alohub.delivery.call_log import Search
from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.providers import alohub
from mock_alohub.providers.provider import Provider
from mock_alohub.server import recordings
from mock_alohub.server.problem import Problem
from mock_alohub.server.providers.alohub import search
from mock_alohub.server.providers.alohub.campaigns import CAMPAIGNS, Campaign, campaign_of
from mock_alohub.server.providers.alohub.envelope import answer, failed, refusal, succeeded
from mock_alohub.server.providers.alohub.errors import Code, Refused
from mock_alohub.server.providers.api_keys import NotAdmitted, Scope
from mock_alohub.server.providers.dialled_call import (
    EXTENSIONS,
    Refusal,
    agent_at,
    dialled,
    fate_of,
    is_extension,
    lived,
)
from mock_alohub.server.providers.rates import OverLimit
from mock_alohub.server.request import ApiRequest, Handler, bytes_of
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import local

CALL_ENDED: Final = "alohub.call-ended"
AUTO_CALL: Final = "alohub.auto-call"
CREDENTIAL_TEST: Final = ("0000000000", "0000")
"""Number and extension by which Alohub's n8n node tries a key; no call is placed."""

_log: Final = logging.getLogger(__name__)
Envelope = dict[str, Any]
Answer = Callable[[ApiRequest, Envelope], Awaitable[Envelope]]
"""Answers a request whose parameters and body are as described: they come together, as one mapping."""


def _answers(scope: Scope, *, token: bool = False) -> Callable[[Answer], Handler]:
    """A handler of Alohub's API: key, limits and shape looked at, failures in the envelope.

    `token`: the header `X-ACCESS-TOKEN` is wanted too (Alohub, Call lookup); what is in it is not looked at.
    """

    def decorate(respond: Answer) -> Handler:
        async def handler(request: ApiRequest) -> Response:
            limits: dict[str, str] = {}
            try:
                request.context.providers.access.admit(request.headers, scope)
                if token and not request.headers.get("x-access-token", "").strip():
                    raise Refused(Code.UNAUTHORIZED, "send a token in `X-ACCESS-TOKEN`")
                named = (request.headers.get(name) for name in ("x-tenant-id", "x-api-key", "authorization"))
                tenant = next(filter(None, named), "")
                limits = request.context.providers.rates.count(
                    f"{request.namespace} {tenant}", request.operation.path, request.context.clock.now()
                )
                return answer(await respond(request, await _given(request)), limits)
            except NotAdmitted as error:
                code = Code.INSUFFICIENT_SCOPE if error.lacks_scope else Code.UNAUTHORIZED
                return refusal(Refused(code, error.detail))
            except OverLimit as error:
                return refusal(Refused(Code.RATE_LIMIT_EXCEEDED, headers=error.headers))
            except Refused as refused:
                refused.headers = limits | refused.headers
                return refusal(refused)
            except StoreTrouble as trouble:
                _log.error("a request could not be done: %s", trouble.message)
                return refusal(Refused(Code.FAIL, headers=limits))

        return handler

    return decorate


async def _given(request: ApiRequest) -> Envelope:
    """Parameters of path and query, and the members of the body. Raises `Refused` where they are not as described."""
    known = {one.name for one in request.operation.parameters if one.place == "query"}
    query = [pair for pair in parse_qsl(request.scope["query_string"].decode("latin-1"), True) if pair[0] in known]
    values, flaws = request.operation.flaws_of_parameters(request.given, urlencode(query).encode())
    if any(flaw.place == "path" for flaw in flaws):
        raise Refused(Code.NOT_FOUND)
    if request.operation.body is not None:
        body = await _body(request)
        if not request.operation.body.accepts(body):
            flaws += request.operation.body.flaws(body, "body")
        else:
            values |= body
    if flaws:
        raise Refused(Code.BAD_REQUEST, flaws[0].detail)
    return values


async def _body(request: ApiRequest) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(Code.BAD_REQUEST, "send `Content-Type: application/json`")
    try:
        return orjson.loads(await bytes_of(request))
    except orjson.JSONDecodeError as error:
        raise Refused(Code.BAD_REQUEST, f"the body is not JSON: {error}") from None
    except Problem as problem:
        raise Refused(Code.BAD_REQUEST, problem.detail, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refused(Code.BAD_REQUEST, "the connection ended before the body was whole") from None


@_answers(Scope.VOICE)
async def make_call(request: ApiRequest, given: Envelope) -> Envelope:
    """Ring an agent's extension, then a customer (makeCall)."""
    return await _connect(request, given["phoneNumber"], given["ipPhone"], given.get("transactionId"))


@_answers(Scope.VOICE)
async def click_to_call(request: ApiRequest, given: Envelope) -> Envelope:
    """The same at the gateway, in both documented shapes: with an extension, or with a campaign whose agent rings."""
    number = given["phoneNumber"] if "phoneNumber" in given else given["phone"]
    if "ipPhone" in given:
        return await _connect(request, number, given["ipPhone"], given.get("transactionId"))
    campaign = _campaign(int(given["campaignId"]))
    return await _connect(request, number, campaign.extension, given.get("transactionId"), campaign.hotline)


async def _connect(
    request: ApiRequest, phone: str, extension: str, transaction_id: str | None, hotline: str = ""
) -> Envelope:
    # What identifies the call at Alohub is not published to be answered; the partner's own id is given back.
    accepted = succeeded() if transaction_id is None else succeeded(transactionId=transaction_id)
    if (phone, extension) == CREDENTIAL_TEST:
        return accepted
    if not is_extension(extension):
        raise Refused(Code.NO_SUCH_IP_PHONE)
    if extension in EXTENSIONS:
        raise Refused(EXTENSIONS[extension].code)
    call = _placed(request, phone, agent_at(extension), transaction_id or "", hotline)
    await _place(request, [call], [CALL_ENDED])
    return accepted


def _placed(
    request: ApiRequest, phone: str, agent: Agent, transaction_id: str, hotline: str, *, automatic: bool = False
) -> Call:
    """The call to `phone` that begins now. Raises `Refused`."""
    number = dialled(phone)
    if number is None:
        raise Refused(Code.INVALID_PHONE_NUMBER)
    fate = fate_of(number)
    if isinstance(fate, Refusal):
        wait = {"Retry-After": "1"} if fate.code is Code.RATE_LIMIT_EXCEEDED else {}
        raise Refused(fate.code, headers=wait)
    at = local(datetime.fromtimestamp(request.context.clock.now(), UTC)).replace(microsecond=0)
    return lived(
        request.context.providers.new_id(at),
        number,
        fate,
        at=at,
        agent=agent,
        transaction_id=transaction_id,
        hotline=hotline,
        automatic=automatic,
    )


async def _place(request: ApiRequest, calls: Sequence[Call], webhooks: Sequence[str]) -> None:
    await request.context.switchboard.place(request.namespace, calls, webhooks=webhooks)
    with suppress(StoreTrouble):  # The call is placed, and the log goes on trying.
        await request.context.providers.log.written()


@_answers(Scope.REPORT)
async def search_call_v1(request: ApiRequest, given: Envelope) -> Envelope:
    """Calls that have ended, in the older form."""
    found = search.searched(given, request.context.specification, request.namespace, request.context.clock.now())
    return _listed(request, found, given, search.item_v1)


@_answers(Scope.REPORT)
async def search_call_v2(request: ApiRequest, given: Envelope) -> Envelope:
    """Calls that have ended, in the recommended form."""
    found = search.searched(given, request.context.specification, request.namespace, request.context.clock.now())
    return _listed(request, found, given, search.item_v2)


async def _call_logs(request: ApiRequest, given: Envelope) -> Envelope:
    found = search.reported(given, request.namespace, request.context.clock.now())
    return _listed(request, found, given, search.item_v2)


def _listed(
    request: ApiRequest, wanted: Search, given: Envelope, item: Callable[[Call, Provider, Webhook], Envelope]
) -> Envelope:
    offset, limit = search.page(given)
    found = request.context.providers.log.find(wanted, offset=offset, limit=limit)
    context = request.context
    provider = alohub.provider(recordings.origin(request))
    webhook = context.specification.webhook(CALL_ENDED)
    return succeeded(totalRecord=found.total, data=[item(call, provider, webhook) for call in found.calls])


@_answers(Scope.CAMPAIGN)
async def campaigns(request: ApiRequest, given: Envelope) -> Envelope:
    """Campaigns by status and type, pages from 0."""
    fitting = [
        one
        for one in CAMPAIGNS
        if int(given.get("status", one.status)) == one.status and given.get("type", one.type) == one.type
    ]
    return _paged([one.shown() for one in fitting], given.get("page", 0), given.get("limit", 20))


@_answers(Scope.CAMPAIGN)
async def campaign_list(request: ApiRequest, given: Envelope) -> Envelope:
    """Campaigns by name, pages from 1."""
    wanted = given.get("campaignName", "").casefold()
    fitting = [one.shown() for one in CAMPAIGNS if wanted in one.name.casefold()]
    return _paged(fitting, max(1, int(given.get("page", 1))) - 1, int(given.get("limit", 20)))


@_answers(Scope.CAMPAIGN)
async def contact_lists(request: ApiRequest, given: Envelope) -> Envelope:
    """The lists of customers of a campaign."""
    lists = _campaign(given["id"]).lists
    return {"success": "1", "totalRecord": len(lists), "data": [one.shown() for one in lists]}


@_answers(Scope.CAMPAIGN)
async def add_campaign_customer(request: ApiRequest, given: Envelope) -> Envelope:
    """Let an automatic campaign call customers, now; both webhooks tell of these calls."""
    campaign = _campaign(given["id"])
    if not campaign.dials:
        raise Refused(Code.INVALID_PARAMETER, f"campaign {campaign.id} is paused or stopped")
    if "customers" not in given:
        call = _automatic(request, campaign, given)
        await _place(request, [call], [CALL_ENDED, AUTO_CALL])
        return succeeded(totalRecord=1, data=[_added(given)])
    calls: list[Call] = []
    data: list[Envelope] = []
    for customer in given["customers"]:
        try:
            calls.append(_automatic(request, campaign, customer))
            data.append(_added(customer))
        except Refused as refused:
            data.append(_added(customer) | failed(refused))
    if calls:
        await _place(request, calls, [CALL_ENDED, AUTO_CALL])
    return succeeded(totalRecord=len(calls), data=data)


def _automatic(request: ApiRequest, campaign: Campaign, customer: Mapping[str, Any]) -> Call:
    transaction_id = customer.get("transactionId", "")
    return _placed(request, customer["phoneNumber"], campaign.agent, transaction_id, campaign.hotline, automatic=True)


def _added(customer: Mapping[str, Any]) -> Envelope:
    return succeeded(phoneNumber=customer["phoneNumber"], transactionId=customer.get("transactionId", ""))


def _campaign(number: int) -> Campaign:
    campaign = campaign_of(number)
    if campaign is None:
        raise Refused(Code.NO_SUCH_CAMPAIGN)
    return campaign


def _paged(items: Sequence[Envelope], page: int, limit: int) -> Envelope:
    return succeeded(totalRecord=len(items), data=items[page * limit : (page + 1) * limit])


report_call_logs: Final = _answers(Scope.REPORT)(_call_logs)
legacy_call_logs: Final = _answers(Scope.REPORT, token=True)(_call_logs)

HANDLERS: Final[Mapping[str, Handler]] = {
    "alohubRecording": recordings.recording,
    "alohubRecordingHead": recordings.recording,
    "alohubMakeCall": make_call,
    "alohubSearchCallV1": search_call_v1,
    "alohubSearchCallV2": search_call_v2,
    "alohubReportCallLogs": legacy_call_logs,
    "alohubClickToCall": click_to_call,
    "alohubCallLogs": report_call_logs,
    "alohubCampaigns": campaigns,
    "alohubContactLists": contact_lists,
    "alohubCampaignList": campaign_list,
    "alohubAddCampaignCustomer": add_campaign_customer,
    "alohubApiClickToCall": click_to_call,
    "alohubApiCallLogs": report_call_logs,
    "alohubApiCampaigns": campaigns,
    "alohubApiContactLists": contact_lists,
    "alohubApiCampaignList": campaign_list,
    "alohubApiAddCampaignCustomer": add_campaign_customer,
}
