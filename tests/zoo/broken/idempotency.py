"""Endpoints that do not bear a second copy, or count it."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import OrderedDict

from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No, Receiver
from tests.zoo.wire import Answer, Request


@breaks("idempotency.duplicate")
class Conflict(Receiver):
    """409 for a copy."""

    def keep(self, event: Event) -> bool:
        if not super().keep(event):
            raise No(409, "already known")
        return True


@breaks("idempotency.duplicate")
class UniqueViolation(Receiver):
    """500 for a copy: the unique index of the database, not caught."""

    def keep(self, event: Event) -> bool:
        if not super().keep(event):
            raise KeyError("duplicate key value violates unique constraint")
        return True


@breaks("idempotency.duplicate")
class ThirdCopy(Receiver):
    """Bears one copy, not two."""

    def __init__(self) -> None:
        super().__init__()
        self.copies: dict[object, int] = {}

    def keep(self, event: Event) -> bool:
        with self.lock:
            copies = self.copies[self.identity(event)] = self.copies.get(self.identity(event), 0) + 1
        if copies > 2:
            raise No(422, "enough of this call")
        return super().keep(event)


class Races(Receiver):
    """Looks first and writes then, with time for another copy between the two."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            known = self.identity(event) in self.seen
        time.sleep(0.01)
        return not known and (super().keep(event) or self.beaten(event))

    def beaten(self, event: Event) -> bool:
        """Another copy was faster."""
        raise NotImplementedError


@breaks("idempotency.concurrent")
class RacesToCrash(Races):
    """The unique index stops the slower copy, and nobody catches that."""

    def beaten(self, event: Event) -> bool:
        raise KeyError("duplicate key value violates unique constraint")


@breaks("idempotency.concurrent")
class LockedOut(Receiver):
    """423 while a copy is being worked on."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: set[str] = set()

    def receive(self, request: Request) -> Answer:
        answer = super().receive(request)
        time.sleep(0.005)
        return answer

    def keep(self, event: Event) -> bool:
        with self.lock:
            if event["call_id"] in self.under_way:
                raise No(423, "somebody else works on this call")
            self.under_way.add(event["call_id"])
        try:
            time.sleep(0.01)
            return super().keep(event)
        finally:
            with self.lock:
                self.under_way.discard(event["call_id"])


@breaks("idempotency.concurrent", deadline_s=1.0)
class DeadLock(Receiver):
    """Copies at the same moment wait for each other, and are never answered."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way: set[str] = set()

    def keep(self, event: Event) -> bool:
        with self.lock:
            alone = event["call_id"] not in self.under_way
            self.under_way.add(event["call_id"])
        if not alone:
            time.sleep(6)
        time.sleep(0.01)
        with self.lock:
            self.under_way.discard(event["call_id"])
        return super().keep(event)


def gone(request: Request, *, within_s: float) -> bool:
    """Whether the sender hangs up; who does so does it at once."""
    assert request.sock is not None
    select.select([request.sock], [], [], within_s)
    try:
        return request.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@breaks("idempotency.after-abort")
class LockStays(Receiver):
    """A lock for each call, given back only when the answer was sent; 423 for who comes meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[str, threading.Lock] = {}

    def receive(self, request: Request) -> Answer:
        answer = super().receive(request)
        call_id = self.read(request.body)["call_id"]
        lock = self.locks.setdefault(call_id, threading.Lock())
        if not lock.acquire(timeout=0.3):
            raise No(423, "locked")
        if not gone(request, within_s=0.02):
            lock.release()
        return answer


@breaks("idempotency.processed-once", effects=True)
class EveryCopyCounts(Receiver):
    """Remembers nothing."""

    def keep(self, event: Event) -> bool:
        return True


@breaks("idempotency.processed-once", effects=True)
class RacesToWork(Races):
    """Copies that arrive together are all worked on."""

    def beaten(self, event: Event) -> bool:
        return True


@breaks("idempotency.processed-once", effects=True)
class RemembersTheLast(Receiver):
    """Compares an event with the one before, and no other."""

    last: object = None

    def keep(self, event: Event) -> bool:
        with self.lock:
            new, self.last = self.last != self.identity(event), self.identity(event)
        return new


@breaks("idempotency.processed-once", effects=True)
class RemembersFew(Receiver):
    """Remembers the last five events."""

    def __init__(self) -> None:
        super().__init__()
        self.few: OrderedDict[object, None] = OrderedDict()

    def keep(self, event: Event) -> bool:
        with self.lock:
            new = self.identity(event) not in self.few
            self.few[self.identity(event)] = None
            while len(self.few) > 5:
                self.few.popitem(last=False)
        return new


@breaks("idempotency.processed-once", effects=True)
class ComparesBytes(Receiver):
    """Takes a copy for new when it comes over another connection."""

    def receive(self, request: Request) -> Answer:
        self.peer = request.sock.getpeername() if request.sock else None
        return super().receive(request)

    def identity(self, event: Event) -> object:
        return super().identity(event), self.peer


@breaks("idempotency.processed-once", effects=True)
class LosesAborted(Receiver):
    """Marks the call as known, then loses it when the sender hangs up; the retry is taken for a copy."""

    def receive(self, request: Request) -> Answer:
        self.check_method(request)
        self.check_key(request)
        self.check_media(request)
        event = self.read(request.body)
        self.check(event)
        if self.keep(event):
            if gone(request, within_s=0.06):
                raise ConnectionError
            self.work(event)
        return Answer(200)


@breaks(
    "idempotency.distinct-calls",
    effects=True,
    tolerated={"idempotency.processed-once": "what comes while a call that was given up is worked on is lost, too"},
)
class OneWorkerNoQueue(Receiver):
    """Acknowledges every call, and loses those that come while it is working on another."""

    def __init__(self) -> None:
        super().__init__()
        self.worker = threading.Lock()

    def work(self, event: Event) -> None:
        if self.worker.acquire(blocking=False):
            time.sleep(0.01)
            super().work(event)
            self.worker.release()


@breaks("idempotency.distinct-calls", effects=True)
class NumberAndTime(Receiver):
    """Tells calls apart by customer and time."""

    def identity(self, event: Event) -> object:
        return event["caller_number"], event["starttime"], event["endtime"], event["call_status"]


@breaks("idempotency.distinct-calls", effects=True)
class IdAsFloat(NumberAndTime):
    """Reads the id as a number of double precision, as JavaScript does: neighbours become one."""

    def identity(self, event: Event) -> object:
        return float(event["call_id"].partition("-")[0]), super().identity(event)


@breaks("idempotency.distinct-calls", effects=True)
class ShortColumn(NumberAndTime):
    """A column for the id that is cut off after 14 characters."""

    def identity(self, event: Event) -> object:
        return event["call_id"][:14], super().identity(event)


@breaks("idempotency.distinct-calls", effects=True)
class ByTransaction(Receiver):
    """Tells calls apart by the transaction, where there is one."""

    def identity(self, event: Event) -> object:
        return event["transactionID"] or event["call_id"], event["call_status"], event["endtime"]
