"""Endpoints whose door is not closed, or does not open."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import NoReturn

from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No, Receiver
from tests.zoo.wire import Answer, Request


@breaks("auth.accepts-key")
class AnotherKey(Receiver):
    """A key from last year."""

    key = "last-years-key"


@breaks("auth.accepts-key")
class BearerOnly(Receiver):
    """Wants `Bearer` in front of the key, which the provider does not send."""

    def knows(self, authorization: str | None) -> bool:
        scheme, _, rest = (authorization or "").partition(" ")
        return scheme == "Bearer" and rest == self.key


@breaks("auth.accepts-key")
class AnotherHeader(Receiver):
    """Looks for the key in X-Api-Key, and forbids."""

    def check_key(self, request: Request) -> None:
        if request.headers.get("x-api-key") != self.key:
            raise No(403, "forbidden")


@breaks(
    "auth.rejects-missing",
    "auth.rejects-wrong",
    tolerated={"auth.rejects-missing": "an open door lets in who carries nothing as well as who carries the wrong key"},
)
class OpenDoor(Receiver):
    """Takes calls from anybody."""

    def knows(self, authorization: str | None) -> bool:
        return True


@breaks("auth.rejects-missing")
class OptionalKey(Receiver):
    """Compares the key only when one is sent."""

    def knows(self, authorization: str | None) -> bool:
        return authorization is None or super().knows(authorization)


@breaks("auth.rejects-missing")
class AnswersStrangersKindly(Receiver):
    """200 with an error in the body, when the header lacks."""

    def check_key(self, request: Request) -> None:
        if "authorization" not in request.headers:
            raise No(200, "unauthorized")
        super().check_key(request)


@breaks("auth.rejects-wrong")
class AnyKey(Receiver):
    """Looks whether there is a key, not which."""

    def knows(self, authorization: str | None) -> bool:
        return bool(authorization)


@breaks("auth.rejects-wrong")
class SameLength(Receiver):
    """Compares the length of the key alone."""

    def knows(self, authorization: str | None) -> bool:
        return len(authorization or "") == len(self.key or "")


class NearMiss(Receiver):
    """Compares keys in a way of its own."""

    wanted = Receiver.key or ""


@breaks("auth.rejects-near-miss")
class StartsWithKey(NearMiss):
    """header.startswith(key): whatever follows is right, too."""

    def knows(self, authorization: str | None) -> bool:
        return (authorization or "").startswith(self.wanted)


@breaks("auth.rejects-near-miss")
class KeyStartsWith(NearMiss):
    """key.startswith(header), so that an empty header is right."""

    def knows(self, authorization: str | None) -> bool:
        return authorization is not None and self.wanted.startswith(authorization)


@breaks("auth.rejects-near-miss")
class FirstEightCharacters(NearMiss):
    """Compares the first eight characters."""

    def knows(self, authorization: str | None) -> bool:
        return (authorization or "")[:8] == self.wanted[:8]


@breaks("auth.rejects-near-miss")
class KeySomewhere(NearMiss):
    """key in header: it may stand anywhere."""

    def knows(self, authorization: str | None) -> bool:
        return self.wanted in (authorization or "")


@breaks("auth.rejects-near-miss")
class WithoutCase(NearMiss):
    """Compares in lower case."""

    def knows(self, authorization: str | None) -> bool:
        return (authorization or "").lower() == self.wanted.lower()


@breaks("auth.rejects-near-miss")
class ComparedWithLike(NearMiss):
    """SELECT 1 FROM partners WHERE key LIKE ?, with the header as the pattern."""

    def knows(self, authorization: str | None) -> bool:
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("PRAGMA case_sensitive_like = ON")
            return bool(database.execute("SELECT ? LIKE ?", (self.wanted, authorization)).fetchone()[0])


@breaks("auth.rejects-near-miss")
class LettersAndDigitsAlone(NearMiss):
    """Strips all but letters and digits before it compares."""

    def knows(self, authorization: str | None) -> bool:
        return re.sub(r"\W", "", authorization or "") == re.sub(r"\W", "", self.wanted)


@breaks("auth.rejects-near-miss")
class EmptyIsNoKey(NearMiss):
    """if header and header != key: an empty header is right."""

    def knows(self, authorization: str | None) -> bool:
        return authorization == "" or authorization == self.wanted


@breaks("auth.rejects-near-miss")
class LastEightCharacters(NearMiss):
    """Compares the last eight characters."""

    def knows(self, authorization: str | None) -> bool:
        return (authorization or "")[-8:] == self.wanted[-8:]


@breaks("auth.rejects-near-miss")
class EndsWithKey(NearMiss):
    """A pattern that is closed at its end only."""

    def knows(self, authorization: str | None) -> bool:
        return re.search(f"{re.escape(self.wanted)}x?$", authorization or "") is not None


@breaks("auth.refusal-status")
class CrashesWithoutKey(Receiver):
    """500, for the missing header is read without looking."""

    def check_key(self, request: Request) -> None:
        request.headers["authorization"]
        super().check_key(request)


@breaks("auth.refusal-status")
class ErrorForStrangers(Receiver):
    """500 for a wrong key: an assertion."""

    def refuse(self, request: Request) -> NoReturn:
        raise AssertionError


@breaks("auth.refusal-status")
class LoginPage(Receiver):
    """302 to the login page."""

    def refuse(self, request: Request) -> NoReturn:
        raise No(302, "log in", ("Location", "/login"))


@breaks("auth.refusal-status")
class HidesFromStrangers(Receiver):
    """404 for strangers."""

    def refuse(self, request: Request) -> NoReturn:
        raise No(404, "not found")


@breaks("auth.refused-has-no-effect", effects=True)
class WorksBeforeItAsks(Receiver):
    """Queues the call, then looks at the key."""

    def receive(self, request: Request) -> Answer:
        if request.method == "POST":
            try:
                self._process(request)
            except No as no:
                self.check_key(request)
                raise no from None
        self.check_key(request)
        return super().receive(replace(request))

    def _process(self, request: Request) -> None:
        event = self.read(request.body)
        self.check(event)
        if self.keep(event):
            self.work(event)


@breaks("auth.refused-has-no-effect", effects=True)
class RemembersStrangers(Receiver):
    """Writes refused calls down and takes them up once somebody is let in."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Event] = []

    def refuse(self, request: Request) -> NoReturn:
        event = self.parse(request.body)
        with self.lock:
            self.waiting.append(event)
        super().refuse(request)

    def work(self, event: Event) -> None:
        with self.lock:
            waiting, self.waiting = self.waiting, []
        for one in (*waiting, event):
            super().work(one)
