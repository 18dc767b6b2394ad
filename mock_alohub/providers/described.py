"""Any provider, known from its document alone: messages are the document's examples, or made of its schema.

A webhook is given a handful of messages, once and always the same; a call says which of them is sent. Of the call
itself only its id is told, in the field that the document marks with `x-role: call-id`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final
from zlib import crc32

from mock_alohub.call import Call, Moment
from mock_alohub.foreign.samples import valid_samples
from mock_alohub.foreign.webhooks import SAMPLES
from mock_alohub.life import uuid_of
from mock_alohub.message import Payload
from mock_alohub.provider import Provider
from mock_alohub.spec import Webhook, fields
from mock_alohub.validation import Validator


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
    """The webhook's examples, or messages made of its schema; a webhook without either was left out."""
    made = webhook.examples.values() or valid_samples(webhook.schema, _validator(webhook), SAMPLES)
    return tuple({repr(payload): dict(payload) for payload in made}.values())


@cache
def _validator(webhook: Webhook) -> Validator:
    return Validator(webhook)


DESCRIBED: Final = Provider("described", _render)
"""Not in the list of providers: it stands for those that are known from a document."""
