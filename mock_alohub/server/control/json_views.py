"""How the records of the engine are written in the answers of the control API."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from mock_alohub.delivery.destination import DestinationView, Overrides
from mock_alohub.delivery.state import Attempting, Dead, Waiting
from mock_alohub.delivery.view import AttemptView, DeliveryView, MessageView
from mock_alohub.server.switchboard import Placed
from mock_alohub.vietnam_time import VIETNAM

Shown = dict[str, Any]

SET_ASIDE: Final = "unknown-webhook"
"""Why a delivery waits that is not attempted: the specification that this server has does not describe its webhook."""


@lru_cache(maxsize=4096)  # whoever polls is shown the same deliveries again and again
def instant(at: float) -> datetime:
    """A moment in Unix seconds, to the millisecond, as JSON writes it."""
    return datetime.fromtimestamp(int(at * 1000) / 1000, UTC)


def moment(text: str) -> datetime:
    """A time as it is written in a request; local to Vietnam where it names no zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=VIETNAM)


def text(body: bytes) -> str:
    """Bytes as text; a byte that is no UTF-8 is written as a backslash, x and two digits."""
    return body.decode("utf-8", "backslashreplace")


def duration(seconds: float) -> str:
    """Seconds as durations are written: `500ms`, `5s`."""
    amount, unit = (seconds, "s") if seconds >= 1 or seconds == 0 else (seconds * 1000, "ms")
    return f"{amount:.3f}".rstrip("0").rstrip(".") + unit


def endpoint(view: DestinationView) -> Shown:
    """A registered endpoint, without its key."""
    return {
        "id": view.id,
        "url": view.url,
        "key": view.key or None,
        "webhooks": view.webhooks,
        "method": view.method or None,
        "enabled": view.enabled,
        "policy": _policy(view.overrides),
    }


def _policy(overrides: Overrides) -> Shown:
    policy: Shown = {}
    if overrides.deadline_s is not None:
        policy["deadline"] = duration(overrides.deadline_s)
    if overrides.acknowledged_by is not None:
        policy["acknowledged_by"] = overrides.acknowledged_by
    if overrides.retries_s is not None:
        policy["retries"] = [duration(wait_s) for wait_s in overrides.retries_s]
    return policy


def delivery(view: DeliveryView, known: Container[str]) -> Shown:
    """A delivery as it stands in a list; `known` are the webhooks that are sent at all."""
    state, next_at, ended_at, cause = view.state, None, None, None
    if isinstance(state, Waiting):
        if view.webhook in known:
            next_at = instant(state.next_at)
        else:
            cause = SET_ASIDE
    elif isinstance(state, Attempting):
        next_at = instant(state.since)
    else:
        ended_at = instant(state.at)
        cause = state.cause if isinstance(state, Dead) else None
    return {
        "id": view.id,
        "webhook": view.webhook,
        "call_id": view.call_id,
        "endpoint": view.endpoint,
        "state": state.name,
        "attempts_made": view.attempts,
        "created_at": instant(view.created_at),
        "next_at": next_at,
        "ended_at": ended_at,
        "cause": cause,
    }


def placed(calls: Sequence[Placed], *, facts: bool) -> list[Shown]:
    """Calls that were placed, with their `facts` where messages tell of these."""
    return [
        {
            "call_id": call.id,
            **({"outcome": call.outcome.value, "direction": call.direction.value} if facts else {}),
            "deliveries": deliveries,
        }
        for call, deliveries in calls
    ]


def message(view: MessageView) -> Shown:
    """What a delivery sends."""
    return {
        "method": view.method,
        "headers": view.headers,
        "body": text(view.body),
        "key": view.credential or "the agreed key",
        "fault": view.fault,
    }


def attempt(view: AttemptView) -> Shown:
    """An attempt with its phases and the beginning of the answer."""
    phases = view.phases
    spent_s = (
        ("dns", phases.dns_s),
        ("connect", phases.connect_s),
        ("tls", phases.tls_s),
        ("send", phases.send_s),
        ("wait", phases.wait_s),
        ("receive", phases.receive_s),
    )
    return {
        "number": view.number,
        "started_at": instant(view.started_at),
        "elapsed_ms": round(view.elapsed_s * 1000, 3),
        "status": view.status,
        "cause": view.cause,
        "detail": view.detail,
        "phases_ms": {name: round(spent * 1000, 3) for name, spent in spent_s if spent is not None},
        "address": view.address,
        "reused": view.reused,
        "headers": view.headers,
        "body": text(view.excerpt),
        "body_size": view.body_size,
    }
