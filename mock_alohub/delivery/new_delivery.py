"""What is handed over for delivery, and what the engine takes out again to attempt it."""

from __future__ import annotations

from dataclasses import dataclass

from mock_alohub.delivery.state import Canceled, Dead, Delivered, Waiting
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.message import Message
from mock_alohub.messages.transmission import ORDINARY, Credential, Wire


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One message for one endpoint (its number).

    `credential` None carries the endpoint's key as it is at the time of sending; another one carries something else.
    `wire` is a fault of the wire. Both hold for the first `faulty_tries` tries only (None: for all of them), so that
    an answer can be lost once and the retry go well. `at` (Unix seconds) is the time of the first try, None for now.
    """

    endpoint: int
    message: Message
    credential: Credential | None = None
    wire: Wire = ORDINARY
    faulty_tries: int | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class ScheduledDelivery:
    """A delivery that is to be attempted: its number, what was placed, the attempts made so far.

    `tries` counts since it was enqueued or last resent: the policy's retries are counted by it. `at` is when it became
    or becomes due.
    """

    id: int
    new_delivery: NewDelivery
    at: float
    attempts: int = 0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What came of one attempt of a delivery: the attempt, why it failed (None: it did not), the state that follows."""

    due: ScheduledDelivery
    attempt: Attempt
    failure: Cause | None
    state: Waiting | Delivered | Dead | Canceled
