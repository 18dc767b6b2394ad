"""What is sent under load: distinct, realistic messages about calls that have just ended, webhooks mixed evenly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from time import time
from typing import Final

import orjson

from mock_alohub.calls.call import Call, Moment
from mock_alohub.calls.call_details import moment_at
from mock_alohub.calls.distributions import weighted
from mock_alohub.calls.simulator import Simulator
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.retry import sped_up
from mock_alohub.delivery.transport import encode
from mock_alohub.errors import BadOption
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.profiles import named
from mock_alohub.messages.attempt import Headers
from mock_alohub.messages.endpoint import Endpoint, Key
from mock_alohub.messages.message import BODILESS, Message
from mock_alohub.messages.policy import Policy, policy_of
from mock_alohub.messages.transmission import Request, Transmission, agreed, request_of
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import Provider, body_of, headers_of, message_of, moments
from mock_alohub.specification.imported.security import KeyForm
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import local_now

LONGEST_GAP_S: Final = 5.0
"""Between two messages about one call: a talk of minutes is shortened, a load test does not wait for it."""
_TRIES: Final = 2_000
_SERIALS: Final = 900_000
_STRIPES: Final = 30
_STRIPE: Final = _SERIALS // _STRIPES
_REMEMBERED_S: Final = 4_096
_KNOWN: Final = 2_048
_NEW: Final = 0.25
"""So many calls, out of so many drawn before, are new in all that is told of them; all are in their ids and times.

To draw one takes a fifth of the time that the generator spends on a call.
"""


class Route:
    """One webhook as it goes to one endpoint: what its requests look like, and what is promised about them."""

    ahead = 1
    """How many attempts are written before they are due."""

    def __init__(self, webhook: Webhook, endpoint: Endpoint, *, retries: bool, time_scale: float) -> None:
        self.name = webhook.name
        self.webhook = webhook
        self.provider: Provider = provider_of(webhook.provider)
        self.endpoint = endpoint
        policy = sped_up(policy_of(webhook), time_scale)
        self.policy = policy if retries else Policy(policy.deadline_s, policy.acknowledged_by, (), policy.assumed)
        self._credential = agreed(endpoint)
        self._headers = None if webhook.method in BODILESS else headers_of(self.provider, webhook)
        self._heads: dict[tuple[int, Headers], bytes] = {}
        self.bodiless_answer = webhook.method == "HEAD"

    def first(self, call: Call, moment: Moment) -> bytes:
        """The whole request of the message about `call` at `moment`, as bytes."""
        headers = self._headers
        if headers is None:
            return self.payload(self.message(call, moment))
        # What `payload` gives, without a message in between that hardly anybody reads.
        body = body_of(self.provider, self.webhook, call, moment)
        head = self._heads.get((len(body), headers))
        return self.payload(self.message(call, moment)) if head is None else head + body

    def again(self, call: Call, moment: Moment, number: int) -> bytes:
        """The same as it is sent again, the first retry with number 1."""
        return self.payload(self.provider.retried(self.message(call, moment), number))

    def message(self, call: Call, moment: Moment) -> Message:
        """The message about `call` at `moment`."""
        return message_of(self.provider, self.webhook, call, moment)

    def payload(self, message: Message) -> bytes:
        """The whole request of `message`, as bytes."""
        # Requests with a body differ in it and in its length alone, so their heads are few.
        body = message.body
        head = self._heads.get((len(body), message.headers)) if body else None
        if head is None:
            head = encode(replace(self._request(message), body=b""))
            if body:
                self._heads[len(body), message.headers] = head
        return head + body

    def _request(self, message: Message) -> Request:
        return request_of(Transmission(message, self._credential), self.endpoint.url, self.webhook.key_header)


class SignedRoute(Route):
    """One whose messages are signed: an attempt is written when it departs, for a signature is good for one alone."""

    ahead = 0

    def first(self, call: Call, moment: Moment) -> bytes:
        """Nothing yet."""
        return b""

    def again(self, call: Call, moment: Moment, number: int) -> bytes:
        """The message as it is sent now: for the first time with number 0, then again."""
        message = self.message(call, moment)
        return self.payload(self.provider.retried(message, number) if number else message)

    def payload(self, message: Message) -> bytes:
        """The whole request of `message`, signed now."""
        return encode(self._request(message))


@dataclass(frozen=True, slots=True)
class PreparedMessage:
    """A message of which the first request is written, and when it departs: `after_s` after its call's departure.

    `call` and `moment` are kept rather than the message: it is needed again only for a retry.
    """

    route: Route
    call: Call
    moment: Moment
    payload: bytes
    after_s: float


_prepared: Final = drafted(PreparedMessage)


class Serials:
    """Numbers that make the ids of calls distinct, also between workers and between the steps of a run."""

    def __init__(self, worker: int, offset: int) -> None:
        self._base = 100_000 + worker % _STRIPES * _STRIPE
        self._offset = offset
        self._taken: dict[datetime, int] = {}

    def next(self, second: datetime) -> int:
        """One that no other call that started in this second has, of up to 30,000."""
        taken = self._taken.get(second, 0)
        self._taken[second] = taken + 1
        if len(self._taken) > _REMEMBERED_S:
            self._forget()
        return self._base + (self._offset + taken) % _STRIPE

    def _forget(self) -> None:
        # Calls are dated back from the present, so the oldest seconds do not come again, save for the longest calls.
        kept = sorted(self._taken)[_REMEMBERED_S // 4 :]
        self._taken = {second: self._taken[second] for second in kept}


class Workload:
    """Draws calls and what is said of them. Raises `BadOption` where a webhook tells of none of the profile's calls."""

    def __init__(
        self,
        plan: LoadPlan,
        key: Key | None,
        *,
        worker: int,
        serials: Serials,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._now = now or seconds()
        self.endpoint = plan.endpoint(key)
        profile = named(plan.profile)
        self._routes = [
            _route_of(webhook)(webhook, self.endpoint, retries=plan.retries, time_scale=plan.time_scale)
            for webhook in plan.kinds
        ]
        self._time_scale = plan.time_scale
        self._outcomes = weighted(dict(profile.outcomes)) or (None,)
        self._direction = profile.direction
        seed = f"{plan.seed} messages of worker {worker}"
        self._simulator = Simulator(Random(seed).getrandbits(63), start=self._now())
        self._draw = Random(f"{seed}, mixed").random
        self._serials = serials
        self._known: list[Call] = []
        for route in self._routes:
            self._letters(route)

    def draw(self) -> list[PreparedMessage]:
        """The messages about the next call, in their order; the first departs with the call."""
        return self._letters(self._routes[int(self._draw() * len(self._routes))])

    def _letters(self, route: Route) -> list[PreparedMessage]:
        call, told = self._call(route)
        if len(told) == 1:
            return [_prepared(route, call, told[0], route.first(call, told[0]), 0.0)]
        first_at = moment_at(call, told[0])
        return [
            _prepared(route, call, moment, route.first(call, moment), self._gap_s(moment_at(call, moment) - first_at))
            for moment in told
        ]

    def _call(self, route: Route) -> tuple[Call, tuple[Moment, ...]]:
        now = self._now()
        for _ in range(_TRIES):
            call = self._just_ended(self._facts(now), now)
            # Asked of the call as it is told: what else is known of it depends on its id.
            told = moments(route.webhook, call)
            if told:
                return call, told
        raise BadOption(f"{route.name} tells of none of the calls of this profile", hint="take another --profile")

    def _facts(self, now: datetime) -> Call:
        """A call, in part a new one: its durations, people and numbers may be those of an earlier one."""
        draw, known = self._draw, self._known
        place = int(draw() * _KNOWN)
        if place < len(known) and draw() >= _NEW:
            return known[place]
        outcome = self._outcomes[int(draw() * len(self._outcomes))]
        call = self._simulator.call(at=now, outcome=outcome, direction=self._direction)
        if place < len(known):
            known[place] = call
        else:
            known.append(call)
        return call

    def _just_ended(self, call: Call, now: datetime) -> Call:
        """`call`, moved so that it ends now, with an id of its own."""
        shift = now - call.ended_at
        started_at = call.started_at + shift
        call_id = f"{_digits(started_at)}{self._serials.next(started_at)}"
        return call._replace(
            id=call_id,
            started_at=started_at,
            answered_at=call.answered_at + shift if call.answered_at else None,
            ended_at=call.ended_at + shift,
            recording=f"{call_id}.mp3" if call.recording else "",
        )

    def _gap_s(self, gap: timedelta) -> float:
        return min(gap.total_seconds() / self._time_scale, LONGEST_GAP_S)


def seconds() -> Callable[[], datetime]:
    """A clock of Vietnam in whole seconds that makes a new time only when there is one."""
    second, at = 0, local_now()

    def now() -> datetime:
        nonlocal second, at
        if int(time()) != second:
            at, second = local_now().replace(microsecond=0), int(time())
        return at

    return now


def _route_of(webhook: Webhook) -> type[Route]:
    return SignedRoute if webhook.key_form == KeyForm.SIGNATURE else Route


def _digits(at: datetime) -> str:
    """`yyyyMMddHHmmss`, in a fifth of the time of `strftime`."""
    return orjson.dumps(at).translate(None, b'"-T:').decode()
