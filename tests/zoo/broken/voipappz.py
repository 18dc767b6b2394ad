"""Endpoints for VoipAppz's webhooks that break with what its values are like, and with what any sender does."""

from __future__ import annotations

from typing import Any

from tests.zoo.careful import careful_kind, webhooks_of
from tests.zoo.correct_voipappz import TEMPLATE, ToldTheTemplate
from tests.zoo.member import breaks
from tests.zoo.receiver import Event, No
from tests.zoo.wire import Answer, Request

NAMES = tuple(one.name for one in webhooks_of("voipappz"))
RINGING = ("voipappz.call-ringing",)
HANGUP = ("voipappz.call-hangup",)
REPORTING = ("voipappz.call-reporting",)
Careful = careful_kind(*webhooks_of("voipappz"))


@breaks("ack.unusual-calls", key=None, webhooks=HANGUP)
class OnlySmallLetters(Careful):  # type: ignore[misc, valid-type]
    """Knows `outgoing`, not the `Outgoing` of the documents' own text."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["direction"] not in {"incoming", "outgoing"}:
            raise No(422, "direction")


@breaks("ack.unusual-calls", key=None, webhooks=REPORTING)
class BilledForADayAtMost(Careful):  # type: ignore[misc, valid-type]
    """Refuses the epoch that the documents' sample bills."""

    def check(self, event: Event) -> None:
        super().check(event)
        if isinstance(event["billing_duration"], int) and event["billing_duration"] > 86_400:
            raise No(422, "billed for more than a day")


@breaks("ack.unusual-calls", key=None, webhooks=REPORTING)
class OneWordForAnswer(Careful):  # type: ignore[misc, valid-type]
    """Does not know the `anser` that is printed."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["queue_disposition"] == "anser":
            raise No(422, "queue_disposition")


@breaks("compat.unknown-status", key=None, webhooks=HANGUP)
class ThreeCausesOnly(Careful):  # type: ignore[misc, valid-type]
    """An enum of the three causes that are documented."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["cause"] not in {"answer", "busy", "no_answer"}:
            raise No(422, "cause")


@breaks("ack.exactly-200", key=None, webhooks=HANGUP, method="GET")
class GetsAreCached(Careful):  # type: ignore[misc, valid-type]
    """A cache answers a GET that it has seen with 304."""

    def acknowledged(self, event: Event) -> Answer:
        with self.lock:
            self.counts[f"answers {event['uuid']}"] += 1
            seen = self.counts[f"answers {event['uuid']}"] > 1
        return Answer(304, b"", ()) if seen else super().acknowledged(event)


@breaks("idempotency.processed-once", key=None, webhooks=NAMES, effects=True)
class ACopyIsWorkAsWell(Careful):  # type: ignore[misc, valid-type]
    """Works on every copy again."""

    def keep(self, event: Event) -> bool:
        super().keep(event)
        return True


@breaks("idempotency.distinct-calls", key=None, webhooks=HANGUP, effects=True)
class OneCallPerNumberAndMinute(Careful):  # type: ignore[misc, valid-type]
    """Tells calls apart by number and start."""

    def identity(self, event: Event) -> object:
        return event["contact_number"], event["start_at"]


@breaks("robust.missing-field", key=None, webhooks=HANGUP)
class CountsOnTheQueue(Careful):  # type: ignore[misc, valid-type]
    """Reads a field that a template need not name."""

    def check(self, event: Event) -> None:
        event["queue_name"]
        super().check(event)


@breaks("order.across-webhooks", key=None, webhooks=NAMES)
class NoRingingAfterTheEnd(Careful):  # type: ignore[misc, valid-type]
    """A state machine: a call whose hangup has come can neither ring nor be answered."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            over = self.__dict__.setdefault("over", set())
            if event["cause"] is not None:
                over.add(event["uuid"])
            elif event["uuid"] in over:
                raise No(409, "the call is over")
        return bool(super().keep(event))


@breaks("order.across-webhooks", key=None, webhooks=NAMES)
class SecondEventIsAConflict(Careful):  # type: ignore[misc, valid-type]
    """A unique key on the uuid: copies are known, the second event of a call is a conflict."""

    def keep(self, event: Event) -> bool:
        with self.lock:
            first = self.__dict__.setdefault("first", {}).setdefault(event["uuid"], event)
        if first != event:
            raise No(409, "known")
        return bool(super().keep(event))


@breaks("compat.query-layout", key=None, webhooks=HANGUP, method="GET")
class ParametersByPlace(Careful):  # type: ignore[misc, valid-type]
    """Takes the second parameter for the call's id, whatever it is called."""

    def receive(self, request: Request) -> Answer:
        if request.method == "GET" and not request.path.partition("&")[2].startswith("uuid="):
            raise No(400, "the second parameter is no uuid")
        answer: Answer = super().receive(request)
        return answer


@breaks("compat.query-layout", key=None, webhooks=HANGUP, method="GET")
class SpacesArePluses(Careful):  # type: ignore[misc, valid-type]
    """Splits the query by hand, and knows a space as a plus alone."""

    def receive(self, request: Request) -> Answer:
        if "%20" in request.path:
            raise No(400, "an escape that is not known")
        answer: Answer = super().receive(request)
        return answer


@breaks("ack.unusual-text", key=None, webhooks=HANGUP)
class NoneIsAnEmptyText(Careful):  # type: ignore[misc, valid-type]
    """Knows the empty user name of the sample, and null for everything else."""

    def check(self, event: Event) -> None:
        super().check(event)
        if event["user_name"] is None:
            raise No(422, "user_name")


@breaks("http.method", key=None, webhooks=HANGUP)
class TakesDeletes(Careful):  # type: ignore[misc, valid-type]
    """Answers every method as if it were a webhook."""

    def receive(self, request: Request) -> Answer:
        return Answer(200) if request.method in {"PUT", "DELETE", "PATCH"} else super().receive(request)


@breaks("ack.every-outcome", key=None, webhooks=NAMES, template=TEMPLATE)
class SecondsAsTheDocumentsHaveThem(ToldTheTemplate):
    """Wants the duration as a number; its own template has it in quotes."""

    def demands(self, event: Event) -> list[tuple[str, Any]]:
        return [*super().demands(event), ("seconds", isinstance(event["seconds"], int))]


@breaks("ack.every-outcome", key=None, webhooks=RINGING, template=TEMPLATE)
class EveryCallHasADuration(ToldTheTemplate):
    """Falls over the empty text that a null becomes in quotes: a call that rings has no duration."""

    def work(self, event: Event) -> None:
        int(event["seconds"])
        super().work(event)


@breaks("compat.unknown-status", key=None, webhooks=HANGUP, template=TEMPLATE)
class ThreeResultsOnly(ToldTheTemplate):
    """An enum of the three documented causes, in the member that its template has them in."""

    def demands(self, event: Event) -> list[tuple[str, Any]]:
        return [*super().demands(event), ("result", event["result"] in {"answer", "busy", "no_answer"})]
