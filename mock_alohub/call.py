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

    ANSWERED = "answered"
    ENDED = "ended"


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


class Call(NamedTuple):
    """One call. Times are local to Vietnam (UTC+07:00, no daylight saving), whole seconds, without a zone.

    `agent` is None when no agent was reached or assigned. `answered_at` is None unless the outcome is answered.
    `recording` is the file of the recording, "" when there is none. `transaction_id` is the partner's own id for
    the call, "" when none was given; `hotline` is "" when none was involved. `call._replace(...)` gives another call,
    alike but for some facts. A tuple, because a million of them are made at a time.
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
