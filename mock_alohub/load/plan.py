"""What a load run offers: to whom, how much, for how long. It travels as JSON between the processes of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Final

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.load import profiles
from mock_alohub.load.carried_spec import specification_of
from mock_alohub.load.usual import ARRIVALS
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.imported.security import key_for
from mock_alohub.specification.respelling import respelled
from mock_alohub.specification.specification import Specification, all_with_method, with_webhooks
from mock_alohub.specification.webhook import Webhook

MAX_IN_FLIGHT: Final = 20_000
_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """One run. The key is not part of it: it comes by the environment and never travels.

    `rate` is calls per second, the highest where the profile varies it. `time_scale` divides the waits before retries
    and the talk time of calls; `drain_s` is how long retries are waited for after the last departure.
    Without `owned` no address beyond loopback and private networks is dialled. `described` are the webhooks of a
    document, as `described.carried` has them; without any they are those that are built in. `templates` are the bodies
    that the partner words, by webhook; `method` is what all are sent with, "" for the webhooks' own.
    Raises `BadOption`, `BadURL` or `UnknownName` for values that no run can have.
    """

    url: str
    webhooks: tuple[str, ...]
    rate: float
    duration_s: float
    profile: str = profiles.NAMES[0]
    arrivals: str = ARRIVALS[0]
    seed: int = 0
    retries: bool = True
    time_scale: float = 1.0
    drain_s: float = 30.0
    insecure: bool = False
    spelling: tuple[tuple[str, str], ...] = ()
    max_in_flight: int = MAX_IN_FLIGHT
    owned: bool = False
    described: str = ""
    templates: tuple[tuple[str, str], ...] = ()
    method: str = ""

    def __post_init__(self) -> None:
        parse_url(self.url)
        profiles.named(self.profile)
        if self.arrivals not in ARRIVALS:
            raise UnknownName("kind of arrivals", self.arrivals, ARRIVALS)
        if not self.webhooks:
            raise BadOption("a load run needs a webhook to send", hint="for example alohub.call-ended")
        for name in self.webhooks:
            self.specification.webhook(name)
        for what, value in (("rate", self.rate), ("duration", self.duration_s), ("time scale", self.time_scale)):
            if not (value > 0 and math.isfinite(value)):
                raise BadOption(f"the {what} is {value:g}, wanted a number above 0")
        if not (self.drain_s >= 0 and math.isfinite(self.drain_s)):
            raise BadOption(f"retries cannot be waited for {self.drain_s:g} s, wanted 0 or more")
        if self.max_in_flight < 1:
            raise BadOption(f"{self.max_in_flight} calls cannot be in flight, wanted 1 or more")

    @property
    def specification(self) -> Specification:
        """What the webhooks are looked up in: as they are spelled, worded and sent in this run."""
        known = specification_of(self.described) if self.described else Specification.load()
        if not (self.spelling or self.templates or self.method):
            return known
        return _changed(self.described, self.spelling, self.templates, self.webhooks, self.method)

    @property
    def kinds(self) -> tuple[Webhook, ...]:
        """The webhooks that are sent."""
        specification = self.specification
        return tuple(specification.webhook(name) for name in self.webhooks)

    @property
    def deadline_s(self) -> float:
        """The longest that an attempt may take."""
        return max(policy_of(webhook).deadline_s for webhook in self.kinds)

    @property
    def of_calls(self) -> bool:
        """Whether it is calls that are told of; nobody knows what the messages of a document tell of."""
        return not any(webhook.drawn for webhook in self.kinds)

    @property
    def provider(self) -> str:
        """The title of the document that the webhooks are of, "" for those that are built in."""
        return next((webhook.documents["fields"][0] for webhook in self.kinds if webhook.drawn), "")

    def endpoint(self, key: Key | None) -> Endpoint:
        """Where it goes, with `key` as the webhooks carry it. Raises `BadOption` for one they cannot carry."""
        if key is not None and self.described:
            key = Key(key_for(self.kinds, key.reveal()))
        return Endpoint(parse_url(self.url), key)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> LoadPlan:
        """The opposite of `as_dict`. Raises `UnknownName` for a name that no plan has."""
        known = {one.name for one in fields(cls)}
        for name in document:
            if name not in known:
                raise UnknownName("value of a load plan", name, known)
        pairs = {name: tuple(map(tuple, document.get(name, ()))) for name in ("spelling", "templates")}
        return cls(**{**document, "webhooks": tuple(document["webhooks"]), **pairs})


@lru_cache(_KEPT)
def _changed(
    described: str,
    spelling: tuple[tuple[str, str], ...],
    templates: tuple[tuple[str, str], ...],
    sent: tuple[str, ...],
    method: str,
) -> Specification:
    known = specification_of(described) if described else Specification.load()
    if spelling:
        known = respelled(known, dict(spelling))
    if templates:
        from mock_alohub.specification.body_template import worded  # here, for Jinja is slow to import

        known = with_webhooks(known, (worded(known.webhook(name), text) for name, text in templates))
    return all_with_method(known, sent, method) if method else known
