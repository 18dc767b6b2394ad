"""Endpoints that break one rule each, by family of rules."""

from __future__ import annotations

from tests.zoo.broken import (
    ack,
    alohaa,
    auth,
    compat,
    deadline,
    http,
    idempotency,
    omicall,
    order,
    robust,
    signatures,
    voipappz,
)
from tests.zoo.member import BROKEN

__all__ = [
    "BROKEN",
    "ack",
    "alohaa",
    "auth",
    "compat",
    "deadline",
    "http",
    "idempotency",
    "omicall",
    "order",
    "robust",
    "signatures",
    "voipappz",
]
