"""Endpoints that break one rule each, by family of rules."""

from __future__ import annotations

from tests.zoo.broken import ack, auth, compat, deadline, http, idempotency, order, robust
from tests.zoo.member import BROKEN

__all__ = ["BROKEN", "ack", "auth", "compat", "deadline", "http", "idempotency", "order", "robust"]
