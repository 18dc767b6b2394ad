"""Endpoints for OMICall's webhooks in which nothing may be found."""

from __future__ import annotations

import json
from typing import Any

from tests.zoo.careful import careful_kind, webhooks_of
from tests.zoo.member import correct
from tests.zoo.receiver import Event, No
from tests.zoo.wire import Answer

_WEBHOOKS = webhooks_of("omicall")
_NAMES = tuple(webhook.name for webhook in _WEBHOOKS)
# A class that is made from the specification, so mypy cannot see what it is.
_Partner: Any = careful_kind(*_WEBHOOKS)
_MILLISECONDS = 10**10
_STEPS = {"ringing": 1, "answered": 2, "hangup": 3, "cdr": 4}


@correct(webhooks=_NAMES, key=None)
class NoKeyAtAll(_Partner):  # type: ignore[misc]
    """OMICall's documents know no key: an endpoint whose URL is the secret looks for none."""

    key = None


@correct(webhooks=_NAMES, effects=None)
class KeepsTheNewest(_Partner):  # type: ignore[misc]
    """One row for a call: a later state or a later report replaces what is there, an earlier one changes nothing."""

    def work(self, event: Event) -> None:
        call = event.get("transaction_id") or event["call_uuid"]
        age = _STEPS.get(event["state"], 0), event.get("last_updated_date", event.get("date_time", 0))
        with self.lock:
            calls = self.__dict__.setdefault("calls", {})
            if call not in calls or age >= calls[call][0]:
                calls[call] = age, event


@correct(webhooks=_NAMES)
class OneUnitOfTime(_Partner):  # type: ignore[misc]
    """Brings seconds and milliseconds into one unit by their size, and takes no time that is neither."""

    def check(self, event: Event) -> None:
        super().check(event)
        for name, value in event.items():
            is_time = isinstance(value, int) and ("time" in name or name.endswith("_date"))
            if is_time and not 0 < (value / 1000 if value > _MILLISECONDS else value) < _MILLISECONDS:
                raise No(422, name)


@correct(webhooks=_NAMES)
class Says201(_Partner):  # type: ignore[misc]
    """Answers 201 with what it made: any 2xx is taken for an acknowledgement, as none is documented."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(201, json.dumps({"state": event["state"]}).encode())
