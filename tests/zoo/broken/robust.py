"""Endpoints that break under what is no call."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from tests.zoo.member import breaks
from tests.zoo.receiver import MAX_BODY, TEXTS, Event, No, Receiver
from tests.zoo.server import Server
from tests.zoo.wire import Answer, Incoming, Request

FELLED = "what was felled before cannot be alive afterwards"


@breaks("robust.malformed-json")
class CrashesAtJson(Receiver):
    """500 for what is not JSON."""

    def parse(self, body: bytes) -> Any:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise No(400, "not UTF-8") from None
        try:
            return json.loads(text)
        except RecursionError:
            raise No(400, "too deep") from None


@breaks("robust.malformed-json")
class SwallowsErrors(Receiver):
    """200 for what is not JSON, and the call is lost."""

    def parse(self, body: bytes) -> Any:
        try:
            body.decode()
            return super().parse(body)
        except UnicodeDecodeError:
            raise No(400, "not UTF-8") from None
        except No as no:
            if body.count(b"[") > 1000:
                raise
            raise No(200, "received") from no


@breaks("robust.malformed-json", deadline_s=1.0)
class WaitsForABody(Receiver):
    """Waits for more when the body is empty."""

    def read(self, body: bytes) -> Event:
        if not body:
            time.sleep(2.5)
        return super().read(body)


@breaks("robust.malformed-json")
class TakesNan(Receiver):
    """Reads NaN, as Python does when it is not told otherwise."""

    def parse(self, body: bytes) -> Any:
        return super().parse(body.replace(b":NaN", b":null"))


@breaks("robust.malformed-json")
class EmptyIsFine(Receiver):
    """200 for an empty body: it must be a ping."""

    def read(self, body: bytes) -> Event:
        if not body:
            raise No(200, "pong")
        return super().read(body)


@breaks("robust.wrong-shape")
class ArrayCrashes(Receiver):
    """`list` has no attribute `get`."""

    def read(self, body: bytes) -> Event:
        event: Event = self.parse(body)
        event.get("call_id")
        return super().read(body)


@breaks("robust.wrong-shape")
class NullIsNoCall(Receiver):
    """200 for null: there is nothing to do."""

    def read(self, body: bytes) -> Event:
        if len(body) <= MAX_BODY and self.parse(body) is None:
            raise No(200, "nothing to do")
        return super().read(body)


@breaks("robust.wrong-shape")
class Batches(Receiver):
    """Takes an array for a batch, of which it reads the first call."""

    def parse(self, body: bytes) -> Any:
        document = super().parse(body)
        return document[0] if isinstance(document, list) and document else document


@breaks("robust.wrong-shape")
class IgnoresScalars(Receiver):
    """Answers 200 to a number or a text."""

    def parse(self, body: bytes) -> Any:
        document = super().parse(body)
        if isinstance(document, str | int):
            raise No(200, "fine")
        return document


@breaks("robust.missing-field")
class ReadsWithoutLooking(Receiver):
    """event["hotline"], which may not be there."""

    def check(self, event: Event) -> None:
        super().check({name: event[name] for name in (*TEXTS, "objectId")})


@breaks("robust.missing-field")
class ForgotOneField(Receiver):
    """Looks at all fields but one."""

    def check(self, event: Event) -> None:
        super().check({"userName": "", **event})

    def work(self, event: Event) -> None:
        event["userName"]
        super().work(event)


@breaks("robust.missing-field", deadline_s=1.0)
class WaitsForTheMissing(Receiver):
    """Looks a call without an id up, for ever."""

    def check(self, event: Event) -> None:
        if "call_id" not in event:
            time.sleep(2.5)
        super().check(event)


@breaks("robust.wrong-type")
class StripsNumbers(Receiver):
    """`int` has no attribute `strip`."""

    def check(self, event: Event) -> None:
        for name in TEXTS:
            event.get(name, "").strip()
        super().check(event)


@breaks("robust.wrong-type")
class NullIsThere(Receiver):
    """Looks whether a field is there, not whether it is null."""

    def check(self, event: Event) -> None:
        if "starttime" in event and event["starttime"] is None:
            raise TypeError("fromisoformat: argument must be str")
        super().check(event)


@breaks("robust.wrong-type")
class ObjectInTheId(Receiver):
    """Uses the id as a key, whatever it is."""

    def check(self, event: Event) -> None:
        hash(event.get("call_id"))
        super().check(event)


@breaks("robust.bad-encoding")
class Replaces(Receiver):
    """Decodes with replacement characters, and answers 200."""

    def parse(self, body: bytes) -> Any:
        return super().parse(body.decode("utf-8", "replace").encode())


@breaks("robust.bad-encoding")
class DecodesUnguarded(Receiver):
    """500 for what is not UTF-8."""

    def parse(self, body: bytes) -> Any:
        body.decode()
        return super().parse(body)


@breaks("robust.bad-encoding")
class IgnoresBytes(Receiver):
    """Leaves out what it cannot decode."""

    def parse(self, body: bytes) -> Any:
        return super().parse(body.decode("utf-8", "ignore").encode())


@breaks("robust.deep-nesting")
class Recursion(Receiver):
    """500 when the parser runs out of stack."""

    def parse(self, body: bytes) -> Any:
        try:
            return json.loads(body.decode(), parse_constant=_refuse)
        except ValueError:
            raise No(400, "not JSON") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


@breaks("robust.deep-nesting", deadline_s=1.0)
class QuadraticParser(Receiver):
    """A parser that takes ever longer."""

    def parse(self, body: bytes) -> Any:
        if body.count(b"[") > 1000:
            time.sleep(2.5)
        return super().parse(body)


@breaks("robust.large-body")
class LargeCrashes(Receiver):
    """500 for a body of 1 MiB: the proxy's buffer."""

    def read(self, body: bytes) -> Event:
        if len(body) > MAX_BODY:
            raise MemoryError
        return super().read(body)


@breaks("robust.large-body", deadline_s=1.0)
class StopsReading(Server):
    """Reads 256 KiB of a body and waits."""

    def read(self, incoming: Incoming) -> Request | None:
        head = incoming.head()
        if head and int(head.headers.get("content-length", "0")) > MAX_BODY:
            time.sleep(2.5)
            return None
        return replace(head, body=incoming.body(head)) if head else None


@breaks("robust.wrong-content-type")
class AnyType(Receiver):
    """Takes JSON under whatever name."""

    def check_media(self, request: Request) -> None:
        """Nothing is demanded."""


@breaks("robust.wrong-content-type")
class FormCrashes(Receiver):
    """500 for a form."""

    def check_media(self, request: Request) -> None:
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise KeyError("json")
        super().check_media(request)


class Mortal(Server):
    """May die."""

    def die(self) -> None:
        self.stop_listening()
        with self._lock:
            for sock in self._open:
                sock.shutdown(socket.SHUT_RDWR)


@breaks("robust.truncated-body", tolerated={"robust.alive-afterwards": FELLED})
class DiesOfHalfABody(Mortal):
    """The process ends when a sender dies."""

    def read(self, incoming: Incoming) -> Request | None:
        request = super().read(incoming)
        if request and len(request.body) < int(request.headers.get("content-length", "0")):
            self.die()
            return None
        return request


@breaks("robust.truncated-body", tolerated={"robust.alive-afterwards": FELLED}, deadline_s=1.0)
class WaitsForTheRest(Server):
    """One worker, which waits for the rest of a body that will never come."""

    concurrent = False
    keep_alive = False

    def read(self, incoming: Incoming) -> Request | None:
        request = super().read(incoming)
        if request and len(request.body) < int(request.headers.get("content-length", "0")):
            time.sleep(7.5)
            return None
        return request


@breaks("robust.generated", generated=100)
class CrashesAtNewWords(Receiver):
    """A table of directions, looked up without a default."""

    def check(self, event: Event) -> None:
        super().check(event)
        {"inbound": 1, "outbound": 2}[event["direction"]]


@breaks("robust.generated", generated=40)
class CrashesAtOddTimes(Receiver):
    """A time in another form is an error nobody catches."""

    def check(self, event: Event) -> None:
        super().check(event)
        for name in ("starttime", "answertime", "endtime"):
            if event[name]:
                datetime.fromisoformat(event[name])


@breaks("robust.generated", generated=40)
class OwnTransactionsOnly(Receiver):
    """Demands that a transaction id has the form of the sample."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["transactionID"] and not event["transactionID"].startswith("TRANSID_"):
            raise No(422, "transactionID")


class CountsBadRequests(Mortal):
    """Dies after a number of bad requests, each of which it answers as it should."""

    patience = 30

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver)
        self.bad = 0

    def stays(self, request: Request, answer: Answer) -> bool:
        self.bad += answer.status in {400, 413, 415, 422}
        return True

    def write(self, sock: socket.socket, answer: Answer) -> None:
        super().write(sock, answer)
        if self.bad >= self.patience:
            self.die()


breaks("robust.alive-afterwards", tolerated={"robust.missing-field": "the rule during which it died says so"})(
    CountsBadRequests
)


@breaks("robust.alive-afterwards")
class BansTheSender(Receiver):
    """403 for everybody after sixty bad requests: a firewall that means well."""

    def __init__(self) -> None:
        super().__init__()
        self.bad = 0

    def check_key(self, request: Request) -> None:
        super().check_key(request)
        if self.bad > 60:
            raise No(403, "banned")

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        self.bad += answer.status in {400, 413, 415, 422}
        return answer
