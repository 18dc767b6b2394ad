"""Endpoints for Alohaa's webhooks in which nothing may be found."""

from __future__ import annotations

import json
from typing import Any

from tests.zoo.careful import careful_kind, webhooks_of
from tests.zoo.member import correct
from tests.zoo.receiver import Event, No
from tests.zoo.wire import Answer

_WEBHOOKS = webhooks_of("alohaa")
_NAMES = tuple(webhook.name for webhook in _WEBHOOKS)
# A class that is made from the specification, so mypy cannot see what it is.
_Partner: Any = careful_kind(*_WEBHOOKS)


@correct(webhooks=_NAMES, key=None)
class NoHeaderOfItsOwn(_Partner):  # type: ignore[misc]
    """Alohaa's header is optional: an endpoint whose URL is the secret looks for none."""

    key = None


@correct(webhooks=_NAMES)
class CreatesCalls(_Partner):  # type: ignore[misc]
    """Answers 201 with what it made: any 2xx is taken for an acknowledgement, as none is documented."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(201, json.dumps({"created": event.get("call_id")}).encode())


@correct(webhooks=_NAMES)
class OneFormOfACall(_Partner):  # type: ignore[misc]
    """Brings seconds and HH:MM:SS, numbers with and without 91, and all words for a status into one form."""

    def check(self, event: Event) -> None:
        super().check(event)
        try:
            duration = event.get("call_duration", 0)
            parts = [int(part) for part in str(duration).split(":")]
            sum(part * 60**place for place, part in enumerate(reversed(parts)))
            event.get("caller_number", "").removeprefix("91")
            str(event.get("call_status", event.get("status"))).upper()
        except (ValueError, AttributeError):
            raise No(422, "of another form") from None
