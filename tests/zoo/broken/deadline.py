"""Endpoints that are late."""

from __future__ import annotations

import socket
import threading
import time

from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No, Receiver
from tests.zoo.server import Server
from tests.zoo.wire import Answer, Request, head_of, length_of


@breaks("deadline.within-5s", deadline_s=1.0)
class LateWhenBusy(Receiver):
    """Waits for another system when the line was busy."""

    def work(self, event: Event) -> None:
        if event["call_status"] == "busy":
            time.sleep(1.3)
        super().work(event)


@breaks("deadline.within-5s", deadline_s=1.0)
class FetchesLongRecordings(Receiver):
    """Works before it answers, as long as the call was long."""

    def work(self, event: Event) -> None:
        if event["total_duration"] and int(event["total_duration"]) > 4 * 3600:
            time.sleep(1.3)
        super().work(event)


class Drips(Server):
    """The headers at once, the last byte of the body too late, for canceled calls."""

    def write(self, sock: socket.socket, answer: Answer) -> None:
        if answer.status != 299:
            return super().write(sock, answer)
        answer = Answer(200)
        sock.sendall(head_of(answer, framing=length_of(answer)))
        for byte in answer.body:
            sock.sendall(bytes((byte,)))
            time.sleep(0.1)
        return None


class SlowForCanceled(Receiver):
    """Marks the answers that `Drips` drips."""

    def acknowledged(self, event: Event) -> Answer:
        return Answer(299 if event["call_status"] == "canceled" else 200)


breaks("deadline.within-5s", receiver=SlowForCanceled, deadline_s=1.0)(Drips)


@breaks("deadline.burst", deadline_s=1.0)
class OneAfterTheOther(Receiver):
    """Works under one lock for all calls, 60 ms each of a deadline of one second."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()

    def work(self, event: Event) -> None:
        with self.turn:
            time.sleep(0.06)
        super().work(event)


@breaks("deadline.burst")
class FewConnections(Server):
    """Closes connections beyond the twelfth."""

    def secured(self, sock: socket.socket) -> socket.socket:
        beyond = len(self._open) > 12
        if len(self._open) > 1:
            time.sleep(0.25)  # so that others arrive meanwhile, also on a busy machine
        if beyond:
            raise OSError("too many connections")
        return sock


@breaks("deadline.burst")
class BusyDatabase(Receiver):
    """503 when more than eight calls are under way."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = 0

    def receive(self, request: Request) -> Answer:
        with self.lock:
            self.under_way += 1
            many = self.under_way > 8
        try:
            time.sleep(0.03)
            if many:
                raise No(503, "database is locked")
            return super().receive(request)
        finally:
            with self.lock:
                self.under_way -= 1


@breaks("deadline.headroom", deadline_s=1.0)
class OftenSlow(Receiver):
    """Every ninth call takes 0.4 s of a deadline of one second."""

    def __init__(self) -> None:
        super().__init__()
        self.told = 0

    def work(self, event: Event) -> None:
        with self.lock:
            self.told += 1
            slow = self.told % 9 == 0
        time.sleep(0.4 if slow else 0)
        super().work(event)


@breaks("deadline.headroom", deadline_s=1.0)
class SlowWhenAnswered(Receiver):
    """Fetches recordings before it answers: 0.4 s of a deadline of one second, for long calls."""

    def work(self, event: Event) -> None:
        if event["total_duration"] and int(event["total_duration"]) > 150:
            time.sleep(0.4)
        super().work(event)
