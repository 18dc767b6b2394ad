"""Endpoints that depend on the order or the age of events."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No, Receiver, now


class Remembers(Receiver):
    """Knows which calls have ended."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[str] = set()

    def keep(self, event: Event) -> bool:
        with self.lock:
            late = not event["endtime"] and event["call_id"] in self.ended
            if event["endtime"]:
                self.ended.add(event["call_id"])
        if late:
            self.comes_late(event)
        return super().keep(event)

    def comes_late(self, event: Event) -> None:
        raise NotImplementedError


@breaks("order.reversed")
class NoWayBack(Remembers):
    """409 for an event of a call that has ended."""

    def comes_late(self, event: Event) -> None:
        raise No(409, "the call has ended")


@breaks("order.reversed")
class StateMachine(Remembers):
    """A state machine that raises at a transition it does not know."""

    def comes_late(self, event: Event) -> None:
        raise RuntimeError("ended → answered")


@breaks("order.interleaved")
class OneCallAtATime(Receiver):
    """Keeps the running call in a variable; the end of another one finds it gone."""

    def __init__(self) -> None:
        super().__init__()
        self.current = ""
        self.known: set[str] = set()

    def work(self, event: Event) -> None:
        with self.lock:
            running, followed = not event["endtime"], event["call_id"] in self.known
            if running:
                self.current = event["call_id"]
                self.known.add(event["call_id"])
            elif followed and self.current != event["call_id"]:
                raise RuntimeError("this is not the current call")
        super().work(event)


@breaks("order.interleaved")
class TwoLines(Receiver):
    """Has room for two running calls."""

    def __init__(self) -> None:
        super().__init__()
        self.running: list[str] = []
        self.dropped: set[str] = set()

    def work(self, event: Event) -> None:
        with self.lock:
            if not event["endtime"]:
                self.running.append(event["call_id"])
                self.dropped.update(self.running[:-2])
            elif event["call_id"] in self.dropped:
                raise No(404, "no such call")
            elif event["call_id"] in self.running:
                self.running.remove(event["call_id"])
        super().work(event)


@breaks("order.old-call")
class FreshOnly(Receiver):
    """Takes a call that ended more than a day ago for a replay."""

    max_age = timedelta(days=1)

    def check(self, event: Event) -> None:
        super().check(event)
        if event["endtime"] and now() - datetime.fromisoformat(event["endtime"]) > self.max_age:
            raise No(422, "too old")


@breaks("order.old-call")
class WeekendOff(FreshOnly):
    """Its open period ended two days ago."""

    max_age = timedelta(days=2)


@breaks("order.status-change-kept", effects=True)
class FirstEventOnly(Receiver):
    """Takes the second event of a call for a copy of the first."""

    def identity(self, event: Event) -> object:
        return event["call_id"]


@breaks("order.status-change-kept", effects=True)
class SameStatusIsNoNews(Receiver):
    """Looks at the status alone, which is `answered` before and after the end."""

    def identity(self, event: Event) -> object:
        return event["call_id"], event["call_status"]
