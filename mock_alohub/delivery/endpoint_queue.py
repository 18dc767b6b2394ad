"""One endpoint's way through the engine: what is ready for it, what is under way, how requests to it look."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mock_alohub.clock import Alarm
from mock_alohub.delivery.destination import Destination, carried
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.new_delivery import ScheduledDelivery
from mock_alohub.delivery.retry import sped_up
from mock_alohub.messages.attempt import Attempt, Headers
from mock_alohub.messages.masking import masked, secrets_of, suspects_of
from mock_alohub.messages.message import with_method
from mock_alohub.messages.policy import Policy, policy_of
from mock_alohub.messages.transmission import ORDINARY, Credential, Request, Transmission, Wire, request_of
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import Retried
from mock_alohub.specification.specification import Specification

_plan = drafted(Transmission)
_REMEMBERED = 64
_SHORT = 256


@dataclass(frozen=True, slots=True)
class Route:
    """How the deliveries of one webhook go to one endpoint."""

    policy: Policy
    key_header: str | None
    credential: Credential | None
    retried: Retried


@dataclass(slots=True, eq=False)
class EndpointQueue:
    """What the engine has in mind of one endpoint.

    `ready` is what will be attempted next, `under_way` what is being attempted and since when. `held` are the numbers
    of all that must not be taken from the store (again): ready, under way, or not yet recorded. `more`: the store may
    have due deliveries that are not held. `canceling`: canceled once the attempt that is under way has failed.
    """

    destination: Destination
    ready: deque[ScheduledDelivery] = field(default_factory=deque)
    under_way: dict[int, float] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    canceling: set[int] = field(default_factory=set)
    workers: int = 0
    queued: bool = False
    more: bool = True
    gone: bool = False
    alarm: Alarm | None = None
    alarm_at: float = 0.0
    routes: dict[str, Route] = field(default_factory=dict)
    harmless: set[tuple[Headers, bytes]] = field(default_factory=set)
    suspects: tuple[str, ...] | None = None

    @property
    def namespace(self) -> str:
        """The endpoint's namespace."""
        return self.destination.registration.namespace

    @property
    def is_open(self) -> bool:
        """Whether anything is sent at all."""
        return self.destination.registration.enabled and not self.gone

    def redirect(self, destination: Destination) -> None:
        """Go on with the endpoint as it is now."""
        self.destination = destination
        self.routes.clear()
        self.harmless.clear()
        self.suspects = None

    def route(self, webhook: str, specification: Specification, time_scale: float) -> Route:
        """The way of `webhook`."""
        route = self.routes.get(webhook)
        if route is None:
            described = specification.webhook(webhook)
            registration = self.destination.registration
            policy = sped_up(registration.overrides.over(policy_of(described)), time_scale)
            key_header = registration.shape.key_header or described.key_header
            credential = carried(registration.endpoint, described)
            retried = provider_of(described.provider).retried
            route = self.routes[webhook] = Route(policy, key_header, credential, retried)
        return route

    def request(self, due: ScheduledDelivery, route: Route) -> tuple[Request, Wire]:
        """What is sent in the next try of `due`, and with which fault of the wire."""
        registration, new_delivery = self.destination.registration, due.new_delivery
        message = new_delivery.message
        if due.tries:
            message = route.retried(message, due.tries)
        if registration.method and registration.method != message.method:
            message = with_method(message, registration.method)
        faulty = new_delivery.faulty_tries is None or due.tries < new_delivery.faulty_tries
        credential = new_delivery.credential if faulty and new_delivery.credential is not None else route.credential
        request = request_of(_plan(message, credential), registration.endpoint.url, route.key_header)
        return request, new_delivery.wire if faulty else ORDINARY

    def discreet(self, attempt: Attempt) -> Attempt:
        """`attempt` without the key, should the endpoint have repeated it."""
        reply, endpoint = attempt.reply, self.destination.registration.endpoint
        if reply is None or endpoint.key is None or (reply.headers, reply.body) in self.harmless:
            return attempt
        if self.suspects is None:
            self.suspects = suspects_of(endpoint)
        body = reply.body.decode("latin-1")
        texts = (body, *(value for _, value in reply.headers))
        if not any(_holds(text, self.suspects) for text in texts):
            # An endpoint says the same most of the time.
            if len(self.harmless) >= _REMEMBERED:
                self.harmless.clear()
            if len(body) <= _SHORT:
                self.harmless.add((reply.headers, reply.body))
            return attempt
        secrets = secrets_of(endpoint)
        headers = tuple((name, masked(value, secrets)) for name, value in reply.headers)
        return replace(attempt, reply=replace(reply, headers=headers, body=masked(body, secrets).encode("latin-1")))

    def take(self, dues: Iterable[ScheduledDelivery]) -> int:
        """Hold `dues` and get them ready, save those that are held already; how many that were not.

        One that has just been written can be found in the store before the word of its arrival comes.
        """
        before = len(self.held)
        for due in dues:
            if due.id not in self.held:
                self.held.add(due.id)
                self.ready.append(due)
        return len(self.held) - before

    def withhold(self, number: int) -> bool:
        """See to it that a delivery is not attempted until it is released; False when it is under way or was."""
        if number not in self.held:
            self.held.add(number)
            return True
        for due in self.ready:
            if due.id == number:
                self.ready.remove(due)
                return True
        return False

    def drop(self) -> None:
        """Forget what is ready and stop the alarm; what is under way comes to its end."""
        self.gone = True
        self.ready.clear()
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None


def _holds(text: str, suspects: Iterable[str]) -> bool:
    small = text.lower()
    return any(suspect in small for suspect in suspects)
