"""Two schemas that hold at once, as one: the fields of both, and of two limits the stricter one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mock_alohub.spec import Schema

_STRICTER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "minimum": max, "exclusiveMinimum": max, "minLength": max, "minItems": max, "minProperties": max,
    "maximum": min, "exclusiveMaximum": min, "maxLength": min, "maxItems": min, "maxProperties": min,
}  # fmt: skip


def both(one: Schema, other: Schema) -> Schema:
    """A schema of what `one` and `other` want; of what cannot be put together, what `other` wants."""
    made = {**one, **other}
    for word in one.keys() & other.keys():
        mine, theirs = one[word], other[word]
        if word == "properties":
            shared = mine.keys() & theirs.keys()
            made[word] = {**mine, **theirs, **{name: _field(mine[name], theirs[name]) for name in shared}}
        elif word == "required":
            made[word] = list(dict.fromkeys([*mine, *theirs]))
        elif word == "type":
            made[word] = _kinds(mine, theirs)
        elif word == "enum":
            made[word] = [value for value in mine if value in theirs]
        elif word in _STRICTER:
            made[word] = _STRICTER[word](mine, theirs)
    return made


def _field(mine: Schema, theirs: Schema) -> Schema:
    return mine if mine == theirs else {"allOf": [mine, theirs]}


def _kinds(mine: str | list[str], theirs: str | list[str]) -> str | list[str]:
    kinds, others = (set(one) if isinstance(one, list) else {one} for one in (mine, theirs))
    whole = {"integer"} if "integer" in kinds | others and "number" in kinds | others else set()
    found = sorted(kinds & others | whole) or ["null"]
    return found if len(found) > 1 else found[0]
