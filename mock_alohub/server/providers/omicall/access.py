"""Who may use OMICall's REST API: an API key, or the access token that it was changed for, which lasts a day.

Facts: OMICall, "Authentication" (a token of 24 hours for an API key, sent as a bearer). That the key itself is taken in
`x-api-key` is what OMICall's public documentation of today says.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from mock_alohub.server.providers.api_keys import Access, NotAdmitted, Scope
from mock_alohub.server.providers.omicall.errors import Code, Refused

LASTS_S: Final = 24 * 3600
"""How long a token is taken."""
_BEARER: Final = "bearer "


def demand_key(access: Access, key: str, scope: Scope) -> None:
    """Raise `Refused` unless `key` is one of those that the server takes, for `scope`."""
    if not key.strip():
        raise Refused(Code.API_KEY_REQUIRED)
    try:
        access.admit({"x-api-key": key}, scope)
    except NotAdmitted:
        raise Refused(Code.API_KEY_INVALID) from None


def token_of(key: str, now: float) -> str:
    """The access token for `key`: until when it lasts, and a proof that it was given for that key."""
    until = int(now) + LASTS_S
    return f"{until}.{_proof(key, until)}"


def admitted(access: Access, authorization: str, api_key: str, scope: Scope, now: float) -> str:
    """Who asks, by what came in `Authorization` or `x-api-key`. Raises `Refused` for a stranger.

    A bearer may be a token or, as in other APIs of the mock, a key itself.
    """
    bearer = authorization[len(_BEARER) :] if authorization.lower().startswith(_BEARER) else authorization
    given = api_key.strip() or bearer.strip()
    if not given:
        raise Refused(Code.API_KEY_REQUIRED)
    if _has_run_out(given, now):
        raise Refused(Code.API_KEY_INVALID)
    key = next((one.key.reveal() for one in access.keys if _is_token_of(given, one.key.reveal())), given)
    demand_key(access, key, scope)
    return key


def _is_token_of(token: str, key: str) -> bool:
    until, _, proof = token.partition(".")
    return (
        until.isdecimal() and len(until) < 20 and hmac.compare_digest(proof.encode(), _proof(key, int(until)).encode())
    )


def _has_run_out(given: str, now: float) -> bool:
    until, dot, proof = given.partition(".")
    is_token = bool(dot) and until.isdecimal() and len(until) < 20 and len(proof) == sha256().digest_size * 2
    return is_token and int(until) <= now


def _proof(key: str, until: int) -> str:
    return hmac.new(key.encode(), f"omicall {until}".encode(), sha256).hexdigest()
