"""The one line that the log has of each attempt: `name=value` pairs (logfmt), without the key."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

from mock_alohub.delivery.destination import Destination
from mock_alohub.delivery.new_delivery import AttemptResult
from mock_alohub.delivery.state import Waiting

log = logging.getLogger("mock_alohub.delivery")
_PLAIN = re.compile(r"[^\s\"=\x00-\x1f\x7f]+")


def attempt_line(outcome: AttemptResult, destination: Destination) -> str:
    """What the log says of an attempt: which, to where, how it ended and how long it took, and what follows."""
    due, attempt, state = outcome.due, outcome.attempt, outcome.state
    registration = destination.registration
    facts: dict[str, Any] = {
        "event": "attempt",
        "delivery": due.id,
        "number": attempt.number,
        "namespace": registration.namespace,
        "endpoint": destination.id,
        "url": registration.endpoint.url.shown(),
        "webhook": due.new_delivery.message.webhook,
        "call_id": due.new_delivery.message.call_id,
        "status": attempt.status,
        "cause": outcome.failure,
        "detail": attempt.detail or None,
        "elapsed_ms": round(attempt.elapsed_s * 1000, 3),
        "address": attempt.address or None,
        "state": state.name,
        "next_at": _moment(state.next_at) if isinstance(state, Waiting) else None,
    }
    return " ".join(f"{name}={written(value)}" for name, value in facts.items() if value is not None)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def written(value: Any) -> str:
    """`value` as it stands behind an equals sign: in quotes where it needs them."""
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in escaped) + '"'
