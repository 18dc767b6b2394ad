"""Robustness: what is not a call is rejected, and nothing that is sent brings the endpoint down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import orjson

from mock_alohub.check.evidence import Expect
from mock_alohub.check.expectation import findings_of, got, taken
from mock_alohub.check.rule import Case, Finding, Findings, Level, Rule, Skip, Stage, Tried, rule
from mock_alohub.check.rules import sources
from mock_alohub.check.rules.cases import MessageMaker, one_message, rewritten, with_raw_member, with_value
from mock_alohub.errors import MissingExtra
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.message import Message, query_of, with_body, with_fields, with_header, without_field
from mock_alohub.messages.transmission import Wire

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest

_DEEP: Final = 20_000
_LARGE: Final = 1024 * 1024
_NOT_A_CALL: Final = "parse inside a try, and answer 400 to what is not JSON; a 5xx is sent again, a 200 loses it"
_CHECK_FIELDS: Final = "check that the fields you use are there and of the expected type; answer 400 or 422 if not"


def _rejected(subject: WebhookUnderTest, bodies: dict[str, MessageMaker]) -> Iterable[Case]:
    return (one_message(subject, name, make, expect=Expect.REJECTED) for name, make in bodies.items())


@rule(
    "robust.malformed-json",
    Level.SHOULD,
    "Broken JSON is rejected",
    source=sources.practice("Input that is not JSON"),
    sends="a body that was cut, an empty body, a trailing comma, NaN",
    fix=_NOT_A_CALL,
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def malformed_json(subject: WebhookUnderTest) -> Iterable[Case]:
    """Broken JSON: 4xx, no 5xx, no 200, no hang."""
    yield from _rejected(
        subject,
        {
            "a body cut in the middle": rewritten(lambda body: body[: len(body) // 2]),
            "an empty body": rewritten(lambda body: b""),
            "a trailing comma": rewritten(lambda body: body[:-1] + b",}"),
            "NaN, which JSON does not have": with_raw_member(b"NaN"),
        },
    )


@rule(
    "robust.wrong-shape",
    Level.SHOULD,
    "JSON that is no object is rejected",
    source=sources.practice("Input of another shape"),
    sends="an array, a string, a number, null",
    fix="check that the parsed body is an object before reading fields from it, and answer 400 if not",
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def wrong_shape(subject: WebhookUnderTest) -> Iterable[Case]:
    """Array, string, number, null: 4xx."""
    yield from _rejected(
        subject,
        {
            "an empty array": rewritten(lambda body: b"[]"),
            "a call inside an array": rewritten(lambda body: b"[" + body + b"]"),
            "a string": rewritten(lambda body: b'"call"'),
            "a number": rewritten(lambda body: b"42"),
            "null": rewritten(lambda body: b"null"),
        },
    )


@rule(
    "robust.missing-field",
    Level.SHOULD,
    "A missing field does no harm",
    source=sources.practice("Input that lacks a field"),
    sends="an ordinary call without one of its fields, each in turn",
    fix=_CHECK_FIELDS,
    stage=Stage.ROUGH,
)
def missing_field(subject: WebhookUnderTest) -> Iterable[Case]:
    """A required field missing: no 5xx, no hang."""
    for field in subject.fields:
        yield one_message(subject, f"without {field.name}", _without(field.name), expect=Expect.SURVIVED)


def _without(name: str) -> MessageMaker:
    return lambda probe: without_field(probe.message(), name)


@rule(
    "robust.wrong-type",
    Level.SHOULD,
    "A field of another type does no harm",
    source=sources.practice("Input of another type"),
    sends="an ordinary call in which one field is null, a number or text, or an object, each field in turn",
    fix=_CHECK_FIELDS,
    stage=Stage.ROUGH,
)
def wrong_type(subject: WebhookUnderTest) -> Iterable[Case]:
    """A field of another type: no 5xx, no hang."""
    for field in subject.fields:
        swapped: Any = 7 if "string" in field.type else "text"
        for value in (None, swapped, {"nested": [1]}, ["a", "list"]):
            name = f"{field.name} is {orjson.dumps(value).decode()}"
            yield one_message(subject, name, with_value(field.name, value), expect=Expect.SURVIVED)


@rule(
    "robust.bad-encoding",
    Level.SHOULD,
    "Invalid UTF-8 is rejected",
    source=sources.practice("JSON is UTF-8 (RFC 8259)"),
    sends="an ordinary call with bytes that are not UTF-8 in a text",
    fix="decode the body strictly as UTF-8 and answer 400 when that fails",
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def bad_encoding(subject: WebhookUnderTest) -> Iterable[Case]:
    """Invalid UTF-8: 4xx."""
    tails = {"a stray byte": b"\xff", "an overlong form": b"\xc0\xaf", "a cut character": b"\xe1\xbb"}
    yield from _rejected(
        subject,
        {name: with_raw_member(b'"' + tail + b'"') for name, tail in tails.items()},
    )


@rule(
    "robust.deep-nesting",
    Level.SHOULD,
    "Deep nesting does no harm",
    source=sources.practice("Input that exhausts a parser"),
    sends=f"an added field with {_DEEP:,} arrays inside each other",
    fix="catch the parser's recursion error, or limit depth and size before parsing; answer 400",
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def deep_nesting(subject: WebhookUnderTest) -> Iterable[Case]:
    """Deep nesting: no 5xx, no hang."""
    nested = b"[" * _DEEP + b"]" * _DEEP
    yield one_message(
        subject,
        f"{_DEEP:,} arrays deep",
        with_raw_member(nested),
        expect=Expect.SURVIVED,
    )


@rule(
    "robust.large-body",
    Level.SHOULD,
    "A body of 1 MiB does no harm",
    source=sources.practice("Input that is too large"),
    sends="an ordinary call with an added text of 1 MiB",
    fix="limit the size of the body (a call has less than 4 KiB) and answer 413",
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def large_body(subject: WebhookUnderTest) -> Iterable[Case]:
    """1 MiB: any answer but 5xx, within the deadline."""

    async def run(probe: Probe) -> Findings:
        message = with_fields(probe.message(), {"addedLater": "a" * _LARGE})
        exchange = await probe.send(message, expect=Expect.SURVIVED)
        # A server that stops reading and closes has refused the body; its answer may be lost on the way.
        return [] if exchange.attempt.cause is Cause.RESET else findings_of(exchange)

    yield Case("1 MiB", subject.name, run)


@rule(
    "robust.wrong-content-type",
    Level.SHOULD,
    "Another content type is rejected",
    source=sources.HEADERS,
    sends="an ordinary call as text/plain, and a form body",
    fix="accept application/json only, and answer 415",
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def wrong_content_type(subject: WebhookUnderTest) -> Iterable[Case]:
    """text/plain or form body: 4xx."""
    yield from _rejected(
        subject,
        {
            "JSON sent as text/plain": lambda probe: with_header(probe.message(), "Content-Type", "text/plain"),
            "a form": _form,
        },
    )


def _form(probe: Probe) -> Message:
    message = probe.message()
    return with_header(
        with_body(message, query_of(message.payload).encode()), "Content-Type", "application/x-www-form-urlencoded"
    )


@rule(
    "robust.truncated-body",
    Level.SHOULD,
    "A sender that dies in mid-body does no harm",
    source=sources.practice("Connections that break"),
    sends="half of the announced body, hangs up, then an ordinary call",
    fix="give reading the body a time limit, and treat a body that ends early as a client error",
    stage=Stage.ROUGH,
    rewrites_body=True,
)
def truncated_body(subject: WebhookUnderTest) -> Iterable[Case]:
    """Sender dies mid-body: the endpoint lives on."""

    async def run(probe: Probe) -> Tried:
        before = await probe.send(probe.message(), expect=Expect.NOTHING)
        if not taken(before.attempt):
            return Skip(f"an ordinary call was not acknowledged before it either: {got(before.attempt)}")
        message = probe.message()
        await probe.send(message, expect=Expect.NOTHING, wire=Wire(cut_at=len(message.body) // 2, fresh=True))
        after = await probe.send(probe.message(), expect=Expect.IN_TIME)
        return findings_of(after, wanted="200 to the next ordinary call")

    yield Case("half a body, then an ordinary call", subject.name, run)


@rule(
    "robust.generated",
    Level.SHOULD,
    "Generated messages are answered as the specification says",
    source=sources.practice("The specification, tried with generated messages"),
    sends="messages generated from the specification (--generated N): valid ones, and ones that break it",
    fix="see the message that was sent: a valid one is acknowledged, an invalid one is anything but a 5xx",
    stage=Stage.ROUGH,
    builds_on=(
        "ack.every-outcome",
        "ack.unusual-calls",
        "ack.unusual-text",
        "robust.missing-field",
        "robust.wrong-type",
    ),
)
def generated(subject: WebhookUnderTest) -> Iterable[Case]:
    """Generated messages: a valid one is acknowledged, an invalid one does no harm."""

    async def run(probe: Probe) -> Tried:
        if probe.harness.generated == 0:
            return Skip("switched off with --generated 0")
        from mock_alohub.check.generated_messages import (
            generated_messages,  # here, for without them it need not be imported
        )

        findings: list[Finding] = []
        try:
            for message in generated_messages(subject, probe.harness.seed, probe.harness.generated):
                expect = Expect.TAKEN if message.valid else Expect.SURVIVED
                findings += findings_of(await probe.send(message.message, expect=expect))
                if len(findings) == _ENOUGH_FINDINGS:
                    break
        except MissingExtra as missing:
            return Skip(f"{missing.message}: {missing.hint}")
        return findings

    yield Case("generated messages", subject.name, run)


_ENOUGH_FINDINGS: Final = 5


@rule(
    "robust.alive-afterwards",
    Level.MUST,
    "After all of that an ordinary call is acknowledged",
    source=sources.QUICK_RESPONSE,
    sends="an ordinary call, when everything else is over",
    fix="one bad request must not stop the next: catch errors per request, and restart what dies",
    stage=Stage.LAST,
    rests_on="acknowledged-by",
)
def alive_afterwards(subject: WebhookUnderTest) -> Iterable[Case]:
    """After all of the above an ordinary call is acknowledged."""

    async def run(probe: Probe) -> Findings:
        exchange = await probe.send(probe.message(), expect=Expect.IN_TIME)
        if exchange.attempt.cause is Cause.DEADLINE:
            # It may still work off a crowd, and that it was late for it is another rule's finding. The dead stay late.
            await probe.rest()
            exchange = await probe.send(probe.message(), expect=Expect.IN_TIME)
        return findings_of(exchange, wanted="200: the endpoint still works")

    yield Case("an ordinary call, last of all", subject.name, run)


RULES: Final[tuple[Rule, ...]] = (
    malformed_json,
    wrong_shape,
    missing_field,
    wrong_type,
    bad_encoding,
    deep_nesting,
    large_body,
    wrong_content_type,
    truncated_body,
    generated,
    alive_afterwards,
)
