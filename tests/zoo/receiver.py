"""A careful partner: what every member of the zoo is but for one thing."""

from __future__ import annotations

import hmac
import json
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, NoReturn
from urllib.parse import unquote

from tests.zoo.wire import Answer, Request

KEY = "k3y-Of-The-Partner-42"
WEBHOOK = "/api/alohub/webhook"
CALLS = "/calls/"

TEXTS = (
    "call_id", "call_status", "direction", "caller_number", "destination_number", "starttime", "answertime", "endtime",
    "hangup_by", "hotline", "total_duration", "holding_duration", "recording_url", "transactionID", "userName",
    "eventType",
)  # fmt: skip
NUMBER = "objectId"
MAX_BODY = 256 * 1024

Event = dict[str, Any]


def now() -> datetime:
    """The time on the partner's wall, which shows Vietnam's: calls are told in it, without a zone."""
    return datetime.now(timezone(timedelta(hours=7))).replace(tzinfo=None)


class No(Exception):
    """The request is answered with something else than 200."""

    def __init__(self, status: int, reason: str, *headers: tuple[str, str]) -> None:
        super().__init__(reason)
        body = json.dumps({"error": reason}).encode()
        self.answer = Answer(status, body, (("Content-Type", "application/json"), *headers))


class Receiver:
    """Checks the key, then the message; keeps every event once; answers 200. Members override one step."""

    key: ClassVar[str | None] = KEY

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: set[object] = set()
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """What the partner answers. A defect reads as a 500 without details."""
        try:
            if request.path.startswith(CALLS):
                return self.effects(unquote(request.path.removeprefix(CALLS)))
            return self.receive(request)
        except No as no:
            return no.answer
        except Exception:
            return self.defect()

    def receive(self, request: Request) -> Answer:
        """The way of a message through the house, step by step."""
        self.check_method(request)
        self.check_key(request)
        self.check_media(request)
        event = self.read(request.body)
        self.check(event)
        if self.keep(event):
            self.work(event)
        return self.acknowledged(event)

    def check_method(self, request: Request) -> None:
        if request.method != "POST":
            raise No(405, "POST only", ("Allow", "POST"))

    def check_key(self, request: Request) -> None:
        if self.key is not None and not self.knows(request.headers.get("authorization")):
            self.refuse(request)

    def knows(self, authorization: str | None) -> bool:
        """Whether that is the agreed key."""
        return hmac.compare_digest((authorization or "").encode(), (self.key or "").encode())

    def refuse(self, request: Request) -> NoReturn:
        raise No(401, "wrong or missing key", ("WWW-Authenticate", "Key"))

    def check_media(self, request: Request) -> None:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise No(415, "application/json only")

    def read(self, body: bytes) -> Event:
        """The event in `body`."""
        if len(body) > MAX_BODY:
            raise No(413, "too long for a call")
        document = self.parse(body)
        if not isinstance(document, dict):
            raise No(400, "wanted an object")
        return document

    def parse(self, body: bytes) -> Any:
        try:
            return json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise No(400, "not JSON") from None

    def check(self, event: Event) -> None:
        """Every field is there and of its type; words and forms are not looked at."""
        wrong = [name for name in TEXTS if not isinstance(event.get(name), str)]
        if not isinstance(event.get(NUMBER), int) or isinstance(event[NUMBER], bool):
            wrong.append(NUMBER)
        if wrong:
            raise No(422, f"missing or of a wrong type: {', '.join(wrong)}")

    def identity(self, event: Event) -> object:
        """What makes two messages copies of one event."""
        return event["call_id"], event["call_status"], event["endtime"]

    def keep(self, event: Event) -> bool:
        """Remember the event; whether it is new."""
        with self.lock:
            identity = self.identity(event)
            new = identity not in self.seen
            self.seen.add(identity)
            return new

    def work(self, event: Event) -> None:
        """The partner's own work, which `effects` shows."""
        with self.lock:
            self.counts[event["call_id"]] += 1

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200)

    def defect(self) -> Answer:
        return Answer(500, b'{"error": "internal"}')

    def effects(self, call_id: str) -> Answer:
        """How often a call was processed."""
        with self.lock:
            count = self.counts[call_id]
        if not count:
            raise No(404, "unknown call")
        return Answer(200, json.dumps({"count": count, "events": ["…"] * count}).encode())


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
