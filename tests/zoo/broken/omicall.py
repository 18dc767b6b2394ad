"""Endpoints for OMICall's webhooks that break one thing each, of what is this provider's own."""

from __future__ import annotations

import json
from typing import Any

from tests.zoo.careful import careful_kind, webhooks_of
from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No

_WEBHOOKS = webhooks_of("omicall")
_NAMES = tuple(webhook.name for webhook in _WEBHOOKS)
_LIVE = ("omicall.live",)
_CDR = ("omicall.cdr",)
# A class that is made from the specification, so mypy cannot see what it is.
_Partner: Any = careful_kind(*_WEBHOOKS)


@breaks("ack.local-call", webhooks=_NAMES)
class InboundOrOutbound(_Partner):  # type: ignore[misc]
    """Knows two directions, and forgot calls from one extension to another."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["direction"] not in {"inbound", "outbound"}:
            raise No(422, "direction")


@breaks("ack.local-call", webhooks=_CDR)
class EveryCallHasAHotline(_Partner):  # type: ignore[misc]
    """Looks the branch up by its hotline, which a call between two extensions has none of."""

    def work(self, event: Event) -> None:
        if not event["hotline"]:
            raise LookupError("hotline")
        super().work(event)


@breaks("order.report-again", webhooks=_CDR)
class InsertsReports(_Partner):  # type: ignore[misc]
    """INSERT under a unique transaction_id: a report with a note in it is a conflict."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            known = self.__dict__.setdefault("known", {}).setdefault(event["transaction_id"], event)
        if known["last_updated_date"] != event["last_updated_date"]:
            raise No(409, "known")
        return bool(super().keep(event))


@breaks("order.report-again", webhooks=_CDR)
class RefusesOldVersions(_Partner):  # type: ignore[misc]
    """Answers 412 to a version of a report that is older than the one it has, so that it is sent again and again."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            newest = self.__dict__.setdefault("newest", {})
            updated, call = event["last_updated_date"], event["transaction_id"]
            if updated < newest.get(call, 0):
                raise No(412, "older")
            newest[call] = updated
        return bool(super().keep(event))


@breaks("ack.running-call", webhooks=_LIVE)
class HungUpAlone(_Partner):  # type: ignore[misc]
    """Takes a call when it is over, and has no word for one that rings."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["state"] in {"ringing", "answered"}:
            raise No(422, "state")


@breaks("ack.status-changes", webhooks=_LIVE)
class OneStateOfACall(_Partner):  # type: ignore[misc]
    """A unique key on call_uuid: the second state of a call is a conflict."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            known = self.__dict__.setdefault("states", {}).setdefault(event["call_uuid"], event["state"])
        if known != event["state"]:
            raise No(409, "known")
        return bool(super().keep(event))


@breaks("order.reversed", webhooks=_LIVE)
class OneWayThroughTheStates(_Partner):  # type: ignore[misc]
    """A state machine: what was hung up cannot ring."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            over = self.__dict__.setdefault("over", set())
            if event["state"] == "hangup":
                over.add(event["call_uuid"])
            elif event["call_uuid"] in over:
                raise No(409, "over")
        return bool(super().keep(event))


@breaks("order.status-change-kept", webhooks=_LIVE, effects=True)
class FirstStateOfACall(_Partner):  # type: ignore[misc]
    """Takes the end of a call for a copy of its ringing: both have one call_uuid."""

    def identity(self, event: Event) -> object:
        return event["call_uuid"]


@breaks("compat.unknown-event-type", webhooks=_LIVE)
class ThreeStates(_Partner):  # type: ignore[misc]
    """Knows the three states that are documented, and refuses those of later versions."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["state"] not in {"ringing", "answered", "hangup"}:
            raise No(422, "state")


@breaks("idempotency.processed-once", webhooks=_CDR, effects=True)
class CountsEveryReport(_Partner):  # type: ignore[misc]
    """Adds the seconds of every report to the bill, however often it comes."""

    def keep(self, event: Event) -> bool:
        return True


@breaks("idempotency.processed-once", webhooks=_CDR, effects=True)
class TellsCopiesByTheirBytes(_Partner):  # type: ignore[misc]
    """Takes a report that comes again for a new one: its counter of tries has changed."""

    def identity(self, event: Event) -> object:
        return json.dumps(event, sort_keys=True)


@breaks("idempotency.duplicate", webhooks=_CDR)
class FirstTriesAlone(_Partner):  # type: ignore[misc]
    """Refuses what was tried before, so that a report whose answer was lost comes again until it is given up."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["send_num_retry"] > 1:
            raise No(409, "tried before")


@breaks("ack.every-outcome", webhooks=_CDR)
class FetchesEveryRecording(_Partner):  # type: ignore[misc]
    """urlopen(recording_file_url), which is empty for a call that nobody answered."""

    def work(self, event: Event) -> None:
        if not event["recording_file_url"].startswith("http"):
            raise ValueError("unknown url type")
        super().work(event)


@breaks("ack.unusual-text", webhooks=_CDR)
class KnowsTwoEnds(_Partner):  # type: ignore[misc]
    """The one word for who ended a call that is published, and a guess at another."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["endby_name"] not in {"end_call_by_customer", "end_call_by_user", "end_call_by_system"}:
            raise No(422, "endby_name")


@breaks("ack.unusual-calls", webhooks=_CDR)
class TagsAreNone(_Partner):  # type: ignore[misc]
    """Knows the empty array of the sample alone."""

    def check(self, event: Event) -> None:
        super().check(event)
        if len(event["tag"]) > 1:
            raise No(422, "tag")
