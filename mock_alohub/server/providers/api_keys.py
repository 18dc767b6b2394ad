"""Who may use a provider's REST API: keys and their scopes.

Alohub's older API takes the key in `Authorization` as it is, its gateway takes it in `X-Api-Key` and falls back to
`Authorization`; both headers are taken everywhere here. Keys of the gateway have scopes such as `report`, `campaign`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.endpoint import Key

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


class NotAdmitted(Exception):
    """A key that is not taken; `lacks_scope`: it is known, but not for this. `detail` says what to do."""

    def __init__(self, detail: str, *, lacks_scope: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.lacks_scope = lacks_scope


@dataclass(frozen=True, slots=True)
class Access:
    """The keys that are accepted; without any, every key that is not empty is."""

    keys: tuple[ApiKey, ...] = ()

    def admit(self, headers: Mapping[str, str], scope: Scope) -> None:
        """Raise `NotAdmitted` unless `headers` carry a key that has `scope`. Where both do, both must be right."""
        given = [headers[name] for name in ("x-api-key", "authorization") if name in headers]
        if not given or not all(key.strip() for key in given):
            raise NotAdmitted("send the key as it is, in `Authorization` or `X-Api-Key`")
        if not self.keys:
            return
        known = [self._known(key) for key in given]
        if not all(known):
            raise NotAdmitted("this key is not known")
        if not any(scope in one.scopes for one in known[0]):
            raise NotAdmitted(f"it lacks `{scope}`", lacks_scope=True)

    def _known(self, key: str) -> list[ApiKey]:
        # All are compared, each in constant time, so that the time it takes tells nothing about them.
        return [one for one in self.keys if hmac.compare_digest(one.key.reveal().encode(), key.encode())]
