"""What was sent and what came of it: the record that rules judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from mock_alohub.messages.attempt import Attempt, Cause

if TYPE_CHECKING:
    from mock_alohub.messages.transmission import Request, Transmission


class Expect(StrEnum):
    """What a correct endpoint does with a probe."""

    TAKEN = "taken"
    """It acknowledges the call. That it does so in time is for the deadline rules to say."""
    IN_TIME = "taken in time"
    """It acknowledges the call, and the probe's own rule wants to know whether it does so at all in its time."""
    REFUSED = "refused"
    """It refuses the sender: any answer but 2xx, and an answer."""
    REJECTED = "rejected"
    """It rejects the message: 4xx."""
    SURVIVED = "survived"
    """It answers anything but 5xx, and does not hang."""
    NOTHING = "nothing"
    """Whatever it does is not judged."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One probe: the rule and case that sent it, the plan, the request, the attempt, and what was expected.

    `at_once` is how many exchanges were sent together with this one, itself included.
    """

    rule: str
    case: str
    webhook: str
    transmission: Transmission
    request: Request
    attempt: Attempt
    expect: Expect
    at_once: int = 1

    @property
    def is_late(self) -> bool:
        """Whether an answer that is judged did not come in time. In a crowd, that is the matter of one rule alone."""
        judged = self.at_once == 1 and self.expect is not Expect.NOTHING
        return judged and self.attempt.cause is Cause.DEADLINE


@dataclass(slots=True)
class Evidence:
    """All exchanges of a run, in the order in which they ended."""

    exchanges: list[Exchange] = field(default_factory=list)
    late: Counter[str] = field(default_factory=Counter)
    """How many of them were late, by the rule that sent them."""

    def add(self, exchange: Exchange) -> None:
        """Keep `exchange`."""
        self.exchanges.append(exchange)
        if exchange.is_late:
            self.late[exchange.rule] += 1

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.exchanges)

    def __len__(self) -> int:
        return len(self.exchanges)

    def of_rule(self, rule: str) -> list[Exchange]:
        """The exchanges that `rule` sent."""
        return [exchange for exchange in self.exchanges if exchange.rule == rule]

    def meant_to_be_taken(self) -> list[Exchange]:
        """The probes that a correct endpoint acknowledges."""
        return [exchange for exchange in self.exchanges if exchange.expect in {Expect.TAKEN, Expect.IN_TIME}]
