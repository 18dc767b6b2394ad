"""What a webhook says about a call: method, headers, body bytes or query. The key is not part of it: see `plan.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson

if TYPE_CHECKING:
    from mock_alohub.messages.attempt import Headers

Payload = dict[str, Any]
"""The JSON object of a message: field name to value."""


BODILESS: Final = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose messages say all in the query of the URL."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ready to be sent. `body`, or for a bodiless method `query`, is the truth; `payload` reads it.

    `call_id` is the simulated call's own id; the one the provider writes stands in the payload. `query` is joined to
    that of the endpoint's URL.
    """

    webhook: str
    call_id: str
    method: str
    headers: Headers
    body: bytes
    query: str = ""

    @property
    def payload(self) -> Payload:
        """The body, or the query with every value as text, as a fresh dictionary."""
        if self.method in BODILESS and not self.body:
            return dict(parse_qsl(self.query, keep_blank_values=True))
        payload: Payload = orjson.loads(self.body)
        return payload


def query_of(payload: Mapping[str, Any]) -> str:
    """`payload` as the query of a URL: texts as they are, null as nothing, all else as JSON writes it."""
    return urlencode({name: _text(value) for name, value in payload.items()})


def written(message: Message, payload: Mapping[str, Any]) -> Message:
    """`message` with another payload, in its body or, for a bodiless method, in its query."""
    if message.method in BODILESS:
        return replace(message, query=query_of(payload))
    return replace(message, body=orjson.dumps(payload))


def with_method(message: Message, method: str) -> Message:
    """`message` as another method sends it: what it says moves between body and query where it has to."""
    if method == message.method:
        return message
    if (method in BODILESS) == (message.method in BODILESS):
        return replace(message, method=method)
    if method in BODILESS:
        headers = with_header(message, "Content-Type", None).headers
        return Message(message.webhook, message.call_id, method, headers, b"", query_of(message.payload))
    headers = (*message.headers, ("Content-Type", "application/json"))
    return Message(message.webhook, message.call_id, method, headers, orjson.dumps(message.payload))


def with_fields(message: Message, changes: Mapping[str, Any]) -> Message:
    """`message` with some fields set to other values (added at the end when they are new)."""
    return written(message, message.payload | dict(changes))


def without_field(message: Message, name: str) -> Message:
    """`message` without the field `name`."""
    payload = message.payload
    del payload[name]
    return written(message, payload)


def with_body(message: Message, body: bytes) -> Message:
    """`message` with other bytes as its body."""
    return replace(message, body=body)


def with_header(message: Message, name: str, value: str | None) -> Message:
    """`message` with header `name` set to `value`, or without it when `value` is None."""
    kept = tuple((key, old) for key, old in message.headers if key.lower() != name.lower())
    return replace(message, headers=kept if value is None else (*kept, (name, value)))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
