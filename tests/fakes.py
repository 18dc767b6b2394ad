"""An endpoint in memory, time that passes at once, and builders of what a run is made of."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.effects import Effects
from mock_alohub.check.evidence import Evidence, Exchange, Expect
from mock_alohub.check.harness import Harness, Probe
from mock_alohub.check.preflight import Preflight
from mock_alohub.check.rule import Case, Finding, Level, Rule, Skip, Source, Stage, Tried
from mock_alohub.check.rules import BY_ID
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.messages.attempt import Attempt, Cause, Headers, Reply
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.message import Message
from mock_alohub.messages.transmission import ORDINARY, Credential, Request, Transmission, Wire, agreed, request_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import with_method
from mock_alohub.vietnam_time import VIETNAM, local

KEY = "k3y-Of-The-Partner-42"
NOW = local(datetime(2024, 1, 13, 15, 0, 30, tzinfo=VIETNAM))
STARTED_AT = datetime(2024, 1, 13, 8, tzinfo=UTC).timestamp()
CALL_ENDED = "alohub.call-ended"
AUTO_CALL = "alohub.auto-call"

Result = TypeVar("Result")


def replied(
    status: int = 200, body: bytes = b"", *, headers: Headers = (), elapsed_s: float = 0.001, address: str = ""
) -> Attempt:
    """An attempt that was answered."""
    reply = Reply(status, headers, body, len(body))
    return Attempt(1, STARTED_AT + 30, elapsed_s, reply, address=address)


def failed(cause: Cause, detail: str = "", *, elapsed_s: float = 0.001) -> Attempt:
    """An attempt without a whole answer."""
    return Attempt(1, STARTED_AT + 30, elapsed_s, cause=cause, detail=detail)


LATE = failed(Cause.DEADLINE, "the answer was not complete within 5 s", elapsed_s=5.0)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the fake endpoint saw it."""

    request: Request
    wire: Wire
    deadline_s: float

    @property
    def authorization(self) -> str | None:
        return next((value for name, value in self.request.headers if name == "Authorization"), None)


Answer = Callable[[Request], Attempt]


def acknowledges(request: Request) -> Attempt:
    """200, whatever comes."""
    return replied(200)


def answers(*attempts: Attempt) -> Answer:
    """Answers in this order; the last one for ever."""
    waiting = list(attempts)
    return lambda request: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@dataclass(slots=True)
class FakeSender:
    """An endpoint in memory: `answer` is a function of the request, given `takes_s` seconds after it came."""

    answer: Answer = acknowledges
    takes_s: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    dropped_idle: int = 0

    async def send(self, request: Request, *, deadline_s: float, wire: Wire = ORDINARY, number: int = 1) -> Attempt:
        self.sent.append(Sent(request, wire, deadline_s))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.takes_s)
            return self.answer(request)
        finally:
            self.under_way -= 1

    def drop_idle(self) -> None:
        self.dropped_idle += 1


@dataclass(slots=True)
class Partner:
    """A correct endpoint in memory: the key, then JSON, then the fields; it tells how often it processed a call."""

    key: str | None = KEY
    events: dict[str, set[bytes]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Attempt:
        headers = dict(request.headers)
        if request.url.target.startswith("/calls/"):
            count = len(self.events.get(request.url.target.removeprefix("/calls/"), ()))
            return replied(200, orjson.dumps({"count": count})) if count else replied(404)
        if request.method != "POST":
            return replied(405)
        if headers.get("Authorization") != self.key:
            return replied(401)
        return replied(self._status(headers.get("Content-Type", ""), request.body))

    def _status(self, content_type: str, body: bytes) -> int:
        if content_type.partition(";")[0] != "application/json":
            return 415
        try:
            event = orjson.loads(body)
        except orjson.JSONDecodeError:
            return 400
        if not isinstance(event, dict):
            return 400
        if not all(isinstance(event.get(one.name), _TYPES[one.type]) for one in subject().fields):
            return 422
        self.events.setdefault(event["call_id"], set()).add(orjson.dumps(event, option=orjson.OPT_SORT_KEYS))
        return 200


_TYPES: dict[str, type] = {"string": str, "integer": int}


class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop would wait for its next timer, the time of that timer has come."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("everything waits for something that will never happen")
        self.now_s += max(timeout, 0.0)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop on which any wait is over at once."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def done(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`, whose waits take no time."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(work)


def subject(name: str = CALL_ENDED, **delivery: Any) -> WebhookUnderTest:
    """A webhook under test, with some of its promises changed."""
    webhook = Specification.load().webhook(name)
    return under_test(replace(webhook, delivery={**webhook.delivery, **delivery}))


def endpoint(url: str = "http://127.0.0.1:8000/hooks", key: str | None = KEY) -> Endpoint:
    return Endpoint(parse_url(url), None if key is None else Key(key))


def simulator(seed: int = 7) -> Simulator:
    return Simulator(seed, start=NOW)


def harness(
    sender: FakeSender | Answer = acknowledges, *, url: str = "", key: str | None = KEY, **options: Any
) -> Harness:
    """A bench in front of an endpoint in memory."""
    fake = sender if isinstance(sender, FakeSender) else FakeSender(sender)
    there = endpoint(url, key) if url else endpoint(key=key)
    return Harness(there, fake, simulator(), 7, NOW, **options)


def sent_by(one: Harness) -> list[Sent]:
    """What the bench sent, when it stands before a `FakeSender`."""
    assert isinstance(one.sender, FakeSender)
    return one.sender.sent


@dataclass(frozen=True, slots=True)
class Trying:
    """What came of all cases of a rule."""

    findings: list[Finding]
    skips: list[str]
    cases: list[str]
    harness: Harness

    @property
    def sent(self) -> list[Sent]:
        return sent_by(self.harness)

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [exchange.transmission.message.payload for exchange in self.harness.evidence]

    @property
    def bodies(self) -> list[bytes]:
        return [one.request.body for one in self.sent]

    @property
    def broken_cases(self) -> list[str]:
        return [finding.case for finding in self.findings]


def trying(
    rule_id: str,
    sender: FakeSender | Answer = acknowledges,
    *,
    webhook: str = CALL_ENDED,
    beside: Sequence[str] = (),
    method: str = "",
    **options: Any,
) -> Trying:
    """Try every case of a rule of the catalogue, for a webhook and those `beside` it, on an endpoint in memory."""
    harness_ = harness(sender, **options)
    webhooks = [Specification.load().webhook(name) for name in (webhook, *beside)]
    about = {one.name: under_test(with_method(one, method or one.method)) for one in webhooks}
    cases = list(BY_ID[rule_id].cases([*about.values()]))

    async def run() -> list[Tried]:
        return [await case.run(harness_.probe(rule_id, case.name, about[case.webhook])) for case in cases]

    results = done(run())
    return Trying(
        [finding for one in results if not isinstance(one, Skip) for finding in one],
        [one.reason for one in results if isinstance(one, Skip)],
        [case.name for case in cases],
        harness_,
    )


def judging(rule_id: str, *exchanges: Exchange, url: str = "", key: str | None = KEY) -> Tried:
    """What a rule that sends nothing says about these exchanges."""
    judge = BY_ID[rule_id].judge
    assert judge is not None
    there = endpoint(url, key) if url else endpoint(key=key)
    return judge(Evidence(list(exchanges)), [subject(), subject(AUTO_CALL)], there)


def found(tried: Tried) -> Sequence[Finding]:
    """The findings; fails when it was skipped."""
    assert not isinstance(tried, Skip), tried.reason
    return tried


def skipped(tried: Tried) -> str:
    """Why it was skipped; fails when it was not."""
    assert isinstance(tried, Skip), tried
    return tried.reason


def message(webhook: str = CALL_ENDED) -> Message:
    """The same ordinary message every time."""
    one = subject(webhook)
    return one.message(simulator().call(**one.ordinary_call))


def exchange(
    attempt: Attempt | None = None,
    *,
    expect: Expect = Expect.TAKEN,
    rule: str = "ack.every-outcome",
    case: str = "a case",
    webhook: str = CALL_ENDED,
    body: bytes | None = None,
    method: str = "POST",
    headers: Headers | None = None,
    credential: Credential | None = None,
    wire: Wire = ORDINARY,
    at_once: int = 1,
    url: str = "http://127.0.0.1:8000/hooks",
    key: str | None = KEY,
) -> Exchange:
    """One probe and what came of it (default: 200 to an ordinary call)."""
    there = endpoint(url, key)
    sent = replace(message(webhook), method=method)
    if body is not None:
        sent = replace(sent, body=body)
    if headers is not None:
        sent = replace(sent, headers=headers)
    transmission = Transmission(sent, credential or agreed(there), wire)
    request = request_of(transmission, there.url, subject(webhook).webhook.key_header)
    return Exchange(rule, case, webhook, transmission, request, attempt or replied(200), expect, at_once)


SOURCE = Source("A document", "A section")


def rule_of(rule_id: str, *cases: Case, level: Level = Level.MUST, stage: Stage = Stage.TOGETHER, **more: Any) -> Rule:
    """A rule of no catalogue, with these cases."""
    return Rule(
        rule_id, level, f"The title of {rule_id}", "A sentence.", SOURCE, "something", "mend it", stage,
        make_cases=lambda subject: [replace(case, webhook=subject.name) for case in cases], **more,
    )  # fmt: skip


def case_of(run: Callable[[Probe], Coroutine[Any, Any, Tried]], name: str = "a case") -> Case:
    return Case(name, CALL_ENDED, run)


def preflight(ordinary_s: float = 0.001, *subjects: WebhookUnderTest) -> Preflight:
    """A gate that is open for `subjects` (default: one webhook)."""
    return Preflight(list(subjects) or [subject()], ordinary_s=ordinary_s)


def counting(pointer: str = "/count") -> Effects:
    """How the fake endpoints tell how often a call was processed."""
    return Effects("http://127.0.0.1:8000/calls/{call_id}", pointer)
