"""Endpoints that do not acknowledge every call, or not with 200."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No, Receiver
from tests.zoo.server import Server
from tests.zoo.wire import Answer, Incoming, Request

ENDED_FIELDS = ("endtime", "hangup_by", "total_duration", "holding_duration")


@breaks("ack.exactly-200")
class NoContent(Receiver):
    """204, as guides to REST advise."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(204, b"", ())


@breaks("ack.exactly-200")
class Accepted(Receiver):
    """202, because the work is done later."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(202)


@breaks("ack.exactly-200")
class CreatedWhenNew(Receiver):
    """201 for a new call, 200 for a copy."""

    def keep(self, event: Event) -> bool:
        self.new = super().keep(event)
        return self.new

    def acknowledged(self, event: Event) -> Answer:
        return Answer(201 if self.new else 200)


@breaks("ack.exactly-200")
class RedirectsToSlash(Receiver):
    """308 to the same path with a slash."""

    def receive(self, request: Request) -> Answer:
        answer = super().receive(request)
        return Answer(308, b"", (("Location", f"{request.path}/"),)) if answer.status == 200 else answer


@breaks("ack.exactly-200")
class FoundThere(Receiver):
    """302 to a page that says thanks."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(302, b"", (("Location", "/thanks"),))


@breaks("ack.exactly-200")
class AcceptedForBusy(Receiver):
    """202 for calls it has no use for."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(200 if event["call_status"] == "answered" else 202)


@breaks("ack.exactly-200")
class AlreadyReported(Receiver):
    """208 for copies."""

    def keep(self, event: Event) -> bool:
        if not super().keep(event):
            raise No(208, "already reported")
        return True


@breaks("ack.every-outcome")
class CrashesWhenBusy(Receiver):
    """A missing branch for one outcome."""

    def work(self, event: Event) -> None:
        if event["call_status"] == "busy":
            raise KeyError(event["call_status"])
        super().work(event)


@breaks("ack.every-outcome", tolerated={"ack.running-call": "inbound calls may be running, too"})
class OutboundOnly(Receiver):
    """400 for calls that customers make."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["direction"] == "inbound":
            raise No(400, "outbound only")


@breaks("ack.every-outcome")
class WantsAnAnswer(Receiver):
    """Parses the time of the answer, which unanswered calls do not have."""

    def work(self, event: Event) -> None:
        datetime.fromisoformat(event["answertime"])
        super().work(event)


@breaks("ack.every-outcome")
class WantsARecording(Receiver):
    """Fetches the recording, which unanswered calls do not have."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["endtime"] and not event["recording_url"]:
            raise No(422, "recording_url")


@breaks("ack.every-outcome")
class NeverHungUpBySystem(Receiver):
    """A closed list of who can hang up, without the system."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["hangup_by"] == "system":
            raise No(422, "hangup_by")


@breaks("ack.every-outcome")
class IgnoresMissedCalls(Receiver):
    """404 for calls that nobody picked up."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["call_status"] in {"no_answer", "canceled"}:
            raise No(404, "no such call")


@breaks("ack.outcomes-kept", effects=True)
class KeepsAnsweredCalls(Receiver):
    """Answers 200 to missed calls and forgets them."""

    def work(self, event: Event) -> None:
        if event["call_status"] == "answered":
            super().work(event)


@breaks("ack.outcomes-kept", effects=True)
class KeepsOutboundCalls(Receiver):
    """Answers 200 to inbound calls and forgets them."""

    def work(self, event: Event) -> None:
        if event["direction"] == "outbound":
            super().work(event)


@breaks("ack.running-call")
class CountsSecondsTooEarly(Receiver):
    """int('') for the durations of a running call."""

    def work(self, event: Event) -> None:
        int(event["total_duration"])
        super().work(event)


@breaks("ack.running-call")
class WantsAnEnd(Receiver):
    """422 while the call has no end."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not event["endtime"]:
            raise No(422, "endtime")


@breaks("ack.running-call")
class ComparesWithTheEnd(Receiver):
    """Subtracts times that are not known yet."""

    def work(self, event: Event) -> None:
        if event["answertime"]:
            datetime.fromisoformat(event["endtime"]) - datetime.fromisoformat(event["answertime"])
        super().work(event)


@breaks("ack.status-changes")
class OneEventPerCall(Receiver):
    """409 for another event of a known call; copies of the same event pass."""

    def check(self, event: Event) -> None:
        super().check(event)
        known = self.calls.setdefault(event["call_id"], self.identity(event))
        if known != self.identity(event):
            raise No(409, "this call is known already")

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, object] = {}


@breaks("ack.status-changes")
class CrashesAtTheUpdate(OneEventPerCall):
    """The code that updates a call was never run."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except No as no:
            if no.answer.status == 409:
                raise AttributeError("update") from no
            raise


@breaks("ack.unusual-calls")
class NoLongCalls(Receiver):
    """422 for calls of more than four hours."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["total_duration"] and int(event["total_duration"]) > 4 * 3600:
            raise No(422, "total_duration")


@breaks("ack.unusual-calls")
class LostAtMidnight(Receiver):
    """Compares times of day without the date."""

    def work(self, event: Event) -> None:
        if event["endtime"] and event["endtime"][11:] < event["starttime"][11:]:
            raise ValueError("negative duration")
        super().work(event)


@breaks("ack.unusual-calls")
class DividesByTheDuration(Receiver):
    """Divides by the length of the call, which may be zero."""

    def work(self, event: Event) -> None:
        if event["call_status"] == "answered" and event["endtime"]:
            int(event["holding_duration"]) / int(event["total_duration"])
        super().work(event)


@breaks("ack.unusual-calls")
class SmallColumn(Receiver):
    """A transaction id of at most 64 characters."""

    def check(self, event: Event) -> None:
        super().check(event)
        if len(event["transactionID"]) > 64:
            raise No(422, "transactionID")


@breaks("ack.unusual-calls")
class ObjectOne(Receiver):
    """Knows no other object than 1."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["objectId"] != 1:
            raise No(404, "no such object")


@breaks("ack.unusual-calls")
class FalsyObject(Receiver):
    """`if not objectId` takes 0 for missing."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not event["objectId"]:
            raise No(422, "objectId")


@breaks("ack.unusual-text")
class AsciiOnly(Receiver):
    """A database that cannot store the names of its agents."""

    def work(self, event: Event) -> None:
        event["userName"].encode("ascii")
        super().work(event)


@breaks("ack.unusual-text")
class BasicPlaneOnly(Receiver):
    """MySQL's utf8 of three bytes: no emoji."""

    def work(self, event: Event) -> None:
        if any(ord(letter) > 0xFFFF for letter in event["userName"]):
            raise ValueError("Incorrect string value")
        super().work(event)


@breaks("ack.unusual-text")
class SqlByHand(Receiver):
    """An SQL statement put together by hand."""

    def work(self, event: Event) -> None:
        if "'" in event["userName"]:
            raise SyntaxError("unterminated string")
        super().work(event)


@breaks("ack.unusual-text")
class NationalNumbersOnly(Receiver):
    """Ten digits that begin with 0."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not (event["caller_number"].startswith("0") and event["caller_number"].isdigit()):
            raise No(422, "caller_number")


NO_AGENT = "calls that customers gave up may have reached no agent, by the luck of the draw"


@breaks("ack.unusual-text", tolerated={"ack.every-outcome": NO_AGENT, "ack.steady": NO_AGENT})
class AlwaysAnAgent(Receiver):
    """Looks the agent up, though a call may have reached none."""

    def check(self, event: Event) -> None:
        super().check(event)
        if not event["userName"]:
            raise No(422, "userName")


class Unsteady(Receiver):
    """Counts the calls it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def check(self, event: Event) -> None:
        super().check(event)
        with self.lock:
            self.told += 1
            if self.has_enough():
                raise No(503, "come again later")

    def has_enough(self) -> bool:
        raise NotImplementedError


@breaks("ack.steady")
class EveryThirteenth(Unsteady):
    """503 for every 13th call: one of thirteen workers is broken."""

    def has_enough(self) -> bool:
        return self.told % 13 == 0


@breaks("ack.steady")
class ReadsOnePacket(Server):
    """Takes what the first packet brings for the whole body, as a server written by hand does."""

    def read(self, incoming: Incoming) -> Request | None:
        head = incoming.head()
        return replace(head, body=incoming.body_so_far(head)) if head else None


@breaks("ack.steady", tolerated={"auth.refusal-status": "a stranger may get no answer, too"})
class GarbageNowAndThen(Server):
    """Closes every connection with garbage in place of the eleventh answer."""

    def converse(self, incoming: Incoming) -> None:
        for number in range(11):
            request = self.read(incoming)
            if request is None:
                return
            answer = self.receiver.answer(request)
            if number == 10:
                incoming.sock.sendall(b"\x00\x00\r\n")
            else:
                self.write(incoming.sock, answer)


@breaks("ack.unusual-calls")
class LongHotline(Receiver):
    """A hotline of at most eight digits."""

    def check(self, event: Event) -> None:
        super().check(event)
        if len(event["hotline"]) > 8:
            raise No(422, "hotline")


@breaks("ack.steady")
class RateLimited(Unsteady):
    """429 after twenty calls within one second."""

    def __init__(self) -> None:
        super().__init__()
        self.window, self.in_window = 0, 0

    def has_enough(self) -> bool:
        window = int(time.monotonic())
        self.in_window = self.in_window + 1 if window == self.window else 1
        self.window = window
        if self.in_window > 20:
            raise No(429, "too many requests", ("Retry-After", "1"))
        return False
