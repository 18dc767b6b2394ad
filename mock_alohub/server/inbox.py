"""Inboxes: receivers that are built in, so that anyone sees what is sent and tries what follows from an answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from mock_alohub.errors import Mistake
from mock_alohub.messages.attempt import Headers
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.imported.security import KeyForm
from mock_alohub.specification.webhook import Webhook

KEPT: Final = 1000
"""Messages per inbox; then its oldest is forgotten."""
KEPT_BYTES: Final = 64 * 1024 * 1024
"""Bytes of all inboxes together; then the oldest message of all is forgotten."""
INBOXES: Final = 1000
"""Inboxes of all namespaces together."""

_SECRET: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-access-token"})
_UNSENT: Final = KeyForm.SIGNATURE
"""A signature gives nothing away, and whoever looks into an inbox may want to verify it."""


class TooManyInboxes(Mistake):
    """There is no room for another inbox."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an inbox answers, `delay_s` seconds after the message came. `status` None: it hangs up instead."""

    status: int | None = 200
    body: str = ""
    headers: Headers = ()
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Program:
    """How an inbox answers: `failing` to the first `fail_count` messages, then `answer`."""

    answer: Answer = Answer()
    failing: Answer = Answer(503)
    fail_count: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came, `number` counted from 1, without the key it came with.

    `answered` is None when the connection was closed instead.
    """

    number: int
    received_at: float
    headers: Headers
    body: bytes
    answered: int | None

    @property
    def call_id(self) -> str | None:
        """The call it is about, as far as the body says."""
        try:
            payload = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        found = payload.get("call_id") if isinstance(payload, dict) else None
        return found if isinstance(found, str) else None

    @property
    def size(self) -> int:
        """Bytes it takes to keep, about."""
        return 500 + len(self.body) + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(slots=True)
class Inbox:
    """One inbox: how it answers, and what it got."""

    name: str
    program: Program = Program()
    received: int = 0
    still_failing: int = 0
    messages: deque[Received] = field(default_factory=deque)


class Inboxes:
    """All inboxes, each in a namespace. What they hold lies in memory and is bounded.

    The headers that carry the keys of `webhooks` are masked in what they show, and what they answer until they are told
    otherwise, `usual`, acknowledges all of these.
    """

    def __init__(
        self,
        webhooks: Iterable[Webhook] = (),
        *,
        kept: int = KEPT,
        kept_bytes: int = KEPT_BYTES,
        most: int = INBOXES,
    ) -> None:
        told = tuple(webhooks)
        keys = {one.key_header.lower() for one in told if one.key_header and one.key_form != _UNSENT}
        self.usual = Answer(_acknowledging(told))
        self._secret = _SECRET | keys
        self._kept = kept
        self._room = kept_bytes
        self._most = most
        self._inboxes: dict[tuple[str, str], Inbox] = {}

    def find(self, namespace: str, name: str) -> Inbox | None:
        """The inbox called so; None before anything was sent to it or it was told how to answer."""
        return self._inboxes.get((namespace, name))

    def of(self, namespace: str) -> Iterator[Inbox]:
        """The inboxes of a namespace."""
        return (inbox for (whose, _), inbox in self._inboxes.items() if whose == namespace)

    def namespaces(self) -> set[str]:
        """The namespaces that have inboxes."""
        return {namespace for namespace, _ in self._inboxes}

    def program(self, namespace: str, name: str, program: Program) -> Inbox:
        """Let an inbox answer so from now on. Raises `TooManyInboxes`."""
        inbox = self._opened(namespace, name)
        inbox.program, inbox.still_failing = program, program.fail_count
        return inbox

    def receive(self, namespace: str, name: str, headers: Headers, body: bytes, now: float) -> Answer:
        """Keep a message; what to answer. Raises `TooManyInboxes`."""
        inbox = self._opened(namespace, name)
        answer = inbox.program.answer
        if inbox.still_failing:
            inbox.still_failing -= 1
            answer = inbox.program.failing
        inbox.received += 1
        shown = tuple((key, "****" if key.lower() in self._secret else value) for key, value in headers)
        message = Received(inbox.received, now, shown, body, answer.status)
        inbox.messages.append(message)
        self._room -= message.size
        if len(inbox.messages) > self._kept:
            self._forget_first(inbox)
        while self._room < 0:
            filled = [one for one in self._inboxes.values() if one.messages]
            self._forget_first(min(filled, key=lambda one: one.messages[0].received_at))
        return answer

    def remove(self, namespace: str, name: str) -> None:
        """Forget an inbox."""
        inbox = self._inboxes.pop((namespace, name), None)
        while inbox is not None and inbox.messages:
            self._forget_first(inbox)

    def reset(self, namespace: str) -> None:
        """Forget the inboxes of a namespace."""
        for inbox in list(self.of(namespace)):
            self.remove(namespace, inbox.name)

    def _opened(self, namespace: str, name: str) -> Inbox:
        inbox = self._inboxes.get((namespace, name))
        if inbox is None:
            if len(self._inboxes) >= self._most:
                raise TooManyInboxes(f"there are {self._most:,} inboxes already", hint="reset a namespace to make room")
            inbox = self._inboxes[namespace, name] = Inbox(name, Program(self.usual))
        return inbox

    def _forget_first(self, inbox: Inbox) -> None:
        self._room += inbox.messages.popleft().size


def _acknowledging(webhooks: Sequence[Webhook]) -> int:
    """A status that acknowledges all `webhooks`, 200 where it does; where there is none, that of the first."""
    taken = [policy_of(webhook).acknowledged_by for webhook in webhooks] or [frozenset({200})]
    common = frozenset.intersection(*taken) or taken[0]
    return 200 if 200 in common else min(common)
