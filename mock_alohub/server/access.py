"""Who may talk to the server: the `Host` it is called by, the page a browser calls from, the token.

A browser on this machine reaches a server on loopback for any page it shows. Three things keep such pages out: a name
that is not ours in `Host` is refused (DNS rebinding), a change asked for by another origin is refused (CSRF), and
nothing is ever said about other origins (no CORS), so that they cannot read answers.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from mock_alohub.server.problem import Problem

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL: Final = "localhost"

RawHeaders = list[tuple[bytes, bytes]]


class Access:
    """Lets requests in or not. `names` are host names the server is known by; addresses and localhost always are.

    An address in `Host` cannot be the work of DNS. `token` is what guarded operations take, None where they are open.
    """

    def __init__(self, names: Iterable[str] = (), token: str | None = None) -> None:
        self.names = frozenset(name.lower().rstrip(".") for name in names)
        self.token = token
        self._knows = lru_cache(maxsize=256)(self._is_known)

    def admit(self, method: str, headers: RawHeaders) -> None:
        """Raise `Problem` for a request that must not be looked at any further."""
        host = origin = site = b""
        for name, value in headers:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
        if not self._knows(host):
            raise Problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"this server is not `{host.decode('latin-1')[:100]}`",
                hint="start it with --allow-host NAME to let it be called by that name",
            )
        if method in _READING:
            return
        foreign = _authority(origin) != host if origin else site in {b"cross-site", b"same-site"}
        if foreign:
            raise Problem(HTTPStatus.FORBIDDEN, "a page of another origin cannot change anything here")

    def demand_token(self, headers: RawHeaders) -> None:
        """Raise `Problem` unless `headers` carry the token, where there is one."""
        if self.token is None:
            return
        given = next((value for name, value in headers if name == b"authorization"), b"")
        scheme, _, value = given.partition(b" ")
        # Compared in constant time, so that the time it takes tells nothing about the token.
        if scheme.lower() != b"bearer" or not hmac.compare_digest(value.strip(), self.token.encode()):
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "this server wants its token" if not given else "that is not the token of this server",
                hint="send `Authorization: Bearer TOKEN`; the token was given with --token or printed at the start",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _is_known(self, host: bytes) -> bool:
        name = host.decode("latin-1").lower()
        if name.startswith("["):
            name = name[1:].partition("]")[0]
        else:
            name = name.rpartition(":")[0] or name if name.count(":") == 1 else name
        name = name.rstrip(".")
        return name == _LOCAL or name.endswith(f".{_LOCAL}") or name in self.names or _is_address(name)


def _authority(origin: bytes) -> bytes:
    return origin.partition(b"://")[2]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
