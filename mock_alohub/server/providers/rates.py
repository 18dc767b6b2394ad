"""How often Alohub's REST API may be used: limits per ten seconds.

Limits are per tenant and per route (Alohub, Call report); their figures and the names of their headers are not
published, so there is no limit unless one is set, and the names are settings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mock_alohub.errors import BadOption

WINDOW_S: Final = 10
"""Limits count the requests of ten seconds."""
RATE_HEADERS: Final = (
    "X-RateLimit-Limit-Tenant-10s",
    "X-RateLimit-Remaining-Tenant-10s",
    "X-RateLimit-Limit-Route-10s",
    "X-RateLimit-Remaining-Route-10s",
)
"""Names of the headers that tell of limits. That there are such is published, what they are called is not."""
_COUNTERS: Final = 10_000
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)


class OverLimit(Exception):
    """One request too many; `headers` tell of the limits and of the seconds to wait."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("too many requests")
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests that a tenant may make in ten seconds, in all and to one route; None for any number.

    `headers` are the names under which limit and remainder are told, of the tenant and then of the route.
    """

    tenant: int | None = None
    route: int | None = None
    headers: tuple[str, ...] = RATE_HEADERS

    def __post_init__(self) -> None:
        for limit in (self.tenant, self.route):
            if limit is not None and limit < 1:
                raise BadOption(f"a limit of {limit} requests in {WINDOW_S} s lets none through; allowed: 1 or more")


def header_names(text: str) -> tuple[str, ...]:
    """The four names that `text` gives, with commas between them. Raises `BadOption`."""
    names = tuple(name.strip() for name in text.split(","))
    if len(names) != len(RATE_HEADERS) or not all(_TOKEN.fullmatch(name) for name in names):
        raise BadOption(f"`{text}` is not four names of headers", hint=f"for example {','.join(RATE_HEADERS)}")
    return names


@dataclass(slots=True)
class Rates:
    """Counts the requests of the present ten seconds."""

    limits: Limits = field(default_factory=Limits)
    _window: int = 0
    _counts: dict[Sequence[str], int] = field(default_factory=dict)

    def count(self, tenant: str, route: str, now: float) -> dict[str, str]:
        """Count one request at `now` (Unix seconds); the headers to answer it with.

        Raises `OverLimit` with `Retry-After` for one too many.
        """
        limits = self.limits
        if limits.tenant is None and limits.route is None:
            return {}
        window = math.floor(now / WINDOW_S)
        if window != self._window or len(self._counts) > _COUNTERS:
            self._window, self._counts = window, {}
        headers: dict[str, str] = {}
        over = False
        for limit, counter, names in (
            (limits.tenant, (tenant,), limits.headers[:2]),
            (limits.route, (tenant, route), limits.headers[2:]),
        ):
            if limit is not None:
                used = self._counts[counter] = self._counts.get(counter, 0) + 1
                headers |= {names[0]: str(limit), names[1]: str(max(0, limit - used))}
                over = over or used > limit
        if over:
            wait_s = math.ceil((window + 1) * WINDOW_S - now)
            raise OverLimit({**headers, "Retry-After": str(max(1, wait_s))})
        return headers
