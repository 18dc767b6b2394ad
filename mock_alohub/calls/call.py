"""A call, in plain facts: what happened, to whom, when. No provider's word enters here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class Outcome(StrEnum):
    """How a call ended up. Providers spell these differently; the spelling is theirs, the fact is here."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELED = "canceled"


class Direction(StrEnum):
    """Who dialled: the customer (inbound) or the call centre (outbound)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Party(StrEnum):
    """A side of a call, as the one that ended it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"


class Moment(StrEnum):
    """A point in a call's life at which a provider may send a message."""

    IVR_STARTED = "ivr-started"
    """The customer hears the menu of an inbound call."""
    IVR_ENDED = "ivr-ended"
    """The menu is over: the customer waits for, or is put through to, somebody."""
    RINGING = "ringing"
    """A telephone begins to ring. A call that fails before that never rings."""
    DIALLED_AGENT = "dialled-agent"
    """An inbound call begins to ring at an agent's."""
    ANSWERED = "answered"
    ENDED = "ended"
    REPORTED = "reported"
    """All is known that is billed and reported, shortly after the end."""


class Reason(StrEnum):
    """Why a call ended or never came about, as a fact of the telephone network."""

    HUNG_UP = "hung_up"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    DECLINED = "declined"
    BLOCKED = "blocked"
    SWITCHED_OFF = "switched_off"
    FLIGHT_MODE = "flight_mode"
    WRONG_NUMBER = "wrong_number"
    NETWORK = "network"
    CANCELED = "canceled"


class QueueEnd(StrEnum):
    """How a wait in a queue ended: an agent took the call, the queue's time was up, or the caller gave up."""

    ANSWERED = "answered"
    TIMEOUT = "timeout"
    ABANDONED = "abandoned"


ENDED_BY: Final[dict[Outcome, tuple[Party, ...]]] = {
    Outcome.ANSWERED: (Party.CUSTOMER, Party.AGENT, Party.SYSTEM),
    Outcome.NO_ANSWER: (Party.SYSTEM, Party.CUSTOMER),
    Outcome.BUSY: (Party.CUSTOMER, Party.SYSTEM),
    Outcome.FAILED: (Party.SYSTEM,),
    Outcome.CANCELED: (Party.AGENT, Party.SYSTEM),
}
"""Which side can end a call of each outcome, the usual one first."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A person at the call centre: extension, account name, and the name as people write it."""

    extension: str
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Ivr:
    """A menu that an inbound call begins with: its name, how long it lasted, the keys that were pressed, in order."""

    name: str
    lasted_s: int
    keys: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue an inbound call waited in: its name, for how long, how the wait ended."""

    name: str
    waited_s: int
    ended: QueueEnd


@dataclass(frozen=True, slots=True)
class Life:
    """What else is known of a call, for those who ask (`life.life_of`).

    `agent_ring_s` and `customer_ring_s` are the ringing of the two legs; with the menu's and the queue's time they are
    the call's ringing. `dialled` is the number the customer dialled, or the one an outbound call shows. `sip_code` is
    the final response of the leg that decided (RFC 3261). `carrier` is whose network the customer's number is in, ""
    when unknown. `side` is the side that `reason` is told of: who hung up, was busy, had the wrong number.
    `colleague` is the extension that was called instead of a customer, "" for a call with one. `automatic`: a campaign
    dialled, not a person.
    """

    agent_ring_s: int
    customer_ring_s: int
    ivr: Ivr | None
    queue: Queue | None
    dialled: str
    sip_code: int
    carrier: str
    reason: Reason
    side: Party
    colleague: str
    automatic: bool


class Call(NamedTuple):
    """One call. Times are local to Vietnam (UTC+07:00, no daylight saving), whole seconds, without a zone.

    `agent` is None when no agent was reached or assigned. `answered_at` is None unless the outcome is answered.
    `recording` is the file of the recording, "" when there is none. `transaction_id` is the partner's own id for
    the call, "" when none was given; `hotline` is "" when none was involved. `call._replace(...)` gives another call,
    alike but for some facts. A tuple, because a million of them are made at a time.
    `life` None leaves what else there is to know to be derived from the other facts (`life.life_of`).
    """

    id: str
    outcome: Outcome
    direction: Direction
    customer_number: str
    agent: Agent | None
    hotline: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    ended_by: Party
    held_s: int
    recording: str
    transaction_id: str
    life: Life | None = None

    @property
    def ring_s(self) -> int:
        """Seconds until the answer, or until the end when nobody answered: menu, queue and ringing."""
        return _seconds(self.started_at, self.answered_at or self.ended_at)

    @property
    def total_s(self) -> int:
        """Seconds from start to end, ringing included."""
        return _seconds(self.started_at, self.ended_at)

    @property
    def talk_s(self) -> int:
        """Seconds from answer to end, time on hold included; 0 when nobody answered."""
        return _seconds(self.answered_at or self.ended_at, self.ended_at)


def _seconds(begin: datetime, end: datetime) -> int:
    between = end - begin
    return between.days * 86_400 + between.seconds
