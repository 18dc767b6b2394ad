"""A schema that a generator can work with in place of one that it cannot, or not in any sensible time.

Generators take minutes for what large documents describe, and give up on parts that overlap. An outline keeps the first
levels of one form of the message, field by field, and below that the one value that a sample has. Whatever is generated
from it is judged by the real schema.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from mock_alohub.specification.imported.samples import Sample, first_valid
from mock_alohub.specification.imported.unfolding import size
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Schema, Webhook

Json = Any

_SMALL: Final = 250
"""Parts of a schema that is no trouble."""
_LEVELS: Final = 2
_WIDEST: Final = 12
"""Fields of an object below the message itself that are kept apart."""
_TROUBLE: Final = frozenset(
    {"$ref", "allOf", "oneOf", "anyOf", "not", "if", "patternProperties", "dependentSchemas", "propertyNames"}
)


@cache
def outline(webhook: Webhook) -> Schema:
    """The schema of `webhook` itself where it is small and plain; else what one of its messages tells of it."""
    schema = webhook.schema
    if size(schema, {}) <= _SMALL and not _is_troublesome(schema):
        return schema
    found = first_valid(schema, Validator(webhook))
    sample, message = found or (Sample(schema, 0), next(iter(webhook.examples.values()), {}))
    return _outlined(sample, schema, message, 0)


def _is_troublesome(node: Json) -> bool:
    if isinstance(node, list):
        return any(map(_is_troublesome, node))
    return isinstance(node, dict) and (bool(_TROUBLE & node.keys()) or any(map(_is_troublesome, node.values())))


def _outlined(sample: Sample, schema: Schema, value: Json, level: int) -> Schema:
    whole = sample.whole(schema)
    properties = whole.get("properties", {})
    if isinstance(value, dict) and properties.keys() >= value.keys() and _is_kept(value, level):
        told = {name: _outlined(sample, properties[name], one, level + 1) for name, one in value.items()}
        required = [name for name in whole.get("required", ()) if name in told]
        return {"type": "object", "properties": told, "required": required, "additionalProperties": False}
    if isinstance(value, dict | list) or _is_troublesome(whole):
        return {"const": value}
    return whole


def _is_kept(value: dict[str, Json], level: int) -> bool:
    return level == 0 or (level < _LEVELS and len(value) <= _WIDEST)
