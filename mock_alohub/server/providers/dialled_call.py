"""The life of a placed call: how long it rings, whether anyone picks up, who hangs up. The number dialled decides.

So that a test needs nothing but the number, the last seven digits of some lead to a busy line, a refusal, a call of
five hours: see `FATES`.

The agent's extension rings first and the customer is dialled once the agent has picked up (Alohub, makeCall); an
automatic campaign dials the customer first. Pure: the time comes in, a call comes out, its end already known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from random import Random
from typing import Final

from mock_alohub.calls.call import Agent, Call, Direction, Outcome, Party
from mock_alohub.server.providers.alohub.errors import FAILURES, Code

AGENT_RINGS_S: Final = 2
"""How long the agent's extension rings before the customer is dialled."""

_SEPARATORS: Final = re.compile(r"[ .()-]+")
_NUMBER: Final = re.compile(r"(?:0|\+?84)[0-9]{7,12}", re.ASCII)
_EXTENSION: Final = re.compile(r"[0-9]{2,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Life:
    """How a call goes once the customer is dialled: seconds of ringing, talk and hold, the outcome, who ends it."""

    says: str
    outcome: Outcome
    ended_by: Party
    rings_s: int
    talk_s: int = 0
    held_s: int = 0
    agent_rings_s: int = AGENT_RINGS_S


_ANSWERED, _NO_ANSWER, _BUSY = Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.BUSY
_FAILED, _CANCELED = Outcome.FAILED, Outcome.CANCELED
_CUSTOMER, _AGENT, _SYSTEM = Party.CUSTOMER, Party.AGENT, Party.SYSTEM


@dataclass(frozen=True, slots=True)
class Refusal:
    """No call is placed; the request to place one is answered with a failure."""

    code: Code

    @property
    def says(self) -> str:
        """The failure in words."""
        failure = FAILURES[self.code]
        status = "" if failure.status == HTTPStatus.OK else f"HTTP {failure.status} "
        return f"refused with {status}`{self.code}`: {failure.means}"


ORDINARY: Final = Life("answered, 25 s of talk, the customer hangs up", _ANSWERED, _CUSTOMER, 3, 25)
"""What becomes of a call to any number that is not in the table."""

FATES: Final[Mapping[str, Life | Refusal]] = {
    "0000200": Life("answered and over at once: no ringing, no talk", _ANSWERED, _CUSTOMER, 0, agent_rings_s=0),
    "0000201": Life("answered, the agent hangs up", _ANSWERED, _AGENT, 3, 25),
    "0000202": Life("answered, the system ends it", _ANSWERED, _SYSTEM, 3, 25),
    "0000203": Life("answered, on hold for 20 s of 60 s", _ANSWERED, _CUSTOMER, 3, 60, 20),
    "0000204": Life("answered, five hours of talk", _ANSWERED, _CUSTOMER, 3, 5 * 3600),
    "0000403": Life("failed: calls to the number are barred", _FAILED, _SYSTEM, 0),
    "0000404": Life("failed: the number does not exist", _FAILED, _SYSTEM, 0),
    "0000408": Life("no answer: it rings for 30 s", _NO_ANSWER, _SYSTEM, 30),
    "0000480": Life("no answer: the customer cannot be reached for now", _NO_ANSWER, _SYSTEM, 8),
    "0000486": Life("busy: the customer is on another call or declines", _BUSY, _CUSTOMER, 4),
    "0000487": Life("no answer: the customer lets it ring and turns it away", _NO_ANSWER, _CUSTOMER, 18),
    "0000498": Life("canceled by the system before the connection", _CANCELED, _SYSTEM, 8),
    "0000499": Life("canceled by the agent before the connection", _CANCELED, _AGENT, 8),
    "0000503": Life("failed: no line is free", _FAILED, _SYSTEM, 1),
    "0000600": Life("busy: the network says so at once", _BUSY, _SYSTEM, 0),
    "0000429": Refusal(Code.RATE_LIMIT_EXCEEDED),
    "0000500": Refusal(Code.FAIL),
    **{f"00009{int(code):02}": Refusal(code) for code in FAILURES if code.isdecimal()},
}
"""The last seven digits of the number dialled, and what becomes of the call: 0000 and a SIP or HTTP status where there
is one, 00009 and the code of a failure in two digits.

Which status leads to which outcome follows from the call-out failures of the platform's softphone kit (486 busy; 408,
480, 487 no answer; 403, 404 no connection); the figures in seconds are made up.
"""


EXTENSIONS: Final[Mapping[str, Refusal]] = {
    "0403": Refusal(Code.PERMISSION_DENIED),
    "0480": Refusal(Code.AGENT_NOT_CONNECTED),
    "0486": Refusal(Code.AGENT_BUSY),
    "0500": Refusal(Code.NOT_CONNECTED),
}
"""Extensions whose leg of the call fails, so that the customer is never dialled. That the request is answered so, and
not the call told of later, is assumed."""


def fate_of(number: str) -> Life | Refusal:
    """What becomes of a call to `number`: by its last seven digits, ordinary when they are not in `FATES`."""
    return FATES.get(number[-7:], ORDINARY)


def dialled(text: str) -> str | None:
    """`text` as a number to dial, without spaces, dots, hyphens and brackets; None when it is none.

    A number begins with 0, 84 or +84, and 7 to 12 digits follow; which forms Alohub takes is not published.
    """
    number = _SEPARATORS.sub("", text)
    return number if _NUMBER.fullmatch(number) else None


def is_extension(text: str) -> bool:
    """Whether `text` can be an agent's extension: two to ten digits."""
    return _EXTENSION.fullmatch(text) is not None


@lru_cache(1024)
def agent_at(extension: str) -> Agent:
    """The agent at `extension`: always the same one."""
    # Imported here: names take tables that the start of the server need not wait for.
    from mock_alohub.calls import numbers

    name = next(numbers.names(Random(f"extension {extension}")))
    return Agent(extension, numbers.account_of(name), name)


def lived(
    call_id: str,
    number: str,
    life: Life,
    *,
    at: datetime,
    agent: Agent,
    transaction_id: str = "",
    hotline: str = "",
    automatic: bool = False,
) -> Call:
    """The outbound call that starts at `at` (local time of Vietnam, whole seconds) and goes as `life` says.

    `automatic`: a campaign dials the customer without an agent, who comes in when the customer has picked up.
    """
    dialled_at = at if automatic else at + timedelta(seconds=life.agent_rings_s)
    over_at = dialled_at + timedelta(seconds=life.rings_s)
    answered = life.outcome is Outcome.ANSWERED
    return Call(
        id=call_id,
        outcome=life.outcome,
        direction=Direction.OUTBOUND,
        customer_number=number,
        agent=agent if answered or not automatic or life.ended_by is Party.AGENT else None,
        hotline=hotline,
        started_at=at,
        answered_at=over_at if answered else None,
        ended_at=over_at + timedelta(seconds=life.talk_s),
        ended_by=life.ended_by,
        held_s=life.held_s,
        recording=f"{call_id}.mp3" if answered else "",
        transaction_id=transaction_id,
    )
