"""What a webhook says about a call: method, headers, body bytes. The key is not part of it: see `plan.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from mock_alohub.attempt import Headers

Payload = dict[str, Any]
"""The JSON object of a message: field name to value."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be sent. `body` is the truth; `payload` reads it."""

    webhook: str
    call_id: str
    method: str
    headers: Headers
    body: bytes

    @property
    def payload(self) -> Payload:
        """The body as a fresh dictionary."""
        payload: Payload = orjson.loads(self.body)
        return payload


def with_fields(message: Message, changes: Mapping[str, Any]) -> Message:
    """`message` with some fields set to other values (added at the end when they are new)."""
    return replace(message, body=orjson.dumps(message.payload | dict(changes)))


def without_field(message: Message, name: str) -> Message:
    """`message` without the field `name`."""
    payload = message.payload
    del payload[name]
    return replace(message, body=orjson.dumps(payload))


def with_body(message: Message, body: bytes) -> Message:
    """`message` with other bytes as its body."""
    return replace(message, body=body)


def with_header(message: Message, name: str, value: str | None) -> Message:
    """`message` with header `name` set to `value`, or without it when `value` is None."""
    kept = tuple((key, old) for key, old in message.headers if key.lower() != name.lower())
    return replace(message, headers=kept if value is None else (*kept, (name, value)))
