"""The call history of OMICall's API: which calls are asked for, and how one is written down there.

A call is found once it is over. Facts: OMICall, "Call history" (parameters, fields and samples of list and detail).
What a call is in OMICall's words is what its report says, so it is read from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from mock_alohub.calls.call import Call, Direction, Moment, Outcome
from mock_alohub.calls.call_details import uuid_of_id
from mock_alohub.delivery.call_log import CallLog, Search
from mock_alohub.providers import omicall
from mock_alohub.server.providers.omicall.errors import Code, Refused
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import local

LONGEST_MS: Final = 3 * 24 * 3600 * 1000
"""No more than three days are looked through (OMICall, Call history, error codes)."""
LOOKED_THROUGH: Final = 50_000
"""So many of the latest calls are looked through for one by its id, which the log does not know."""
_AT_ONCE: Final = 1_000  # between so many calls others get their turn

Item = dict[str, Any]
Remark = Mapping[str, Any]
"""What was noted about a call after its end: fields of its report that hold something else now."""


@dataclass(frozen=True, slots=True)
class Page:
    """The items of a page, and how many there are in all."""

    items: list[Item]
    total: int


def window(given: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The local times that `from_date` and `to_date` (milliseconds since 1970) bound. Raises `Refused`."""
    since, until = int(given["from_date"]), int(given["to_date"])
    if since > until:
        raise Refused(Code.DATE_INVALID)
    if until - since > LONGEST_MS:
        raise Refused(Code.DATE_TOO_LONG)
    return _local(since), _local(until)


async def listed(
    log: CallLog, webhook: Webhook, search: Search, given: Mapping[str, Any], remarks: Mapping[str, Remark]
) -> Page:
    """A page of the calls that `search` finds and the filters of `given` let through, the latest first."""
    size, page = given.get("size", 50), given.get("page", 1)
    first = (page - 1) * size
    search = _narrowed(search, given)
    if _is_all_said_by(given):
        found = log.find(search, offset=first, limit=size)
        return Page([item(report_of(webhook, call, remarks)) for call in found.calls], found.total)
    items: list[Item] = []
    total = 0
    async for call in _found(log, search):
        report = report_of(webhook, call, remarks)
        if not _wanted(report, given):
            continue
        if first <= total < first + size:
            items.append(item(report))
        total += 1
    return Page(items, total)


def paged(page: Page, given: Mapping[str, Any]) -> Item:
    """The payload of a list (OMICall, Call history, list, answer)."""
    number, size = given.get("page", 1), given.get("size", 50)
    pages = -(-page.total // size)
    return {
        "items": page.items,
        "page_number": number,
        "page_size": size,
        "total_items": page.total,
        "total_pages": pages,
        "has_next": number < pages,
        "next_page": min(number + 1, max(pages, 1)),
        "has_previous": number > 1,
        "previous_page": max(number - 1, 1),
    }


def call_with(log: CallLog, search: Search, transaction_id: str) -> Call:
    """The call of that id among the latest. Raises `Refused`."""
    for name in log.ids(search, LOOKED_THROUGH):
        if _transaction_of(name) == transaction_id:
            [call] = log.find(replace(search, call_id=name)).calls
            return call
    raise Refused(Code.TRANSACTION_NOT_FOUND)


@lru_cache(LOOKED_THROUGH)
def _transaction_of(name: str) -> str:
    return str(uuid_of_id(name))


def item(report: Mapping[str, Any]) -> Item:
    """A call of the list, from its report."""
    same = ("transaction_id", "direction", "source_number", "destination_number")
    times = ("bill_sec", "record_seconds", "time_start_to_answer")
    rest = ("sip_user", "duration", "provider", "note", "tag", "call_out_price", "created_date", "last_updated_date")
    return {
        **{name: report[name] for name in same},
        "disposition": report["disposition"],
        **{name: report[name] for name in times},
        "recording_file": report["recording_file_url"],
        **{name: report[name] for name in rest},
        "is_voicemail": False,
        "recording_file_voicemail": "",
        "user": [{**one, "note": report["note"], "tag": _tags(report)} for one in report["user"]],
        "evaluations": None,
        "total_evaluate": None,
        "customer": report["customer"],
        "is_have_forward_out": report["is_have_forward_out"],
        "bill_sec_forward_out": 0,
    }


def detail(report: Mapping[str, Any]) -> Item:
    """A call by itself (OMICall, Call history, detail, answer)."""
    return {**item(report), "ivr": report["ivr"]}


def report_of(webhook: Webhook, call: Call, remarks: Mapping[str, Remark]) -> Item:
    """The report of `call` with what was noted since, and its disposition.

    `answered`, or `cancelled` for every call that nobody answered (OMICall, Call history, `disposition`).
    """
    report = omicall.OMICALL.render(webhook, call, Moment.REPORTED)
    report["disposition"] = "cancelled" if call.answered_at is None else "answered"
    return {**report, **remarks.get(report["transaction_id"], {})}


def _tags(report: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"name": name} for name in report["tag"]]


async def _found(log: CallLog, search: Search) -> AsyncIterator[Call]:
    offset = 0
    while True:
        found = log.find(search, offset=offset, limit=_AT_ONCE).calls
        for call in found:
            yield call
        if len(found) < _AT_ONCE:
            return
        offset += _AT_ONCE
        await asyncio.sleep(0)


_OF_THE_LOG: Final = frozenset({"from_date", "to_date", "page", "size", "disposition", "sip_user", "direction"})
_IGNORED: Final = frozenset({"user_uuids", "queue_destination"})
_BASES: Final[Mapping[str, Direction]] = {
    "inbound": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "local": Direction.OUTBOUND,
}


def _narrowed(search: Search, given: Mapping[str, Any]) -> Search:
    """`search` with what the log can filter by itself."""
    bases = {_BASES[word] for word in given.get("direction", ())}
    answered = {"answered": True, "cancelled": False}.get(given.get("disposition", ""))
    outcomes = tuple(one for one in Outcome if answered is None or (one is Outcome.ANSWERED) is answered)
    return replace(
        search,
        direction=bases.pop() if len(bases) == 1 else None,
        outcomes=None if answered is None else outcomes,
        extensions=(given["sip_user"],) if "sip_user" in given else None,
    )


def _is_all_said_by(given: Mapping[str, Any]) -> bool:
    """Whether the log filters by all that is asked for: which outbound calls are local, it does not know."""
    words = set(given.get("direction", ()))
    return given.keys() <= _OF_THE_LOG | _IGNORED and ("outbound" in words) is ("local" in words)


def _wanted(report: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    agents = [name.partition("@")[0] for name in given.get("agents", ())]
    word = given.get("keyword", "").lower()
    texts = ("source_number", "destination_number", "note", "transaction_id")
    return (
        given.get("disposition") in {None, report["disposition"]}
        and report["direction"] in (given.get("direction") or [report["direction"]])
        and given.get("sip_user") in {None, report["sip_user"]}
        and (not agents or any(_account(one["full_name_unsigned"]) in agents for one in report["user"]))
        and given.get("is_auto_call") in {None, report["is_auto_call"]}
        and given.get("source_number") in {None, report["source_number"]}
        and given.get("destination_number") in {None, report["destination_number"]}
        and report["sip_number"] in (given.get("sip_numbers") or [report["sip_number"]])
        and (not word or any(word in text.lower() for text in (*_names(report), *(report[name] for name in texts))))
    )


def _names(report: Mapping[str, Any]) -> list[str]:
    return [name for one in (report["customer"], *report["user"]) for name in one.values()]


def _account(name: str) -> str:
    words = name.lower().split()
    return f"{words[0]}.{words[-1]}"


def _local(ms: int) -> datetime:
    return local(datetime.fromtimestamp(ms / 1000, UTC))
