"""Endpoints in which nothing may be found: many styles of keeping the same contract."""

from __future__ import annotations

import gzip
import json
import random
import select
import socket
import ssl
import threading
import time
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

import trustme

from tests.zoo import correct_alohaa, correct_omicall, correct_signed, correct_voipappz
from tests.zoo.careful import CAREFUL
from tests.zoo.framework import uvicorn_server, werkzeug_server, wsgiref_server
from tests.zoo.member import CORRECT, Member, Wishes, correct
from tests.zoo.receiver import NUMBER, TEXTS, Event, No, Receiver, now
from tests.zoo.server import Server, TlsServer, certified
from tests.zoo.wire import Answer, Incoming, Request, has_body, head_of, length_of


@correct(generated=12)
class Threaded(Server):
    """A thread for each kept-alive connection."""


@correct()
class OneRequestAtATime(Server):
    """A single worker that closes every connection after its answer."""

    concurrent = False
    keep_alive = False


@correct()
class OneConnectionAtATime(Server):
    """A single worker that serves one kept-alive connection until it is closed; others wait in the backlog."""

    concurrent = False


@correct()
class ClosesEveryConnection(Server):
    """HTTP/1.1 with `Connection: close` in every answer."""

    keep_alive = False


@correct()
class OldHttp(Server):
    """HTTP/1.0: the end of the connection is the end of the answer."""

    version = "HTTP/1.0"
    keep_alive = False
    says_close = False

    def write(self, sock: socket.socket, answer: Answer) -> None:
        sock.sendall(head_of(answer, version=self.version) + answer.body)


@correct()
class HangsUpUnannounced(Server):
    """Closes every connection right after the answer, and does not say so."""

    keep_alive = False
    says_close = False


@correct()
class HangsUpWhenIdle(Server):
    """Closes a kept-alive connection unannounced after 5 ms of silence."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        super().write(sock, answer)
        if not select.select([sock], [], [], 0.005)[0]:
            raise TimeoutError


@correct()
class RetiresConnections(Server):
    """Closes a connection after every seventh answer, and says so."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver)
        self._served = 0

    def stays(self, request: Request, answer: Answer) -> bool:
        self._served += 1
        return self._served % 7 != 0


@correct()
class Chunked(Server):
    """Answers with a chunked body."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        sock.sendall(head_of(answer, framing=(("Transfer-Encoding", "chunked"),)) + chunked(answer.body))


@correct()
class ChunkedWithTrailers(Server):
    """Answers with a chunked body, an extension and trailers."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        framing = (("Transfer-Encoding", "chunked"), ("Trailer", "Server-Timing"))
        body = chunked(answer.body, extension=b";part=1", trailers=b"Server-Timing: app;dur=1\r\n")
        sock.sendall(head_of(answer, framing=framing) + body)


def chunked(body: bytes, *, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in (body[:5], body[5:]) if part)
    return chunks + b"0\r\n" + trailers + b"\r\n"


@correct()
class EmptyAnswer(Receiver):
    """200 with `Content-Length: 0` and nothing else."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200, b"", ())


@correct()
class PlainTextAnswer(Receiver):
    """200 with `OK` as plain text."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200, b"OK\n", (("Content-Type", "text/plain; charset=utf-8"),))


@correct()
class MislabelledAnswer(Receiver):
    """200 with text that claims to be JSON."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200, b"received\xff")


@correct()
class ForbidsStrangers(Receiver):
    """403 with a page of HTML for strangers, 400 for everything that is wrong with a message."""

    def refuse(self, request: Request) -> NoReturn:
        no = No(403, "forbidden")
        no.answer = Answer(403, b"<html><h1>Forbidden</h1></html>", (("Content-Type", "text/html"),))
        raise no

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No:
            raise No(400, "bad request") from None


@correct()
class InterimAnswers(Server):
    """Sends 100 Continue and 103 Early Hints before every answer, unasked."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n")
        super().write(sock, answer)


@correct(deadline_s=1.5)
class SlowButInTime(Receiver):
    """Takes 30 ms of a deadline of 1.5 seconds for every call, many at a time."""

    def work(self, event: Event) -> None:
        time.sleep(0.03)
        super().work(event)


class SlowSingleWorker(Receiver):
    """Takes 20 ms of a deadline of two seconds for every call, one at a time."""

    def work(self, event: Event) -> None:
        time.sleep(0.02)
        super().work(event)


correct(server=OneRequestAtATime, deadline_s=2.0)(SlowSingleWorker)


@correct(deadline_s=2.0)
class Jitter(Receiver):
    """Takes between nothing and 40 ms of a deadline of two seconds."""

    def receive(self, request: Request) -> Answer:
        time.sleep(random.random() * 0.04)
        return super().receive(request)


@correct()
class WorksLater(Receiver):
    """Answers at once and works 0.5 s later."""

    def work(self, event: Event) -> None:
        later = threading.Timer(0.5, super().work, (event,))
        later.daemon = True
        later.start()


@correct(generated=12)
class Lenient(Receiver):
    """Takes whatever is a JSON object: fields may lack, be of any type, or hold any word."""

    def check(self, event: Event) -> None:
        """Nothing is demanded."""

    def identity(self, event: Event) -> object:
        return json.dumps([event.get("call_id"), event.get("call_status"), event.get("endtime")])

    def work(self, event: Event) -> None:
        with self.lock:
            self.counts[str(event.get("call_id"))] += 1


_TIME = "%Y-%m-%d %H:%M:%S"


@correct(generated=12)
class VeryStrict(Receiver):
    """Checks what the field table says of every field: ids, times, digits, sides, and times that fit each other.

    Words that the documents leave open (statuses, event types) and fields it does not know are taken.
    """

    def check(self, event: Event) -> None:
        super().check(event)
        start, answer, end = (self._time(event, name) for name in ("starttime", "answertime", "endtime"))
        self._demand(start is not None, "starttime")
        self._demand(not (start and answer) or start <= answer, "answertime before starttime")
        self._demand(not (answer and end) or answer <= end, "endtime before answertime")
        self._demand(end is None or end <= now(), "endtime in the future")
        self._demand(event["call_id"][:14].isdigit() and len(event["call_id"]) <= 64, "call_id")
        self._demand(event["direction"] in {"inbound", "outbound"}, "direction")
        self._demand(event["hangup_by"] in {"customer", "agent", "system", ""}, "hangup_by")
        self._demand(event["recording_url"] == "" or event["recording_url"].startswith("http"), "recording_url")
        for name in ("total_duration", "holding_duration", "destination_number"):
            self._demand(event[name] == "" or event[name].isdigit(), name)
        for name in ("caller_number", "hotline"):
            self._demand(event[name] == "" or event[name].removeprefix("+").isdigit(), name)

    def _time(self, event: Event, name: str) -> datetime | None:
        try:
            return datetime.strptime(event[name], _TIME) if event[name] else None  # noqa: DTZ007 - it has no zone
        except ValueError:
            raise No(422, name) from None

    def _demand(self, holds: object, name: str) -> None:
        if not holds:
            raise No(422, name)


@correct()
class LooksBeforeItReads(Server):
    """Answers strangers, other methods and large bodies from the headers alone, and closes with the body unread."""

    def read(self, incoming: Incoming) -> Request | None:
        head = incoming.head()
        if head is None or self._refusal(head):
            return head
        return replace(head, body=incoming.body(head))

    def stays(self, request: Request, answer: Answer) -> bool:
        return not self._refusal(request)

    def _refusal(self, head: Request) -> bool:
        try:
            self.receiver.check_method(head)
            self.receiver.check_key(head)
        except No:
            return head.method != "GET"
        return int(head.headers.get("content-length", "0")) > 65536


@correct()
class TwoPackets(Server):
    """Sends headers and body in packets of their own."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        sock.sendall(head_of(answer, framing=length_of(answer)))
        time.sleep(0.002)
        sock.sendall(answer.body if has_body(answer) else b"")


@correct()
class ByteByByte(Server):
    """Sends its answers byte by byte."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        for byte in head_of(answer, framing=length_of(answer)) + answer.body:
            sock.send(bytes((byte,)))


@correct()
class Terse(Server):
    """A status line without a reason, header names in lower case, values without a space before them."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        lines = [f"{name.lower()}:{value}" for name, value in (*answer.headers, *length_of(answer))]
        sock.sendall("\r\n".join((f"HTTP/1.1 {answer.status}", *lines, "", "")).encode() + answer.body)


@correct(key=None)
class OpenByAgreement(Receiver):
    """No key was agreed, and none is asked for."""

    key = None


class TakesBearer(Receiver):
    """Takes the key as agreed, and behind `Bearer` as well."""

    def knows(self, authorization: str | None) -> bool:
        scheme, _, rest = (authorization or "").partition(" ")
        return super().knows(rest if scheme.lower() == "bearer" else authorization)


correct()(TakesBearer)


@correct(key="Bearer k3y-Of-The-Partner-42")
class WantsBearer(TakesBearer):
    """The agreed key has a scheme in front, which counts without regard to case (RFC 9110, 11.1)."""


@correct(key="Basic YWxvaHViOms=")
class WantsBasic(Receiver):
    """The agreed key is a user and password in base64, decoded as leniently as most libraries do."""

    def knows(self, authorization: str | None) -> bool:
        scheme, _, rest = (authorization or "").partition(" ")
        letters = rest.partition("=")[0]
        return scheme.lower() == "basic" and letters == "YWxvaHViOms"


@correct(key="1234")
class ShortKey(Receiver):
    """A key of four digits."""

    key = "1234"


@correct(effects="/events")
class EffectsAsArray(Receiver):
    """Shows the events of a call as an array."""


@correct()
class ManyHeaders(Receiver):
    """Sends cookies, dates and policies with every answer."""

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        more = (
            ("Server", "nginx/1.27.0 (Ubuntu) " + "module/1.0 " * 40),
            ("Date", "Sat, 13 Jan 2024 08:05:31 GMT"),
            *(("Set-Cookie", f"session{number}={'0' * 500}; Path=/; HttpOnly") for number in range(6)),
            ("Content-Security-Policy", "default-src 'none'; " * 30),
        )
        return replace(answer, headers=(*answer.headers, *more))


@correct(effects=None)
class Compressed(Receiver):
    """Compresses its answers, asked or not."""

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        headers = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(answer, body=gzip.compress(answer.body), headers=headers)


@correct()
class ClosesOnErrors(Server):
    """Keeps the connection after a 200 and closes it after anything else."""

    def stays(self, request: Request, answer: Answer) -> bool:
        return answer.status == 200


@correct()
class InternetProtocolSix(Server):
    """Listens on ::1."""

    host = "::1"


@correct()
class Redirects(Receiver):
    """Sends people who come with a browser to its front page."""

    def check_method(self, request: Request) -> None:
        if request.method == "GET":
            raise No(302, "see the front page", ("Location", "/"))
        super().check_method(request)


@correct()
class HidesFromOthers(Receiver):
    """404 for every method but POST."""

    def check_method(self, request: Request) -> None:
        if request.method != "POST":
            raise No(404, "nothing here")


@correct()
class OneAtATimePerCall(Receiver):
    """Holds a lock for each call while it works on it, as `SELECT … FOR UPDATE` does."""

    def __init__(self) -> None:
        super().__init__()
        self._locks: dict[str, threading.Lock] = {}

    def keep(self, event: Event) -> bool:
        with self.lock:
            lock = self._locks.setdefault(event["call_id"], threading.Lock())
        with lock:
            time.sleep(0.01)
            return super().keep(event)


@correct()
class OnlyWhatItKnows(Receiver):
    """Picks the fields it knows and stores those of the right type; a message without an id is rejected."""

    def check(self, event: Event) -> None:
        known: dict[str, Any] = {name: event[name] for name in (*TEXTS, NUMBER) if name in event}
        if not isinstance(known.get("call_id"), str) or not known["call_id"]:
            raise No(400, "call_id")

    def identity(self, event: Event) -> object:
        return repr([event.get(name) for name in ("call_id", "call_status", "endtime")])


@correct()
class SpeaksProblemJson(Receiver):
    """Errors as RFC 9457 has them, with the field that is wrong and a pointer to it."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No as no:
            body = json.dumps({"type": "about:blank", "title": str(no), "status": 422, "at": ["body", "call_id"]})
            no.answer = Answer(422, body.encode(), (("Content-Type", "application/problem+json"),))
            raise


@correct()
class Encrypted(TlsServer):
    """https, with the certificate of an authority that is trusted."""


@correct(insecure=True)
class EncryptedAtHome(TlsServer):
    """https with a certificate of its own, checked with --insecure."""

    def context(self) -> ssl.SSLContext:
        return certified(trustme.CA().issue_cert("crm.example"))


_COUNTED = Wishes(effects="/count")
CORRECT += [
    Member("wsgiref", "HTTP/1.0, one request at a time: Python's own server.", wsgiref_server, _COUNTED),
    Member("werkzeug", "HTTP/1.1 with threads: Flask's server.", werkzeug_server, _COUNTED),
    Member("uvicorn-h11", "asyncio: uvicorn with h11.", uvicorn_server("h11"), _COUNTED),
    Member("uvicorn-httptools", "asyncio: uvicorn with httptools.", uvicorn_server("httptools"), _COUNTED),
]
"""Members that are no class of the zoo."""

__all__ = ["CORRECT", "correct_alohaa", "correct_omicall", "correct_signed", "correct_voipappz"]


CORRECT.extend(CAREFUL)
