"""Who may use Alohub's REST API, and how often: keys, their scopes, and limits per ten seconds.

The older API takes the key in `Authorization` as it is, the gateway takes it in `X-Api-Key` and falls back to
`Authorization`; both headers are taken everywhere here. Keys of the gateway have scopes such as `report`, `campaign`.
Limits are per tenant and per route (Alohub, Call report); their figures and the names of their headers are not
published, so there is no limit unless one is set, and the names are settings.
"""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.endpoint import Key
from mock_alohub.server.providers.alohub.errors import RATE_HEADERS, Code, Refused

WINDOW_S: Final = 10
"""Limits count the requests of ten seconds."""
_COUNTERS: Final = 10_000
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_SCOPED: Final = re.compile(r"(.+)=([a-z]+(?:,[a-z]+)*)")


class Scope(StrEnum):
    """What a key may be used for. That calls are placed with `voice` is assumed."""

    VOICE = "voice"
    REPORT = "report"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that is accepted, and for what."""

    key: Key
    scopes: frozenset[Scope] = frozenset(Scope)


def api_key(text: str) -> ApiKey:
    """The key that `text` gives: `KEY` for everything, `KEY=report,campaign` for these scopes alone.

    Raises `UnknownName` for a scope that does not exist, `BadOption` for an empty key.
    """
    scoped = _SCOPED.fullmatch(text)
    if not text.strip():
        raise BadOption("an API key cannot be empty")
    if scoped is None:
        return ApiKey(Key(text))
    for name in scoped[2].split(","):
        if name not in set(Scope):
            raise UnknownName("scope", name, list(Scope), hint="a key and its scopes are given as KEY=report,campaign")
    return ApiKey(Key(scoped[1]), frozenset(Scope(name) for name in scoped[2].split(",")))


@dataclass(frozen=True, slots=True)
class Access:
    """The keys that are accepted; without any, every key that is not empty is."""

    keys: tuple[ApiKey, ...] = ()

    def admit(self, headers: Mapping[str, str], scope: Scope) -> None:
        """Raise `Refused` unless `headers` carry a key that has `scope`. Where both headers do, both must be right."""
        given = [headers[name] for name in ("x-api-key", "authorization") if name in headers]
        if not given or not all(key.strip() for key in given):
            raise Refused(Code.UNAUTHORIZED, "send the key as it is, in `Authorization` or `X-Api-Key`")
        if not self.keys:
            return
        known = [self._known(key) for key in given]
        if not all(known):
            raise Refused(Code.UNAUTHORIZED, "this key is not known")
        if not any(scope in one.scopes for one in known[0]):
            raise Refused(Code.INSUFFICIENT_SCOPE, f"it lacks `{scope}`")

    def _known(self, key: str) -> list[ApiKey]:
        # All are compared, each in constant time, so that the time it takes tells nothing about them.
        return [one for one in self.keys if hmac.compare_digest(one.key.reveal().encode(), key.encode())]


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

        Raises `Refused` with `Retry-After` for one too many.
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
            raise Refused(Code.RATE_LIMIT_EXCEEDED, headers={**headers, "Retry-After": str(max(1, wait_s))})
        return headers
