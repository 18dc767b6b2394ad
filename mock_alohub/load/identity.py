"""What a worker says of itself, so that two that differ do not load an endpoint together.

The network between master and workers is not encrypted, so the key never travels: a worker sends a slow, salted hash
of its own (scrypt, RFC 7914), and the master compares it with that of its key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from mock_alohub import __version__, bundle

_COST: Final = 2**14
"""About 50 ms a guess; the memory is 16 MiB."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a worker is: its process, what it runs and reads, and a proof that it has the same key."""

    host: str
    pid: int
    version: str
    specification: str
    salt: str
    proof: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def of_dict(cls, document: Mapping[str, Any]) -> Identity:
        """The opposite of `as_dict`. Raises `TypeError`."""
        return cls(**document)


def own_identity(key: str | None) -> Identity:
    """What this process says of itself; `key` is the one it would send with."""
    salt = secrets.token_hex(16)
    return Identity(socket.gethostname(), os.getpid(), __version__, specification_digest(), salt, _proof(key, salt))


def difference(identity: Identity, key: str | None) -> str:
    """Why a worker of this identity cannot work with this process; empty when it can."""
    if identity.version != __version__:
        return f"it runs mock-alohub {identity.version}, the master {__version__}"
    if identity.specification != specification_digest():
        return "its specification (openapi.yaml) is another than the master's"
    if not hmac.compare_digest(identity.proof, _proof(key, identity.salt)):
        return "its key is another than the master's (MOCK_ALOHUB_KEY)"
    return ""


@cache
def specification_digest() -> str:
    """A digest of the specification that this process reads."""
    return hashlib.sha256(bundle.path("openapi.yaml").read_bytes()).hexdigest()[:16]


def _proof(key: str | None, salt: str) -> str:
    # No key and an empty one send different headers, so they differ here too.
    secret = b"no key" if key is None else b"key:" + key.encode()
    return hashlib.scrypt(secret, salt=bytes.fromhex(salt), n=_COST, r=8, p=1).hex()
