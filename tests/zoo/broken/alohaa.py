"""Endpoints for Alohaa's webhooks that break one thing each, of what is this provider's own."""

from __future__ import annotations

from typing import Any

from tests.zoo.careful import careful_kind, webhooks_of
from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No

_WEBHOOKS = webhooks_of("alohaa")
_NAMES = tuple(webhook.name for webhook in _WEBHOOKS)
_INCOMING = ("alohaa.incoming-call",)
_OUTGOING = ("alohaa.outgoing-call",)
# A class that is made from the specification, so mypy cannot see what it is.
_Partner: Any = careful_kind(*_WEBHOOKS)


def _is_completed(event: Event) -> bool:
    return "ended_at" in event


@breaks("ack.every-outcome", webhooks=_NAMES)
class CountsEveryDurationInSeconds(_Partner):  # type: ignore[misc]
    """int(call_duration), which an outgoing call is fine with and an incoming one is not."""

    def work(self, event: Event) -> None:
        if not str(event.get("call_duration", 0)).isdecimal() and isinstance(event.get("call_duration"), str):
            raise No(422, "call_duration")
        super().work(event)


@breaks("ack.unusual-calls", webhooks=_INCOMING)
class CallsLastNoHour(_Partner):  # type: ignore[misc]
    """Reads HH:MM:SS by its minutes and seconds, and takes an hour for a mistake."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not event.get("call_duration", "00:").startswith("00:"):
            raise No(422, "call_duration")


@breaks("ack.running-call", webhooks=_INCOMING)
class KnowsCompletedCallsAlone(_Partner):  # type: ignore[misc]
    """event["ended_at"], which is not there when an agent is dialled."""

    def work(self, event: Event) -> None:
        event["ended_at"]
        super().work(event)


@breaks("ack.status-changes", webhooks=_INCOMING)
class OneEventOfACall(_Partner):  # type: ignore[misc]
    """A unique key on call_id: the completion of a call that was dialled is a conflict."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            kinds = self.__dict__.setdefault("kinds", {})
            known = kinds.setdefault(event["call_id"], _is_completed(event))
        if known is not _is_completed(event):
            raise No(409, "known")
        return bool(super().keep(event))


@breaks("order.reversed", webhooks=_INCOMING)
class CompletedForGood(_Partner):  # type: ignore[misc]
    """A state machine: a call that is completed cannot be dialled."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            over = self.__dict__.setdefault("over", set())
            if _is_completed(event):
                over.add(event["call_id"])
            elif event["call_id"] in over:
                raise No(409, "over")
        return bool(super().keep(event))


@breaks("order.status-change-kept", webhooks=_INCOMING, effects=True)
class FirstEventOfACall(_Partner):  # type: ignore[misc]
    """Takes the completion of a call for a copy of its dialling: both have one call_id."""

    def identity(self, event: Event) -> object:
        return event["call_id"]


@breaks("compat.optional-field", webhooks=_INCOMING)
class NewestPageAlone(_Partner):  # type: ignore[misc]
    """event["webhook_type"], which an older version of the provider's page does not have."""

    def work(self, event: Event) -> None:
        event["webhook_type"]
        super().work(event)


@breaks("compat.unknown-event-type", webhooks=_INCOMING)
class TwoKinds(_Partner):  # type: ignore[misc]
    """Knows the two kinds of events that there are."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event.get("webhook_type") not in {None, "dial_on_agent", "call_completion"}:
            raise No(422, "webhook_type")


@breaks("ack.every-outcome", webhooks=_OUTGOING)
class TwoColumnsOfCauses(_Partner):  # type: ignore[misc]
    """A table of hang-up causes by side, so without `network_error`, which is the same for both."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event.get("hangup_cause") == "network_error":
            raise No(422, "hangup_cause")


@breaks("ack.unusual-text", webhooks=_OUTGOING)
class TenDigits(_Partner):  # type: ignore[misc]
    """A number has ten digits, and never the country's code before them."""

    def check(self, event: Event) -> None:
        super().check(event)
        if any(len(event[name]) != 10 for name in ("caller_number", "receiver_number")):
            raise No(422, "number")


@breaks("ack.unusual-calls", webhooks=_OUTGOING)
class FlatColumns(_Partner):  # type: ignore[misc]
    """Writes every field into a column, and has none for the metadata, which are an object."""

    def check(self, event: Event) -> None:
        super().check(event)
        if isinstance(event.get("metadata"), dict):
            raise No(422, "metadata")


@breaks("ack.unusual-calls", webhooks=_INCOMING)
class KeysAreDigits(_Partner):  # type: ignore[misc]
    """int(dtmfcode), though a telephone has a star and a hash as well."""

    def work(self, event: Event) -> None:
        int(event.get("dtmfcode") or 0)
        super().work(event)


@breaks("compat.unknown-status", webhooks=("alohaa.campaign",))
class TwoStatuses(_Partner):  # type: ignore[misc]
    """ANSWERED and UNANSWERED; the page says that there are more."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event.get("status", "ANSWERED") not in {"ANSWERED", "UNANSWERED"}:
            raise No(422, "status")
