"""Faults of the body: broken JSON, a field of another type, a field or a status that no document lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

import orjson

from mock_alohub.errors import BadOption
from mock_alohub.faults.fault import Fault, each, pick
from mock_alohub.messages.message import Message, with_body, with_fields

if TYPE_CHECKING:
    from mock_alohub.messages.transmission import Transmission

ADDED_FIELD: Final = "addedLater"
NEW_WORD: Final = "something_new"

_BREAKS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda body: body[: len(body) // 2],
    lambda body: body[:-1],
    lambda body: body[:-1] + b",}",
    lambda body: body.replace(b'"', b"'"),
    lambda body: b"",
)
_ADDITIONS: Final[tuple[Any, ...]] = ("new", 7, {"a": 1}, [1, "two"], None)


def _broken(transmission: Transmission, random: Random) -> Transmission:
    return replace(
        transmission, message=with_body(transmission.message, pick(_BREAKS, random)(transmission.message.body))
    )


def _mistyped(message: Message, random: Random) -> dict[str, Any]:
    name, value = pick(list(message.payload.items()), random)
    swapped: Any = 7 if isinstance(value, str) else "not a number"
    return {name: pick((None, swapped, {"nested": [1]}, ["a", "list"]), random)}


def _extended(message: Message, random: Random) -> dict[str, Any]:
    return {ADDED_FIELD: pick(_ADDITIONS, random)}


def _reworded(message: Message, random: Random) -> dict[str, Any]:
    from mock_alohub.specification.specification import Specification
    from mock_alohub.specification.webhook import aliases, fields

    webhook = Specification.load().webhooks.get(message.webhook)
    if webhook is None:
        raise BadOption(
            f"what other words for a status `{message.webhook}` might have is known of built-in providers alone"
        )
    words = (*aliases(webhook), NEW_WORD)
    return {field.name: pick(words, random) for field in fields(webhook) if field.role == "status"}


def _with(change: Callable[[Message, Random], dict[str, Any]]) -> Callable[[Transmission, Random], Transmission]:
    """A change of the fields of a body that is still a JSON object; a body broken before is left as it is."""

    def changed(transmission: Transmission, random: Random) -> Transmission:
        try:
            return replace(
                transmission, message=with_fields(transmission.message, change(transmission.message, random))
            )
        except orjson.JSONDecodeError:
            return transmission

    return changed


MALFORMED_BODY: Final = Fault("malformed-body", "sends a body that is not JSON", each(_broken))
WRONG_TYPE: Final = Fault("wrong-type", "gives one field a value of another type", each(_with(_mistyped)))
UNKNOWN_FIELD: Final = Fault("unknown-field", "adds a field that no document lists", each(_with(_extended)))
UNKNOWN_STATUS: Final = Fault("unknown-status", "sends a status that no document lists", each(_with(_reworded)))
