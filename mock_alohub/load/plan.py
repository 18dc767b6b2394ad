"""What a load run offers: to whom, how much, for how long. It travels as JSON between the processes of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from mock_alohub import spec
from mock_alohub.endpoint import parse_url
from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.load import profiles

ARRIVALS: Final = ("poisson", "constant")
"""How calls follow each other at one rate: at random, as calls do, or evenly. The first is the default."""
MAX_IN_FLIGHT: Final = 20_000


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """One run. The key is not part of it: it comes by the environment and never travels.

    `rate` is calls per second, the highest where the profile varies it. `time_scale` divides the waits before retries
    and the talk time of calls; `drain_s` is how long retries are waited for after the last departure.
    Without `owned` no address beyond loopback and private networks is dialled.
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

    def __post_init__(self) -> None:
        parse_url(self.url)
        profiles.named(self.profile)
        if self.arrivals not in ARRIVALS:
            raise UnknownName("kind of arrivals", self.arrivals, ARRIVALS)
        if not self.webhooks:
            raise BadOption("a load run needs a webhook to send", hint="for example alohub.call-ended")
        for name in self.webhooks:
            spec.load().webhook(name)
        for what, value in (("rate", self.rate), ("duration", self.duration_s), ("time scale", self.time_scale)):
            if not (value > 0 and math.isfinite(value)):
                raise BadOption(f"the {what} is {value:g}, wanted a number above 0")
        if not (self.drain_s >= 0 and math.isfinite(self.drain_s)):
            raise BadOption(f"retries cannot be waited for {self.drain_s:g} s, wanted 0 or more")
        if self.max_in_flight < 1:
            raise BadOption(f"{self.max_in_flight} calls cannot be in flight, wanted 1 or more")

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
        spelling = tuple((outcome, word) for outcome, word in document.get("spelling", ()))
        return cls(**{**document, "webhooks": tuple(document["webhooks"]), "spelling": spelling})
