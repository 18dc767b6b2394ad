"""Generated messages: drawn by schemathesis from the specification, judged by the validator, fit to be sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import chain, islice, zip_longest
from random import Random
from typing import Any, Final

import orjson

from mock_alohub.calls.call import Call
from mock_alohub.calls.simulator import Simulator
from mock_alohub.check import schemathesis_source
from mock_alohub.check.generated_payload import listed, mended, rings_for_help, wishes
from mock_alohub.check.schemathesis_source import GeneratedBody
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.messages.message import Message, Payload
from mock_alohub.specification import payload_stream
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import local_now

_LARGEST: Final = 64 * 1024
"""Bytes of a generated body: larger ones are the business of a rule of their own."""

_TAIL: Final = re.compile(r"[0-9a-f]{6}\Z")
_AGO: Final = timedelta(days=1)
_CALLS_PER_DAY: Final = 100_000


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated message. `valid` is the validator's word on its final bytes; `says` how it came about."""

    message: Message
    valid: bool
    says: str


def generated_messages(
    subject: WebhookUnderTest, seed: int, count: int, simulator: Simulator | None = None
) -> Iterator[Generated]:
    """`count` messages of `subject`, valid and invalid in turn; the same for the same seed and simulator.

    `simulator` makes the calls behind the valid ones (default: `recent_calls`). All are drawn before the
    first is given, about 20 ms each. Raises `MissingExtra` where schemathesis is not installed.
    """
    if count <= 0:
        return
    schemathesis_source.demand()
    calls = simulator or recent_calls(seed)
    drafts = schemathesis_source.drawn_valid(subject.webhook, seed, count - count // 2)
    valid = (fit(subject, draft, calls) for draft in drafts)
    invalid = islice(_invalid(subject, seed, count // 2), count // 2)
    yield from chain.from_iterable(_pairs(valid, invalid))


def fit(subject: WebhookUnderTest, draft: GeneratedBody, simulator: Simulator) -> Generated:
    """`draft` as a message that every endpoint acknowledges: of a call that can be, in values that any call may have.

    What the draft says about the call is asked of `simulator`; `mended` says what else of it is kept.
    """
    call = subject.call(simulator, **wishes(subject.webhook, draft.body))
    facts = _facts(subject, call, draft.body)
    payload = mended(subject.webhook.schema, draft.body, facts)
    message = subject.written(call, payload)
    return Generated(message, is_valid(subject.webhook, orjson.dumps(payload)), draft.says)


def unfit(subject: WebhookUnderTest, draft: GeneratedBody) -> Generated | None:
    """`draft` as a message that breaks the specification; None when it does not, or is not to be sent."""
    body = _bytes(draft.body)
    if not subject.has_body and not isinstance(draft.body, dict):
        return None
    if body is None or len(body) > _LARGEST or rings_for_help(draft.body) or is_valid(subject.webhook, body):
        return None
    return Generated(subject.broken(body), valid=False, says=draft.says)


def is_valid(webhook: Webhook, body: bytes) -> bool:
    """Whether the bytes are a message as the specification has it. Never the generator's word: it can be wrong."""
    found = payload_stream.parsed(body)
    return not found.error and _validator(webhook).is_valid(found.payload)


def recent_calls(seed: int) -> Simulator:
    """A call centre whose calls are all over: they start a day ago and follow each other closely.

    So they lie in the past even for an endpoint that reads their times, local to Vietnam, as UTC.
    """
    return Simulator(seed, start=local_now() - _AGO, calls_per_day=_CALLS_PER_DAY)


@cache
def _validator(webhook: Webhook) -> Validator:
    return Validator(webhook)


def _facts(subject: WebhookUnderTest, call: Call, payload: Any) -> Payload:
    """What the webhook says about `call`, at the moment that `payload` speaks of.

    A message fits where `payload` leaves out what only a later one tells, and has its words for what kind it is.
    """
    *earlier, last = subject.payloads(call)
    return next((told for told in earlier if _fits(subject, told, last, payload)), last)


def _fits(subject: WebhookUnderTest, told: Payload, last: Payload, payload: Any) -> bool:
    differing = [name for name, value in last.items() if name in told and told[name] != value]
    told_last = [name for name in differing if told[name] in ("", None)]
    words = [name for name in differing if told[name] and listed(subject.webhook.schema["properties"].get(name, {}))]
    return bool(told_last or words) and all(payload.get(name) == told[name] for name in (*told_last, *words))


def _invalid(subject: WebhookUnderTest, seed: int, count: int) -> Iterator[Generated]:
    """More than enough of them, each body once: half from anywhere, the others at the boundaries of the schema.

    Of these, messages that are whole and well-typed come first: a value that is wrong in itself is tried nowhere else.
    """
    if not count:
        return iter(())
    boundaries = _told_apart(subject, schemathesis_source.boundary_drafts(subject.webhook))
    Random(seed).shuffle(boundaries)
    values = [draft for draft in boundaries if _is_well_typed(subject, draft.body)]
    others = [draft for draft in boundaries if draft not in values]
    # Twice as many as are wanted, for the generator likes to repeat what is short.
    anywhere = _unfit_once(subject, schemathesis_source.drawn_invalid(subject.webhook, seed, count), set())
    chosen = list(islice(anywhere, count // 2))
    sent = {one.message.body for one in chosen}
    return chain.from_iterable(_pairs(_unfit_once(subject, [*values, *others], sent), chosen))


def _told_apart(subject: WebhookUnderTest, drafts: Iterable[GeneratedBody]) -> list[GeneratedBody]:
    """`drafts`, each about a call of its own: an endpoint takes the second event of a call for a copy of the first."""
    names = subject.fields_with_role("call-id")
    return [
        replace(draft, body=draft.body | {name: _numbered(draft.body[name], number) for name in names})
        if isinstance(draft.body, dict) and all(isinstance(draft.body.get(name), str) for name in names)
        else draft
        for number, draft in enumerate(drafts)
    ]


def _numbered(call_id: str, number: int) -> str:
    return f"{call_id[:-6]}{number:06d}" if len(call_id) > 6 and _TAIL.search(call_id) else call_id


def _is_well_typed(subject: WebhookUnderTest, body: Any) -> bool:
    """Whether `body` has every field, and each is of its type."""
    return isinstance(body, dict) and all(
        field.name in body and field.admits(body[field.name]) for field in subject.fields
    )


def _pairs(some: Iterable[Generated], others: Iterable[Generated]) -> Iterator[list[Generated]]:
    return ([one for one in pair if one is not None] for pair in zip_longest(some, others))


def _unfit_once(subject: WebhookUnderTest, drafts: Iterable[GeneratedBody], sent: set[bytes]) -> Iterator[Generated]:
    for draft in drafts:
        made = unfit(subject, draft)
        if made is not None and made.message.body not in sent:
            sent.add(made.message.body)
            yield made


def _bytes(body: Any) -> bytes | None:
    if isinstance(body, bytes):
        return body
    try:
        # The standard library's writer, for whole numbers of any size.
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError):
        return None
