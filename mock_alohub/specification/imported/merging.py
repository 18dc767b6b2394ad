"""Two schemas that hold at once, as one: the fields of both, and of two limits the stricter one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.webhook import Schema

_STRICTER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "minimum": max, "exclusiveMinimum": max, "minLength": max, "minItems": max, "minProperties": max,
    "maximum": min, "exclusiveMaximum": min, "maxLength": min, "maxItems": min, "maxProperties": min,
}  # fmt: skip
_LONGEST_REASON: Final = 200


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


def flat(schema: Schema) -> dict[str, Any]:
    """`schema` with the fields that stand in its `allOf` beside its own: they are the message's all the same.

    Raises `BadSpecification` for what is no schema, and where a message is no JSON object.
    """
    import jsonschema_rs  # here, for it takes 30 ms that commands without a document need not wait for

    try:
        jsonschema_rs.meta.validate(dict(schema))
    except jsonschema_rs.ValidationError as error:
        raise BadSpecification(f"its schema cannot be used: {error.message[:_LONGEST_REASON]}") from None
    kinds = schema.get("type", "object")
    if "object" not in (kinds if isinstance(kinds, list) else [kinds]):
        raise BadSpecification("its message is no JSON object")
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for part in _parts(schema):
        for name, one in part.get("properties", {}).items():
            properties[name] = both(properties.get(name, {}), one)
        required += part.get("required", ())
    own = schema.get("properties", {})
    changed = {name: one for name, one in own.items() if properties[name] != one}
    parts = {"allOf": [*schema["allOf"], {"properties": changed}]} if changed else {}  # what was wanted, still is
    fields = {"properties": properties, "required": list(dict.fromkeys(required))}
    return {**schema, **parts, "type": "object", **fields}


def _parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    for part in schema.get("allOf", ()):
        yield from _parts(part)


def _field(mine: Schema, theirs: Schema) -> Schema:
    return mine if mine == theirs else {"allOf": [mine, theirs]}


def _kinds(mine: str | list[str], theirs: str | list[str]) -> str | list[str]:
    kinds, others = (set(one) if isinstance(one, list) else {one} for one in (mine, theirs))
    whole = {"integer"} if "integer" in kinds | others and "number" in kinds | others else set()
    found = sorted(kinds & others | whole) or ["null"]
    return found if len(found) > 1 else found[0]
