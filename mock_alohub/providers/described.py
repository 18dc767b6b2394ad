"""Any provider, known from its document alone: messages are the document's examples, or made of its schema.

A webhook is given a handful of messages, once and always the same; a call says which of them is sent. Of the call
itself only its id is told, in the field that the document marks with `x-role: call-id`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final
from zlib import crc32

from mock_alohub.calls.call import Call, Moment
from mock_alohub.calls.call_details import uuid_of
from mock_alohub.messages.message import Payload
from mock_alohub.providers.provider import Provider
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, fields


def _render(webhook: Webhook, call: Call, moment: Moment) -> Payload:
    """One of the webhook's messages, with the id of `call` where it has a place for one."""
    messages = list(webhook.examples.values())
    # Not by its id, which is new in every run: with one seed the same messages are sent.
    payload = dict(messages[crc32(call.customer_number.encode()) % len(messages)])
    for name in _places(webhook):
        payload |= _identified(webhook, payload, name, call)
    return payload


def _identified(webhook: Webhook, payload: Payload, name: str, call: Call) -> Payload:
    """The field `name` with the id of `call`, in the first form that the schema admits; nothing where none is."""
    accepts = _validator(webhook).is_valid
    if accepts({**payload, name: call.id}):
        return {name: call.id}
    form = str(uuid_of(call))
    return {name: form} if accepts({**payload, name: form}) else {}


def with_its_messages(webhook: Webhook) -> Webhook:
    """`webhook` as it is carried elsewhere: what it takes to send its messages, and no more.

    Its schema is there where an id has to fit into it, and says nothing otherwise.
    """
    messages = {str(number): payload for number, payload in enumerate(webhook.examples.values(), 1)}
    schema = webhook.schema if _places(webhook) else {"type": "object"}
    return replace(webhook, description="", schema=schema, examples=messages)


@cache
def _places(webhook: Webhook) -> tuple[str, ...]:
    """The fields that have room for the id of a call."""
    return tuple(field.name for field in fields(webhook) if field.role == "call-id")


@cache
def _validator(webhook: Webhook) -> Validator:
    return Validator(webhook)


DESCRIBED: Final = Provider("described", _render)
"""Not in the list of providers: it stands for those that are known from a document."""
