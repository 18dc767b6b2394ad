"""The harness: what a rule may do to an endpoint. Everything it sends becomes evidence."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from mock_alohub.check.effects import Effects, Unknown
from mock_alohub.check.evidence import Evidence, Exchange, Expect
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.transmission import FRESH, ORDINARY, Credential, Transmission, Wire, agreed, request_of

if TYPE_CHECKING:
    from mock_alohub.calls.call import Call, Moment
    from mock_alohub.calls.simulator import Simulator
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.delivery.sender import Sender
    from mock_alohub.messages.endpoint import Endpoint
    from mock_alohub.messages.message import Message

_READ_EVERY_S = 0.02
_QUIET_S = 0.15
"""How long a count must stay the same before it is believed."""
_AFTER_A_CROWD = 4.0


class TimeUp(Exception):
    """The run has no time left for the probe that was about to be sent."""


@dataclass(slots=True)
class Harness:
    """The endpoint under test and all that is needed to try it.

    `now` is the local time at which the run began. `limit` bounds how many ordinary probes are under way at once;
    `burst` is how many calls end together in the burst rule; `generated` how many generated messages are tried per
    webhook; `effects_wait_s` how long effects may take; no probe is sent after `ends_at` (of the monotonic clock).
    """

    endpoint: Endpoint
    sender: Sender
    simulator: Simulator
    seed: int
    now: datetime
    evidence: Evidence = field(default_factory=Evidence)
    limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    effects: Effects | None = None
    effects_wait_s: float = 2.0
    burst: int = 20
    generated: int = 0
    ends_at: float = math.inf

    def probe(self, rule: str, case: str, subject: WebhookUnderTest) -> Probe:
        """The harness as one case of one rule sees it."""
        return Probe(self, rule, case, subject)


@dataclass(frozen=True, slots=True)
class Probe:
    """What one case may do: draw calls, send messages about them, read their effects."""

    harness: Harness
    rule: str
    case: str
    subject: WebhookUnderTest
    fresh: bool = False
    """Whether every message has a connection of its own, so that nothing is blamed on one that went bad."""

    @property
    def key(self) -> str:
        """The agreed key; "" when there is none."""
        return self.harness.endpoint.key.reveal() if self.harness.endpoint.key else ""

    def call(self, **wishes: Any) -> Call:
        """A call nobody has heard of, with some facts as wished (see `Simulator.call`), and without a hotline.

        A fact that no rule asked for must not be what an endpoint stumbles over.
        """
        return self.subject.call(self.harness.simulator, **{"hotline": "", **wishes})

    def ordinary_call(self, **wishes: Any) -> Call:
        """The call of the documents' own sample, with some facts as wished."""
        return self.call(**{**self.subject.ordinary_call, **wishes})

    def message(self, call: Call | None = None, moment: Moment | None = None) -> Message:
        """What the webhook says about `call` (default: an ordinary answered one) at `moment` (default: its last)."""
        return self.subject.message(call or self.ordinary_call(), moment)

    def transmission(
        self, message: Message, *, credential: Credential | None = None, wire: Wire = ORDINARY
    ) -> Transmission:
        """`message` with the agreed key (or another credential), to be sent as `wire` says."""
        return Transmission(
            message, credential or agreed(self.harness.endpoint), FRESH if self.fresh and wire == ORDINARY else wire
        )

    async def send(
        self,
        message: Message,
        *,
        expect: Expect = Expect.TAKEN,
        credential: Credential | None = None,
        wire: Wire = ORDINARY,
    ) -> Exchange:
        """Send one message and wait for what comes of it."""
        transmission = self.transmission(message, credential=credential, wire=wire)
        async with self.harness.limit:
            if monotonic() > self.harness.ends_at:
                raise TimeUp
            return await self._exchange(transmission, expect, self.subject.policy.deadline_s, at_once=1)

    async def send_unlimited(self, message: Message, *, expect: Expect, patience: float = 1.0) -> Exchange:
        """Send one message at once, however many are under way; `patience` multiplies the deadline."""
        deadline_s = self.subject.policy.deadline_s * patience
        return await self._exchange(self.transmission(message), expect, deadline_s, at_once=1)

    async def send_all(self, messages: Iterable[Message], *, expect: Expect = Expect.TAKEN) -> list[Exchange]:
        """Send messages one after the other."""
        return [await self.send(message, expect=expect) for message in messages]

    async def together(
        self, messages: Sequence[Message], *, expect: Expect = Expect.TAKEN, patience: float = 1.0
    ) -> list[Exchange]:
        """Send messages at the same moment, each on a connection of its own.

        `patience` multiplies the deadline where a rule is not about lateness: an endpoint with one worker takes
        them one by one, and each of them is in time once it is its turn.
        """
        deadline_s = self.subject.policy.deadline_s * patience
        transmissions = [self.transmission(message, wire=FRESH) for message in messages]
        sends = (
            self._exchange(transmission, expect, deadline_s, at_once=len(transmissions))
            for transmission in transmissions
        )
        exchanges = list(await asyncio.gather(*sends))
        if any(exchange.attempt.cause is Cause.DEADLINE for exchange in exchanges):
            await self.rest()
        return exchanges

    async def rest(self) -> None:
        """A breathing space as long as an endpoint may need that takes a crowd one by one."""
        await self.breathing_space(_AFTER_A_CROWD)

    async def breathing_space(self, patience: float) -> None:
        """Wait, at most `patience` deadlines, until an endpoint that was late has done what it was left with.

        It may still be busy with calls nobody waits for any more; what comes next must not be late for that.
        """
        await self.send_unlimited(self.message(), expect=Expect.NOTHING, patience=patience)

    async def _exchange(
        self, transmission: Transmission, expect: Expect, deadline_s: float, *, at_once: int
    ) -> Exchange:
        if transmission.wire != ORDINARY:
            self.harness.sender.drop_idle()
        request = request_of(transmission, self.harness.endpoint.url, self.subject.webhook.key_header)
        attempt = await self.harness.sender.send(request, deadline_s=deadline_s, wire=transmission.wire)
        exchange = Exchange(self.rule, self.case, self.subject.name, transmission, request, attempt, expect, at_once)
        self.harness.evidence.add(exchange)
        return exchange

    async def count(self, message: Message) -> int:
        """How often the endpoint says it processed the call of `message`, right now. Raises `Unknown`."""
        if self.harness.effects is None:
            raise Unknown("no --effects was given")
        attempt = await self.harness.sender.send(
            self.harness.effects.request(self.subject.call_id(message)), deadline_s=5.0
        )
        return self.harness.effects.count(attempt)

    async def count_of_at_least(self, wanted: int, message: Message) -> int:
        """The count as soon as it is `wanted` or more, or whatever it is when the wait is over.

        A good endpoint answers first and works later, so a count that is still short is read again.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + self.harness.effects_wait_s
        count = await self.count(message)
        while count < wanted and clock() < end:
            await asyncio.sleep(_READ_EVERY_S)
            count = await self.count(message)
        return count

    async def settled_count(self, message: Message) -> int:
        """The count when it has reached one and then stayed the same for as long as that took, or the wait is over.

        What an endpoint does a second time comes no later than that after the first.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        count, since = await self.count_of_at_least(1, message), clock()
        end, quiet_s = began + self.harness.effects_wait_s, max(_QUIET_S, 1.2 * (since - began))
        while clock() < min(end, since + quiet_s):
            await asyncio.sleep(_READ_EVERY_S)
            again = await self.count(message)
            if again != count:
                count, since = again, clock()
        return count
