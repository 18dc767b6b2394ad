"""Endpoints that break with what a provider may add or write differently tomorrow."""

from __future__ import annotations

import re

from tests.zoo.member import breaks
from tests.zoo.receiver import NUMBER, TEXTS, Event, No, Receiver
from tests.zoo.wire import Request

STATUSES = {"answered", "no_answer", "missed", "busy", "failed", "canceled"}


@breaks("compat.unknown-field")
class NoOtherFields(Receiver):
    """additionalProperties: false, in its own schema."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not event.keys() <= {*TEXTS, NUMBER}:
            raise No(422, "additional properties")


@breaks("compat.unknown-field")
class TooManyArguments(Receiver):
    """Event(**payload): one argument too many."""

    def work(self, event: Event) -> None:
        if not event.keys() <= {*TEXTS, NUMBER}:
            raise TypeError("unexpected keyword argument")
        super().work(event)


@breaks("compat.unknown-field")
class FlatOnly(Receiver):
    """Writes every field into a column, so none may be an object or array."""

    def check(self, event: Event) -> None:
        super().check(event)
        if any(isinstance(value, dict | list) for value in event.values()):
            raise No(400, "wanted plain values")


@breaks("compat.unknown-status")
class ClosedStatuses(Receiver):
    """An enumeration of the statuses it was told."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["call_status"] not in STATUSES:
            raise No(422, "call_status")


@breaks("compat.unknown-status")
class CrashesAtNewStatus(Receiver):
    """A table of statuses, looked up without a default."""

    def work(self, event: Event) -> None:
        dict.fromkeys(STATUSES)[event["call_status"]]
        super().work(event)


@breaks("compat.unknown-status")
class NoSpacesInStatus(Receiver):
    """A status is one word."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not re.fullmatch("[a-z_]+", event["call_status"]):
            raise No(422, "call_status")


@breaks("compat.unknown-event-type")
class CallsOnly(Receiver):
    """400 for events that are no calls."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["eventType"] != "call":
            raise No(400, "eventType")


@breaks("compat.unknown-event-type")
class NoSuchEvent(Receiver):
    """A dispatch table without a default."""

    def work(self, event: Event) -> None:
        {"call": super().work}[event["eventType"]](event)


@breaks("compat.json-layout")
class MatchesText(Receiver):
    """Reads the id with a regular expression, as compact JSON has it."""

    def check_media(self, request: Request) -> None:
        super().check_media(request)
        if re.match(rb"\s*\{\s*\S+\s*:", request.body) and b"\\u0063" in request.body:
            raise No(400, "no call_id")


@breaks("compat.json-layout")
class FirstFieldFirst(Receiver):
    """The id has to come first."""

    def check(self, event: Event) -> None:
        super().check(event)
        if next(iter(event)) != "call_id":
            raise No(400, "wanted call_id first")


@breaks("compat.json-layout")
class OneLine(Receiver):
    """Reads one line."""

    def check_media(self, request: Request) -> None:
        super().check_media(request)
        if request.body[:1].isspace() and request.body.lstrip()[:1] == b"{":
            raise No(400, "empty line")


@breaks("compat.content-type-charset")
class LiteralType(Receiver):
    """Compares the whole header."""

    def check_media(self, request: Request) -> None:
        if request.headers.get("content-type") != "application/json":
            raise No(415, "application/json only")


@breaks("compat.content-type-charset")
class UnknownCharset(Receiver):
    """Knows utf-8 in small letters alone."""

    def check_media(self, request: Request) -> None:
        super().check_media(request)
        _, _, charset = request.headers.get("content-type", "").partition("charset=")
        if charset not in {"", "utf-8"}:
            raise LookupError(charset)
