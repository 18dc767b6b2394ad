"""Any provider, known from its document alone: messages are the document's examples, or drawn from its schema.

A webhook is given a handful of messages, once and always the same; a call says which of them is sent. Of the call
itself only its id is told, in the field that the document marks with `x-role: call-id`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final
from zlib import crc32

from mock_alohub import generator
from mock_alohub.call import Call, Moment
from mock_alohub.errors import BadSpecification
from mock_alohub.life import uuid_of
from mock_alohub.message import Payload
from mock_alohub.provider import Provider
from mock_alohub.spec import Schema, Webhook, fields
from mock_alohub.validation import Validator

_DRAFTS: Final = 12
_LONGEST_TEXT: Final = 64
_LARGEST: Final = 2**31 - 1
_FIXED: Final = frozenset({"enum", "const", "pattern", "format", "oneOf", "anyOf", "allOf"})
_IN_PARTS: Final = frozenset({"oneOf", "anyOf", "allOf", "patternProperties", "if", "$ref", "unevaluatedProperties"})
_LITERAL: Final = frozenset({"enum", "const", "default", "example", "examples", "required"})
_UNSURE: Final = re.compile(r"[^A-Za-z0-9 ._:@/+-]+")


def _render(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    """One of the webhook's messages, with the id of `call` where it has a place for one."""
    messages = _messages(webhook)
    payload = dict(messages[crc32(call.id.encode()) % len(messages)])
    for name in (field.name for field in fields(webhook) if field.role == "call-id"):
        payload |= _identified(webhook, payload, name, call)
    return payload


def _identified(webhook: Webhook, payload: Payload, name: str, call: Call) -> Payload:
    """The field `name` with the id of `call`, in the first form that the schema admits; nothing where none is."""
    validator = _validator(webhook)
    forms: tuple[Any, ...] = (call.id, str(uuid_of(call)))
    return next(({name: form} for form in forms if validator.is_valid({**payload, name: form})), {})


def with_its_messages(webhook: Webhook) -> Webhook:
    """`webhook` with its messages as its examples: what it takes to send it where nothing can be drawn.

    Its schema is there where an id has to fit into it, and says nothing otherwise. Raises `BadSpecification`.
    """
    messages = {str(number): payload for number, payload in enumerate(_messages(webhook), 1)}
    identified = any(field.role == "call-id" for field in fields(webhook))
    schema = webhook.schema if identified else {"type": "object"}
    return replace(webhook, description="", schema=schema, examples=messages)


@cache
def _messages(webhook: Webhook) -> tuple[Payload, ...]:
    """The webhook's examples; where it has none, messages drawn from its schema. Raises `BadSpecification`."""
    if webhook.examples:
        return tuple(dict(example) for example in webhook.examples.values())
    found = {repr(payload): payload for payload in _drawn(webhook)}
    if not found:
        raise BadSpecification(
            f"no message of webhook {webhook.name} could be drawn from its schema", hint="give it an example"
        )
    return tuple(found.values())


def _drawn(webhook: Webhook) -> Iterator[Payload]:
    generator.demand()
    validator = _validator(webhook)
    # As its author meant it, not as a lawyer reads it: what has fields is an object, and has no others.
    meant = replace(webhook, schema=_meant(webhook.schema))
    for draft in generator.draw(generator.valid_drafts(meant), crc32(webhook.name.encode()), _DRAFTS):
        for body in (_plain(webhook.schema, webhook.schema, draft.body), draft.body):
            if isinstance(body, dict) and validator.is_valid(body):
                yield body
                break


@cache
def _validator(webhook: Webhook) -> Validator:
    return Validator(webhook)


def _meant(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_meant(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    meant = {name: one if name in _LITERAL else _meant(one) for name, one in schema.items()}
    if isinstance(schema.get("properties"), dict) and not _IN_PARTS & schema.keys():
        return {"type": "object", "additionalProperties": False, **meant}
    return meant


def _plain(root: Schema, schema: Any, value: Any) -> Any:
    """`value` as people would write it: the schema's own examples where it has some, plain texts, moderate numbers."""
    if not isinstance(schema, dict):
        return value
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **schema}
    shown = schema.get("examples") or ([schema["example"]] if "example" in schema else [])
    if isinstance(shown, list) and shown and schema is not root:
        return shown[0]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: _plain(root, known.get(name), one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(root, schema.get("items"), one) for one in value]
    if isinstance(value, str) and not _FIXED & schema.keys():
        text = _UNSURE.sub("", unicodedata.normalize("NFKD", value))[:_LONGEST_TEXT].strip()
        return text or "text"
    if isinstance(value, float) and value.is_integer() and schema.get("type") == "integer":
        value = int(value)  # the same number for a schema, and not for most programs
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > _LARGEST:
        return 1
    return value


DESCRIBED: Final = Provider("described", _render)
"""Not in the list of providers: it stands for those that are known from a document."""
