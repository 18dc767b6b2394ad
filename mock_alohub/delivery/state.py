"""Where a delivery stands, and the moves from one state to the next. Pure: the time comes in.

Waiting ──▶ Attempting ──▶ Delivered
   ▲  ▲          │ ├─────▶ Dead
   │  └──────────┘ └─────▶ Canceled
   └── resent from Delivered, Dead, Canceled
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, assert_never

from mock_alohub.errors import Mistake
from mock_alohub.messages.attempt import Cause


class StateName(StrEnum):
    """The states by name, as filters and interfaces spell them."""

    WAITING = "waiting"
    ATTEMPTING = "attempting"
    DELIVERED = "delivered"
    DEAD = "dead"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Waiting:
    """It is attempted at `next_at` (Unix seconds), or as soon after as its endpoint has room."""

    name: ClassVar[StateName] = StateName.WAITING
    next_at: float


@dataclass(frozen=True, slots=True)
class Attempting:
    """An attempt is under way since `since`."""

    name: ClassVar[StateName] = StateName.ATTEMPTING
    since: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """It was acknowledged at `at`."""

    name: ClassVar[StateName] = StateName.DELIVERED
    at: float


@dataclass(frozen=True, slots=True)
class Dead:
    """The last retry failed at `at`, for `cause`. Nothing more is sent unless someone resends it."""

    name: ClassVar[StateName] = StateName.DEAD
    at: float
    cause: Cause


@dataclass(frozen=True, slots=True)
class Canceled:
    """Someone called it off at `at`."""

    name: ClassVar[StateName] = StateName.CANCELED
    at: float


State = Waiting | Attempting | Delivered | Dead | Canceled


class BadMove(Mistake):
    """A move that the state of a delivery does not allow."""


def canceled(state: State, now: float) -> Canceled:
    """`state` called off. Raises `BadMove` for one that has ended."""
    match state:
        case Waiting() | Attempting():
            return Canceled(now)
        case Delivered() | Dead() | Canceled():
            raise BadMove(f"the delivery is {state.name} already; only a waiting one can be canceled")
        case _:
            assert_never(state)


def resent(state: State, now: float) -> Waiting:
    """`state` set back to the beginning, with all its retries. Raises `BadMove` while an attempt is under way."""
    match state:
        case Waiting() | Delivered() | Dead() | Canceled():
            return Waiting(now)
        case Attempting():
            raise BadMove(
                "an attempt of the delivery is under way", hint="wait for its end; it takes no longer than its deadline"
            )
        case _:
            assert_never(state)
