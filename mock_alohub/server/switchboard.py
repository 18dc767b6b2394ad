"""The one place where a call becomes deliveries: messages at the moments of its life, to the endpoints that want them.

A call is the truth about itself: what is sent about it is due when it happens. One that lies in the past is told of at
once, one that starts now is told of as it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from mock_alohub.calls.call import Call, Moment
from mock_alohub.calls.call_details import moment_at
from mock_alohub.clock import Timekeeper, WallTime
from mock_alohub.delivery.destination import DEFAULT_NAMESPACE, Destination, Shape, carried
from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.faults.fault import Fault, chained, together
from mock_alohub.messages.message import with_body, with_fields
from mock_alohub.messages.transmission import Credential, Transmission
from mock_alohub.providers import alohub, provider_of
from mock_alohub.providers.provider import Provider, message_of, moments
from mock_alohub.server.hostility import Hostility
from mock_alohub.specification.body_template import rendered
from mock_alohub.specification.specification import DEFAULT, Specification
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import VIETNAM

Listener = Callable[[str, Sequence[Call]], object]
"""Told of calls as they are placed: the namespace and the calls. It must not wait for anything."""

GAP_S: Final = 0.02
"""Two messages about one call are at least so far apart, so that they are not overtaken on their way."""


class Timed(NamedTuple):
    """A message and when it is due (Unix seconds), and the moment of the call that it tells of, and when that is."""

    at: float
    happens_at: datetime
    plan: Transmission
    moment: Moment


class Placed(NamedTuple):
    """A call that was placed and the ids of the deliveries that tell of it, none where no endpoint wants any."""

    call: Call
    deliveries: tuple[int, ...]


class Switchboard:
    """Places calls. `listeners` are told of every call, whoever placed it.

    `public_url` is where the server is reached, which recordings are linked to. `time_scale` divides how long a call
    takes until its messages are due; `hostility` duplicates and reorders some of what is sent.
    """

    def __init__(
        self,
        engine: Engine,
        specification: Specification,
        *,
        public_url: str,
        clock: Timekeeper | None = None,
        time_scale: float = 1.0,
        hostility: Hostility | None = None,
    ) -> None:
        self.listeners: list[Listener] = []
        self._engine = engine
        self._specification = specification
        self._public_url = public_url
        self._clock = clock or WallTime()
        self._time_scale = time_scale
        self._hostility = hostility
        self._alohub = lru_cache(maxsize=1024)(self._alohub_of)

    async def place(
        self,
        namespace: str,
        calls: Sequence[Call],
        *,
        webhooks: Collection[str] | None = None,
        usual: Collection[str] = DEFAULT,
        changes: Mapping[str, Any] | None = None,
        faults: Sequence[Fault] = (),
        faulty_tries: int | None = None,
        seed: int = 0,
        as_told: bool = False,
        endpoints: Collection[int] | None = None,
    ) -> list[Placed]:
        """Enqueue, durably and in one batch, what is sent about `calls`; when this returns it is on disk.

        Every enabled endpoint of `namespace` gets the messages of the webhooks it wants, or of those among them that
        are in `webhooks`; where none are given, one that names none gets the `usual` ones, or all where the
        specification has none of these. A message is due at its moment of the call (times of calls are local to
        Vietnam; what lies ahead comes nearer by the time scale), at once when that has passed. `changes` sets fields of
        every message; `faults` change what is sent or how, drawn from `seed`, those of the wire and the key in the
        first `faulty_tries` tries only. `endpoints` (their numbers) are told of it alone, whichever webhooks they want.
        The switchboard's hostility comes on top, unless all is to be `as_told`.
        Raises `UnknownName` for a webhook that does not exist.
        """
        chosen = self._chosen(webhooks)
        usual = () if webhooks else [name for name in usual if name in self._specification.webhooks]
        now = self._clock.now()
        new_deliveries: list[NewDelivery] = []
        timed: dict[str, list[Timed]] = {}
        for destination in self._destinations(namespace):
            if destination.id not in endpoints if endpoints is not None else destination.registration.shape.aside:
                continue
            wanted = usual if endpoints is not None else destination.registration.webhooks or usual
            plans: list[Timed] = []
            keys: dict[str, Credential | None] = {}
            for webhook in chosen:
                if not wanted or webhook.name in wanted:
                    if webhook.name not in timed:
                        timed[webhook.name] = list(self._messages(namespace, webhook, calls, changes, now))
                    plans.extend(_shaped(timed[webhook.name], destination.registration.shape))
                    keys[webhook.name] = carried(destination.registration.endpoint, webhook)
            new_deliveries.extend(_parcels(destination.id, keys, plans, faults, faulty_tries, seed, self._time_scale))
        if self._hostility is not None and not as_told:
            new_deliveries = list(self._hostility.over(new_deliveries, now))
        numbers = await self._engine.enqueue(new_deliveries) if new_deliveries else []
        for listener in self.listeners:
            listener(namespace, calls)
        of_call: dict[str, list[int]] = {call.id: [] for call in calls}
        for new_delivery, number in zip(new_deliveries, numbers, strict=True):
            of_call[new_delivery.message.call_id].append(number)
        return [Placed(call, tuple(of_call[call.id])) for call in calls]

    def due_at(self, moment: datetime, now: float) -> float:
        """When something that happens at `moment` (local time of Vietnam) is due, in Unix seconds of the wall's clock.

        `now` is the present; what has passed is due now.
        """
        ahead_s = moment.replace(tzinfo=VIETNAM).timestamp() - now
        return now + max(0.0, ahead_s) / self._time_scale

    def _chosen(self, names: Collection[str] | None) -> list[Webhook]:
        known = self._specification
        found = (name for one in names or known.webhooks for name in known.names(one))
        return [known.webhook(name) for name in dict.fromkeys(found)]

    def _destinations(self, namespace: str) -> Iterator[Destination]:
        for destination in self._engine.store.destinations():
            if destination.registration.namespace == namespace and destination.registration.enabled:
                yield destination

    def _messages(
        self, namespace: str, webhook: Webhook, calls: Iterable[Call], changes: Mapping[str, Any] | None, now: float
    ) -> Iterator[Timed]:
        provider = self._provider(namespace, webhook)
        for call in calls:
            for moment in moments(webhook, call):
                message = message_of(provider, webhook, call, moment)
                happens_at = moment_at(call, moment)
                due_at = self.due_at(happens_at, now)
                yield Timed(
                    due_at, happens_at, Transmission(with_fields(message, changes) if changes else message), moment
                )

    def _provider(self, namespace: str, webhook: Webhook) -> Provider:
        if webhook.provider == alohub.ALOHUB.name:
            return self._alohub(namespace)
        return provider_of(webhook.provider)

    def _alohub_of(self, namespace: str) -> Provider:
        prefix = "" if namespace == DEFAULT_NAMESPACE else f"/ns/{namespace}"
        return alohub.provider(f"{self._public_url}{prefix}")


def speaks_of_calls(specification: Specification) -> bool:
    """Whether messages tell of calls: those of built-in providers do, those of anybody's document do not."""
    return not all(webhook.drawn for webhook in specification.webhooks.values())


def _shaped(timed: Iterable[Timed], shape: Shape) -> Iterator[Timed]:
    """`timed` as an endpoint wants it: what it wants to hear of, with its headers, in its words."""
    for one in timed:
        if shape.moments and one.moment not in shape.moments:
            continue
        message = one.plan.message
        if shape.values:
            message = with_fields(message, dict(shape.values))
        if shape.template:
            message = with_body(message, rendered(shape.template, message.payload))
        if shape.headers:
            message = replace(message, headers=(*message.headers, *shape.headers))
        yield one if message is one.plan.message else one._replace(plan=Transmission(message))


def _parcels(
    endpoint: int,
    keys: Mapping[str, Credential | None],
    timed: list[Timed],
    faults: Sequence[Fault],
    faulty_tries: int | None,
    seed: int,
    time_scale: float,
) -> Iterator[NewDelivery]:
    """What `timed` messages are as new deliveries for `endpoint`, with `faults` and at their times.

    `keys` are the agreed key as each webhook carries it.
    """
    timed = sorted(timed, key=lambda one: (one.at, one.happens_at))
    plans: Sequence[Transmission] = [Transmission(one.plan.message, keys[one.plan.message.webhook]) for one in timed]
    groups = list(together(chained(faults, plans, seed)))
    last_at: dict[str, float] = {}
    waited_s = 0.0
    for place, group in enumerate(groups):
        # In whatever order a fault has put them: the first is due when the first was, and the last when the last was.
        waited_s += group[0].wait_s / time_scale
        at = timed[place * len(timed) // len(groups)].at + waited_s
        call_id = group[0].message.call_id
        if call_id in last_at:
            at = max(at, last_at[call_id] + GAP_S)
        last_at[call_id] = at
        for plan in group:
            credential = None if plan.credential == keys[plan.message.webhook] else plan.credential
            yield NewDelivery(endpoint, plan.message, credential, plan.wire, faulty_tries, at)
