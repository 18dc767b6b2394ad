"""Endpoints for VoipAppz's webhooks in which nothing may be found."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from tests.zoo.careful import careful, careful_kind, webhooks_of
from tests.zoo.member import CORRECT, correct
from tests.zoo.receiver import Event, No, Receiver
from tests.zoo.wire import Answer, Request

WEBHOOKS = webhooks_of("voipappz")
NAMES = tuple(one.name for one in WEBHOOKS)
Careful = careful_kind(*WEBHOOKS)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)


@correct(key=None, generated=12, webhooks=NAMES)
class StrictAboutValues(Careful):  # type: ignore[misc, valid-type]
    """Checks ids, times, digits and directions, and that what is told late fits; causes and types may be new words."""

    def check(self, event: Event) -> None:
        super().check(event)
        try:
            wrong = [name for name, holds in _checks(event) if not holds]
        except ValueError:
            wrong = ["created_at"]
        if wrong:
            raise No(422, ", ".join(wrong))


def _checks(event: Event) -> list[tuple[str, Any]]:
    return [
        ("uuid", re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event["uuid"])),
        ("created_at", datetime.fromisoformat(event["created_at"]).utcoffset() is not None),
        ("start_at", _TIME.fullmatch(event["start_at"])),
        ("answer_at", event["answer_at"] is None or _TIME.fullmatch(event["answer_at"])),
        ("direction", event["direction"].lower() in {"incoming", "outgoing"}),
        ("sip_status", event["sip_status"] is None or event["sip_status"].isdigit()),
        ("did_number", event["did_number"].isdigit()),
        ("duration", event["duration"] is None or event["duration"] >= 0),
        ("destination", event["destination"].removeprefix("+").isdigit() or event["destination"] == ""),
    ]


@correct(key=None, webhooks=NAMES)
class AsksForNothing(Careful):  # type: ignore[misc, valid-type]
    """Takes whatever is a JSON object: the body's template is the partner's own, so any field may lack."""

    def check(self, event: Event) -> None:
        """Nothing is demanded."""

    def work(self, event: Event) -> None:
        with self.lock:
            self.counts[str(event.get("uuid"))] += 1


_by_get = careful(*WEBHOOKS)
CORRECT.append(
    replace(
        _by_get,
        name="careful-partner-of-voipappz-by-get",
        about="Takes what voipappz is specified to send, in the query of a GET.",
        wishes=replace(_by_get.wishes, method="GET", generated=12),
    )
)

TEMPLATE = """{
  "callId": "{{uuid}}",
  "seconds": "{{duration}}",
  "rang": {{ring_duration}},
  "result": {{cause}},
  "way": "{{direction}}",
  "customer": {"number": "{{contact_number}}", "agent": {{user_fullname}}},
  "note": "told by {{environment_name}}",
  "source": "voip"
}
"""


@correct(key=None, generated=12, webhooks=NAMES, template=TEMPLATE)
class ToldTheTemplate(Receiver):
    """Knows the members of its own template and no field of the documents; takes POST and GET."""

    def check_method(self, request: Request) -> None:
        if request.method not in {"POST", "GET"}:
            raise No(405, "POST or GET", ("Allow", "GET, POST"))

    def check_key(self, request: Request) -> None:
        """No key is agreed."""

    def receive(self, request: Request) -> Answer:
        if request.method != "GET":
            return super().receive(request)
        event: Event = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        try:
            event |= {"rang": json.loads(event["rang"] or "null"), "customer": json.loads(event["customer"])}
        except (KeyError, ValueError, RecursionError):
            raise No(422, "rang and customer") from None
        event["result"] = event.get("result") or None
        self.check(event)
        if self.keep(event):
            self.work(event)
        return self.acknowledged(event)

    def check(self, event: Event) -> None:
        try:
            wrong = [name for name, holds in self.demands(event) if not holds]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise No(422, "not as the template has it") from None
        if wrong:
            raise No(422, ", ".join(wrong))

    def demands(self, event: Event) -> list[tuple[str, Any]]:
        """What the template promises of each member."""
        customer = event["customer"]
        return [
            ("callId", str(UUID(event["callId"])) == event["callId"]),
            ("seconds", event["seconds"] == "" or event["seconds"].isdigit()),
            ("rang", event["rang"] is None or int(event["rang"]) >= 0),
            ("result", event["result"] is None or event["result"].isprintable()),
            ("way", event["way"].lower() in {"incoming", "outgoing"}),
            ("customer.number", customer["number"] == "" or customer["number"].removeprefix("+").isdigit()),
            ("customer.agent", isinstance(customer["agent"], str | None)),
            ("note", event["note"].startswith("told by ")),
            ("source", event["source"] == "voip"),
        ]

    def identity(self, event: Event) -> object:
        return json.dumps(event, sort_keys=True)

    def work(self, event: Event) -> None:
        with self.lock:
            self.counts[event["callId"]] += 1


@correct(key=None, generated=12, webhooks=NAMES, method="GET", template=TEMPLATE)
class ToldTheTemplateByGet(ToldTheTemplate):
    """The same, sent by GET: the members of the template are parameters, an object among them is JSON."""
