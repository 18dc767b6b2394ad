"""Records to rows and back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final

import orjson

from mock_alohub.delivery.destination import Destination, Overrides, Registration, Shape
from mock_alohub.delivery.fast_records import drafted
from mock_alohub.delivery.new_delivery import NewDelivery, ScheduledDelivery
from mock_alohub.delivery.state import Canceled, Dead, Delivered, State, StateName, Waiting
from mock_alohub.delivery.view import AttemptView, MessageView
from mock_alohub.messages.attempt import Attempt, Cause, Headers, Phases
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.message import Message
from mock_alohub.messages.transmission import ORDINARY, Credential, HangUp, Wire

Row = tuple[Any, ...]

_attempt: Final = drafted(AttemptView)
_message: Final = drafted(MessageView)
_phases: Final = drafted(Phases)
_dead: Final = drafted(Dead)

WAITING: Final = 0
DEAD: Final = 2
CODES: Final = {StateName.WAITING: WAITING, StateName.DELIVERED: 1, StateName.DEAD: DEAD, StateName.CANCELED: 3}
"""The states on disk. That an attempt is under way is not among them: on disk it still waits for it."""
NAMES: Final = {code: name for name, code in CODES.items()}
_STATES: Final[Mapping[int, Callable[[float], State]]] = {
    CODES[kind.name]: drafted(kind) for kind in (Waiting, Delivered, Canceled)
}
_CAUSES: Final = {cause.value: cause for cause in Cause}
EXCERPT_CAP: Final = 2048
"""Bytes of an answer's body that are kept."""
_HEADERS_CAP: Final = 16 * 1024


def end_of(state: State) -> tuple[int, float, str | None]:
    """The columns state, at and cause."""
    match state:
        case Waiting(next_at):
            return WAITING, next_at, None
        case Dead(at, cause):
            return CODES[state.name], at, cause.value
        case Delivered(at) | Canceled(at):
            return CODES[state.name], at, None
        case _:
            raise AssertionError(f"{state} is never written")


def state_of(code: int, at: float, cause: str) -> State:
    """The state that three columns say."""
    return _dead(at, _CAUSES[cause]) if code == DEAD else _STATES[code](at)


def message_row(due: ScheduledDelivery) -> Row:
    """The row of `messages`."""
    new_delivery = due.new_delivery
    message = new_delivery.message
    return (
        due.id,
        message.method,
        _headers_text(message.headers),
        message.body,
        None if new_delivery.credential is None else _credential_text(new_delivery.credential),
        None if new_delivery.wire is ORDINARY or new_delivery.wire == ORDINARY else _wire_text(new_delivery.wire),
        new_delivery.faulty_tries,
    )


def due_of(row: Row, endpoint: int, webhooks: dict[int, str]) -> ScheduledDelivery:
    """What the engine attempts, from the row of the query that looks for it."""
    number, stream, call_id, at, attempts, tries, method, headers, body, credential, wire, faulty_tries = row
    message = Message(webhooks[stream], call_id, method, headers_of(headers), body)
    new_delivery = NewDelivery(
        endpoint,
        message,
        None if credential is None else Credential(*orjson.loads(credential)),
        ORDINARY if wire is None else _wire(wire),
        faulty_tries,
    )
    return ScheduledDelivery(number, new_delivery, at, attempts, tries)


def message_of(row: Row) -> MessageView:
    """What a delivery sends, for people."""
    method, headers, body, credential, wire = row
    says = "the agreed key" if credential is None else orjson.loads(credential)[2]
    return _message(method, headers_of(headers), body, says, wire or "")


def attempt_row(delivery: int, attempt: Attempt, cause: Cause | None) -> Row:
    """The row of `attempts`. `cause` is the policy's word, not the transport's: a status can be a cause."""
    reply, phases = attempt.reply, attempt.phases
    if reply is None:
        headers, excerpt, size = "[]", b"", 0
    else:
        headers, excerpt, size = _headers_text(reply.headers), reply.body[:EXCERPT_CAP], reply.body_size
    return (
        delivery,
        attempt.number,
        attempt.started_at,
        attempt.elapsed_s,
        attempt.status,
        None if cause is None else cause.value,
        # A host name can bring along what is no text.
        attempt.detail.encode("utf-8", "replace").decode() if attempt.detail else "",
        phases.dns_s,
        phases.connect_s,
        phases.tls_s,
        phases.send_s,
        phases.wait_s,
        phases.receive_s,
        attempt.address,
        attempt.reused,
        headers if len(headers) <= _HEADERS_CAP else "[]",
        excerpt,
        size,
    )


def attempt_of(row: Row) -> AttemptView:
    """An attempt as it was recorded."""
    number, started_at, elapsed_s, status, cause, detail, *phases, address, reused, headers, excerpt, size = row
    return _attempt(
        number,
        started_at,
        elapsed_s,
        status,
        None if cause is None else Cause(cause),
        detail,
        _phases(*phases),
        address,
        bool(reused),
        headers_of(headers),
        excerpt,
        size,
    )


def registration_row(one: Registration) -> Row:
    """The columns of `endpoints` that can change."""
    key = one.endpoint.key
    return (
        one.namespace,
        str(one.endpoint.url),
        None if key is None else key.reveal(),
        orjson.dumps(one.webhooks).decode(),
        one.method,
        one.enabled,
        orjson.dumps(one.overrides).decode(),
        orjson.dumps(one.shape).decode(),
    )


def destination_of(row: Row) -> Destination:
    """An endpoint, with its key."""
    number, namespace, url, key, webhooks, method, enabled, overrides, shape = row
    endpoint = Endpoint(parse_url(url), None if key is None else Key(key))
    changes: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in orjson.loads(overrides).items()
    }
    registration = Registration(
        endpoint,
        namespace,
        tuple(orjson.loads(webhooks)),
        method,
        bool(enabled),
        Overrides(**changes),
        _shape(orjson.loads(shape)),
    )
    return Destination(number, registration)


def _shape(text: dict[str, Any]) -> Shape:
    def pairs(member: str) -> tuple[tuple[str, str], ...]:
        return tuple((name, value) for name, value in text.get(member, ()))

    return Shape(
        pairs("headers"),
        text.get("template", ""),
        tuple(text.get("moments", ())),
        text.get("key_header", ""),
        text.get("aside", False),
        pairs("values"),
        pairs("memo"),
    )


_TEXTS: dict[Headers, str] = {}
_PARSED: dict[str, Headers] = {}
_REMEMBERED: Final = 512


def _headers_text(headers: Headers) -> str:
    # The messages of a webhook have the same headers, and so do the answers of an endpoint, all but the date.
    text = _TEXTS.get(headers)
    if text is None:
        if len(_TEXTS) >= _REMEMBERED:
            _TEXTS.clear()
        text = _TEXTS[headers] = orjson.dumps(headers).decode()
    return text


def headers_of(text: str) -> Headers:
    """The headers that a text says."""
    headers = _PARSED.get(text)
    if headers is None:
        if len(_PARSED) >= _REMEMBERED:
            _PARSED.clear()
        headers = _PARSED[text] = tuple((name, value) for name, value in orjson.loads(text))
    return headers


def _credential_text(credential: Credential) -> str:
    return orjson.dumps([credential.value, credential.shell, credential.says]).decode()


def _wire_text(wire: Wire) -> str:
    changes = {one.name: getattr(wire, one.name) for one in fields(wire) if getattr(wire, one.name) != one.default}
    if wire.raw is not None:
        changes["raw"] = base64.b64encode(wire.raw).decode()
    return orjson.dumps(changes).decode()


def _wire(text: str) -> Wire:
    changes = orjson.loads(text)
    if "raw" in changes:
        changes["raw"] = base64.b64decode(changes["raw"])
    if "hang_up" in changes:
        changes["hang_up"] = HangUp(changes["hang_up"])
    return Wire(**changes)
