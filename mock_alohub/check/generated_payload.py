"""A generated payload made fit to be sent as a call: what it chose is kept, what no real call has is replaced.

A schema says what a message looks like, not which messages make sense: generated times lie in the year 6023, ends come
before starts, names hold control characters. An endpoint that refuses those is right, so they are not sent as valid.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mock_alohub.calls.call import ENDED_BY, Direction, Outcome, Party
from mock_alohub.specification.webhook import Schema, Webhook, literals, statuses

if TYPE_CHECKING:
    from mock_alohub.messages.message import Payload

EMERGENCY: Final = frozenset({"111", "112", "113", "114", "115"})
"""Vietnam's short numbers for children, search and rescue, police, fire and ambulance."""

LONGEST_TEXT: Final = 64
"""Characters of a generated text: an endpoint may well have a column of that size for a name."""

_LARGEST: Final = 2**31 - 1
_UNSURE: Final = re.compile(r"[^A-Za-z0-9._:@-]+")
_FIXED: Final = frozenset({"pattern", "enum", "const", "oneOf", "anyOf", "allOf", "format"})
_NATIONAL: Final = re.compile(r"^(?:\+?84|0)")


def wishes(webhook: Webhook, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What `payload` says about the call, as wishes for `Simulator.call`: outcome, direction, who ended it."""
    properties = webhook.schema["properties"]
    told = [value for name, value in payload.items() if isinstance(value, str) and listed(properties.get(name, {}))]
    meant = {one.literal: one.outcome for one in statuses(webhook)}
    outcome = Outcome(next((meant[value] for value in told if value in meant), Outcome.ANSWERED))
    directions = literals(webhook, "x-direction")
    wished: dict[str, Any] = {"outcome": outcome}
    for value in told:
        direction = directions.get(value, value)
        if direction in set(Direction):
            wished["direction"] = Direction(direction)
        if value in set(ENDED_BY[outcome]):
            wished["ended_by"] = Party(value)
    return wished


def mended(schema: Schema, payload: Mapping[str, Any], facts: Payload) -> Payload:
    """`facts`, the payload of a consistent call, with the texts and whole numbers of `payload` that any call may have.

    Times, durations, telephone numbers and ids hang together, so they are the facts'. A field that is empty in the
    facts stays empty: there was no agent, or no transaction.
    """
    return {name: _value(schema["properties"].get(name, {}), payload.get(name), fact) for name, fact in facts.items()}


def rings_for_help(body: Any) -> bool:
    """Whether an emergency number stands anywhere in `body`, in whatever form."""
    if isinstance(body, Mapping):
        return any(rings_for_help(value) for value in (*body, *body.values()))
    if isinstance(body, list):
        return any(rings_for_help(value) for value in body)
    return isinstance(body, str | int) and _NATIONAL.sub("", str(body).strip()) in EMERGENCY


def listed(schema: Schema) -> bool:
    """Whether a field has one of some values that its schema lists."""
    return "enum" in schema or "oneOf" in schema


def _value(schema: Schema, value: Any, fact: Any) -> Any:
    if not _FIXED.isdisjoint(schema) or fact in ("", None):
        return fact
    if schema.get("type") == "integer" and type(value) is int and 1 <= value <= _LARGEST:
        return value
    if schema.get("type") == "string" and isinstance(value, str):
        return _text(value) or fact
    return fact


def _text(value: str) -> str:
    """The plain letters, digits and signs of `value`; "" when nothing is left, or an emergency number."""
    plain = _UNSURE.sub("", unicodedata.normalize("NFKD", value))[:LONGEST_TEXT]
    return "" if rings_for_help(plain) else plain
