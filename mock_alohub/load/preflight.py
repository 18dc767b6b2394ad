"""One ordinary call before a load run: whoever mistyped a URL or a key hears it at once, not after a thousand calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mock_alohub.calls.call import Outcome
from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.expectation import got
from mock_alohub.delivery.sender import Sender
from mock_alohub.load.counts import RunCounts
from mock_alohub.messages.attempt import CONNECT_CAUSES, Attempt, Cause
from mock_alohub.messages.endpoint import Endpoint
from mock_alohub.messages.masking import masked, secrets_of
from mock_alohub.messages.message import Message
from mock_alohub.messages.policy import policy_of
from mock_alohub.messages.transmission import Transmission, agreed, request_of
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import messages_of
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import local_now

_TRIES: Final = 3
_DRAWS: Final = 200
_PAUSE_S: Final = 0.2
_AGO: Final = timedelta(hours=2)
_FINAL: Final = frozenset(range(300, 500)) - {408, 425, 429}
"""Answers that will be the same the next time, unlike those of an endpoint that is busy or wakes up."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What came of the first calls: `reason` says why no load is offered, and is empty when all were acknowledged."""

    reason: str = ""
    hint: str = ""
    attempt: Attempt | None = None
    """The one that says so."""

    @property
    def reachable(self) -> bool:
        """Whether anybody was there to answer."""
        return self.attempt is None or self.attempt.cause not in CONNECT_CAUSES


async def preflight(endpoint: Endpoint, webhooks: Sequence[Webhook], seed: int, sender: Sender) -> Preflight:
    """Send one call by each of `webhooks`, a message up to three times where it might be a whim."""
    simulator = Simulator(seed, start=local_now() - _AGO)
    for webhook in webhooks:
        found = await _tried(endpoint, webhook, _told(webhook, simulator), sender)
        if found.reason:
            return found
    return Preflight()


def _told(webhook: Webhook, simulator: Simulator) -> tuple[Message, ...]:
    """What `webhook` says of the first call that it says anything of, an answered one if it can be."""
    for number in range(_DRAWS):
        call = simulator.call(outcome=Outcome.ANSWERED if number < _DRAWS // 2 else None)
        if messages := tuple(messages_of(provider_of(webhook.provider), webhook, call)):
            return messages
    return ()


async def _tried(endpoint: Endpoint, webhook: Webhook, messages: Sequence[Message], sender: Sender) -> Preflight:
    policy = policy_of(webhook)
    for message in messages:
        for number in range(1, _TRIES + 1):
            request = request_of(Transmission(message, agreed(endpoint)), endpoint.url, webhook.key_header)
            attempt = await sender.send(request, deadline_s=policy.deadline_s, number=number)
            if policy.failure(attempt) is None:
                break
            if number == _TRIES or attempt.status in _FINAL or attempt.cause in CONNECT_CAUSES:
                return _found(endpoint, webhook, attempt)
            await asyncio.sleep(_PAUSE_S)
    return Preflight()


def _found(endpoint: Endpoint, webhook: Webhook, attempt: Attempt) -> Preflight:
    if attempt.cause in CONNECT_CAUSES:
        return Preflight(f"{attempt.detail or attempt.cause} ({endpoint.url.shown()})", "", attempt)
    what = masked(got(attempt), secrets_of(endpoint))
    how = "was not answered in time" if attempt.cause is Cause.DEADLINE else "was not acknowledged"
    hint = "mock-alohub check says what is wrong"
    if attempt.status in {401, 403}:
        hint = "is this the agreed key?" if endpoint.key is not None else "the agreed key goes into MOCK_ALOHUB_KEY"
    elif attempt.status == 404:
        hint = "is the path of the URL right?"
    noun = "message" if webhook.drawn else "call"
    return Preflight(f"the first ordinary {noun} ({webhook.name}) {how}: {what}", hint, attempt)


def tally_of(found: Preflight) -> RunCounts:
    """The one call that was not acknowledged, as a run of one call: for the reports of a run that was not begun."""
    attempt = found.attempt
    if attempt is None:
        return RunCounts()
    run_counts = RunCounts(scheduled=1, sent=1)
    if attempt.status is not None:
        run_counts.first.refused = 1
        run_counts.blame(f"status {attempt.status}")
    elif attempt.cause in {Cause.DEADLINE, Cause.CONNECT_TIMEOUT}:
        run_counts.first.late = 1
        run_counts.blame(str(attempt.cause))
    else:
        run_counts.first.failed = 1
        run_counts.blame(f"{attempt.cause}: {attempt.detail}" if attempt.detail else str(attempt.cause))
    return run_counts
