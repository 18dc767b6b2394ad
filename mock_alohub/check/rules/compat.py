"""Compatibility: what a provider may add or write differently tomorrow."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from mock_alohub.check.expectation import findings_of
from mock_alohub.check.rule import Case, Level, Rule, Skip, Tried, rule
from mock_alohub.check.rules import sources
from mock_alohub.check.rules.cases import MessageMaker, calls_of_any_day, one_message, with_value
from mock_alohub.messages.message import Message, with_body, with_header, without_field
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import fields

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest

_CLOSED: Final = ("additionalProperties", "unevaluatedProperties")
_NEW_WORD: Final = "something_new"


@rule(
    "compat.unknown-field",
    Level.SHOULD,
    "An added field is ignored",
    source=sources.practice("Forward compatibility"),
    sends="an ordinary call with one more field: a text, an object, an array, null",
    fix="ignore fields you do not know; providers add them without notice",
    absent="the specification forbids added fields",
)
def unknown_field(subject: WebhookUnderTest) -> Iterable[Case]:
    """An added field is ignored."""
    if subject.webhook.drawn and False in (subject.webhook.schema.get(word) for word in _CLOSED):
        return
    additions = {"a text": "new", "an object": {"a": 1}, "an array": [1, "two"], "null": None}
    for name, value in additions.items():
        yield one_message(subject, f"an added field with {name}", with_value("addedLater", value))


@rule(
    "compat.optional-field",
    Level.SHOULD,
    "A field that is not in every message may be absent",
    source=sources.practice("Fields that are not always there"),
    sends="an ordinary call without each of the fields that the specification does not demand",
    fix="read fields that are not in every message with a default; store what came",
    absent="every field is in every message",
)
def optional_field(subject: WebhookUnderTest) -> Iterable[Case]:
    """A message without a field that is not in every message is acknowledged."""
    validator = Validator(subject.webhook)
    *_, told = subject.payloads(subject.call(calls_of_any_day(), **subject.ordinary_call))
    for name in (field.name for field in fields(subject.webhook) if not field.required):
        if name in told and validator.is_valid(_without(told, name)):
            yield Case(f"no {name}", subject.name, _absent(validator, name))


def _absent(validator: Validator, name: str) -> Callable[[Probe], Awaitable[Tried]]:
    async def run(probe: Probe) -> Tried:
        message = probe.message()
        if name not in message.payload or not validator.is_valid(_without(message.payload, name)):
            return Skip(f"an ordinary message has no `{name}` to do without")
        return findings_of(await probe.send(without_field(message, name)))

    return run


def _without(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in payload.items() if other != name}


@rule(
    "compat.unknown-status",
    Level.SHOULD,
    "An unlisted status is acknowledged",
    source=sources.practice("Spellings the documents do not publish"),
    sends="an ordinary call with other spellings of its status, and with a new word",
    fix="answer 200 and store the word; the spellings of unanswered calls are not published",
    absent="the specification names no status field",
)
def unknown_status(subject: WebhookUnderTest) -> Iterable[Case]:
    """An unlisted call_status is acknowledged."""
    for field in subject.fields_with_role("status"):
        for word in (*subject.aliases, _NEW_WORD):
            yield _with_word(subject, field, word)


@rule(
    "compat.unknown-event-type",
    Level.SHOULD,
    "An unlisted event type is acknowledged",
    source=sources.practice("Forward compatibility"),
    sends="an ordinary call with an event type that no document lists",
    fix="answer 200 and do nothing with events you do not know; a refusal makes the provider send it again",
    absent="the specification names no event-type field",
)
def unknown_event_type(subject: WebhookUnderTest) -> Iterable[Case]:
    """An unlisted eventType is acknowledged."""
    for field in subject.fields_with_role("event-type"):
        yield _with_word(subject, field, _NEW_WORD)


def _with_word(subject: WebhookUnderTest, field: str, word: str) -> Case:
    return one_message(subject, f"{field} is {word}", with_value(field, word))


@rule(
    "compat.json-layout",
    Level.SHOULD,
    "The layout of the JSON makes no difference",
    source=sources.practice("JSON is read, not matched"),
    sends="white space and line breaks, reversed key order, \\u escapes",
    fix="read the body with a JSON parser; never match it as text",
    rewrites_body=True,
)
def json_layout(subject: WebhookUnderTest) -> Iterable[Case]:
    """White space, key order and escapes make no difference."""
    yield one_message(subject, "indented", lambda probe: _written(probe, indent=4))
    yield one_message(subject, "reversed key order", lambda probe: _written(probe, reverse=True))
    yield one_message(subject, "every character escaped", lambda probe: _escaped(probe.message()))


def _written(probe: Probe, *, indent: int | None = None, reverse: bool = False) -> Message:
    message = probe.message()
    items = list(message.payload.items())
    payload = dict(reversed(items) if reverse else items)
    text = f"\r\n {json.dumps(payload, indent=indent)}\n\t " if indent else json.dumps(payload)
    return with_body(message, text.encode())


def _escaped(message: Message) -> Message:
    def escape(text: str) -> str:
        units = text.encode("utf-16-be")
        return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))

    members = (
        f'"{escape(name)}": ' + (f'"{escape(value)}"' if isinstance(value, str) else json.dumps(value))
        for name, value in message.payload.items()
    )
    return with_body(message, f"{{{', '.join(members)}}}".encode())


@rule(
    "compat.content-type-charset",
    Level.SHOULD,
    "A charset in the Content-Type makes no difference",
    source=sources.practice("Media types have parameters"),
    sends="an ordinary call as `application/json; charset=utf-8`",
    fix="compare the media type without its parameters, and without regard to case",
    rewrites_body=True,
)
def content_type_charset(subject: WebhookUnderTest) -> Iterable[Case]:
    """`application/json; charset=utf-8` is accepted."""
    for value in ("application/json; charset=utf-8", "application/json;charset=UTF-8"):
        yield one_message(subject, value, _as_type(value))


def _as_type(content_type: str) -> MessageMaker:
    return lambda probe: with_header(probe.message(), "Content-Type", content_type)


@rule(
    "compat.query-layout",
    Level.SHOULD,
    "The layout of the query makes no difference",
    source=sources.practice("A query is read, not matched"),
    sends="reversed parameters, spaces as %20, every character escaped",
    fix="read the query with a parser that undoes the escapes of names and values; never match it as text or by place",
    absent="the webhook is sent with a body",
)
def query_layout(subject: WebhookUnderTest) -> Iterable[Case]:
    """The order of the parameters and the way in which they are escaped make no difference."""
    if subject.has_body:
        return
    layouts: dict[str, Callable[[list[str]], Iterable[str]]] = {
        "reversed parameters": reversed,
        "spaces as %20": lambda pairs: (pair.replace("+", "%20") for pair in pairs),
        "every character escaped": lambda pairs: map(_escaped_pair, pairs),
    }
    for name, layout in layouts.items():
        yield one_message(subject, name, _laid_out(layout))


def _laid_out(layout: Callable[[list[str]], Iterable[str]]) -> MessageMaker:
    def make(probe: Probe) -> Message:
        message = probe.message()
        return replace(message, query="&".join(layout(message.query.split("&"))))

    return make


def _escaped_pair(pair: str) -> str:
    return "=".join("".join(f"%{byte:02X}" for byte in unquote_plus(word).encode()) for word in pair.split("="))


RULES: Final[tuple[Rule, ...]] = (
    unknown_field,
    optional_field,
    unknown_status,
    unknown_event_type,
    json_layout,
    query_layout,
    content_type_charset,
)
