"""HTTP manners: methods, transport security, and what answers give away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from mock_alohub.check.evidence import Evidence, Exchange, Expect
from mock_alohub.check.expectation import got
from mock_alohub.check.rule import Case, Finding, Findings, Level, Need, Rule, Skip, Tried, judged, rule
from mock_alohub.check.rules import sources
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.credential import NO_KEY

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.messages.endpoint import Endpoint
    from mock_alohub.messages.transmission import Credential

_SMALL: Final = 64 * 1024


@rule(
    "http.method",
    Level.SHOULD,
    "Only the webhook's method is taken",
    source=sources.practice("Methods that are not needed"),
    sends="GET, PUT, PATCH and DELETE to the webhook's URL, with the agreed key, and GET without one",
    fix="route only the webhook's method to the endpoint, and answer 405 to the others",
    once=True,
)
def method(subject: WebhookUnderTest) -> Iterable[Case]:
    """GET, PUT, PATCH, DELETE are not 2xx."""
    for verb in ("GET", "PUT", "PATCH", "DELETE"):
        if verb in {subject.webhook.method, *subject.webhook.methods}:
            continue

        async def run(probe: Probe, verb: str = verb) -> Findings:
            return await _sent_with(probe, verb)

        yield Case(verb, subject.name, run)

    async def without_key(probe: Probe) -> Tried:
        return await _sent_with(probe, "GET", NO_KEY) if probe.key else Skip(Need.KEY.value)

    if "GET" not in {subject.webhook.method, *subject.webhook.methods}:
        yield Case("GET without a key", subject.name, without_key)


async def _sent_with(probe: Probe, verb: str, credential: Credential | None = None) -> Findings:
    message = replace(probe.message(), method=verb)
    if verb not in {"PUT", "PATCH"}:
        message = replace(message, headers=(), body=b"")
    exchange = await probe.send(message, expect=Expect.NOTHING, credential=credential)
    status = exchange.attempt.status
    if status is None or not 200 <= status < 300:
        return []
    return [Finding(probe.case, got(exchange.attempt), "405 (or any answer but 2xx)", exchange=exchange)]


@judged(
    "http.https",
    Level.SHOULD,
    "The URL is https",
    source=sources.URL_HTTPS,
    sends="nothing: looks at the URL",
    fix="put the endpoint behind TLS: the key and the customers' numbers travel with every call",
)
def https(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """The URL is https (loopback and private addresses excepted)."""
    if endpoint.url.scheme == "https":
        return []
    if endpoint.url.is_private or _dialled_private(evidence):
        return Skip("a loopback or private address: https is recommended only for the public one")
    return [Finding("the URL", f"{endpoint.url.scheme}://{endpoint.url.host}", f"https://{endpoint.url.host}")]


def _dialled_private(evidence: Evidence) -> bool:
    dialled = {exchange.attempt.address.rpartition(":")[0].strip("[]") for exchange in evidence} - {""}
    return bool(dialled) and all(ip_address(address).is_private for address in dialled)


@judged(
    "http.tls",
    Level.MUST,
    "The certificate is valid",
    source=sources.URL_HTTPS,
    sends="nothing of its own: looks at the TLS handshakes (TLS 1.2 or newer, verified chain, host name and date)",
    fix="serve the whole certificate chain of a public authority for this host name; renew it before it ends",
    needs=(Need.HTTPS,),
)
def tls(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """With https: a valid chain, host name and date; TLS 1.2 or newer."""
    failed = [exchange for exchange in evidence if exchange.attempt.cause is Cause.TLS]
    return [
        Finding(one.case, one.attempt.detail, "a handshake with TLS 1.2 or newer and a valid certificate", exchange=one)
        for one in failed[:1]
    ]


_TRACES: Final = re.compile(
    rb"Traceback \(most recent call last\)"  # Python
    # A line of a stack: as text, inside a JSON string, or in a page, where it begins with <br> and &nbsp;
    rb"|(?:^\s+|\\n(?:\s|\\t)*|<br ?/?>\s*|&nbsp;\s*)at (?:"
    rb"[^\n<(]{0,200}\([^\n<() ]{1,300}:\d+"  # JavaScript, Java
    rb"|(?:async |file:|node:|/|[A-Z]:\\)[^\n<]{1,300}:\d+:\d+"  # JavaScript, without a function
    rb"|[^\n<]{1,300} in [^\n<]{1,300}:line \d+)"  # .NET
    rb"|goroutine \d+ \[|panic: "  # Go
    rb"|thread '[^'\n]{1,80}' panicked at"  # Rust
    rb"|(?:Fatal error|Parse error|Warning|Notice|Uncaught [A-Za-z\\]+)(?:</b>)?: [^\n]{1,400} on line "  # PHP
    rb"|(?:^|\\n)#\d+ [^\s(]{1,300}\(\d+\): |\"file\": ?\"[^\"\n]{1,300}\", ?\"line\": ?\d+"  # PHP, Laravel
    rb"|\.rb:\d+:in "  # Ruby
    rb"|Exception in thread \"",  # Java
    re.MULTILINE,
)


@judged(
    "http.no-leak",
    Level.SHOULD,
    "Answers give nothing away",
    source=sources.practice("Errors are logged, not shown"),
    sends="nothing of its own: looks for stack traces and the key in every answer",
    fix="switch the framework's debug mode off, answer with a short error, and never repeat what was sent as the key",
)
def no_leak(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """Answers show neither stack traces nor the key."""
    if not any(exchange.attempt.reply for exchange in evidence):
        return Skip("there was no answer to look at")
    key = endpoint.key.reveal().encode("latin-1") if endpoint.key else b""
    return [
        *_leaks(evidence, "the key is in the answer", lambda answer: len(key) >= 4 and key in answer),
        *_leaks(evidence, "a stack trace is in the answer", lambda answer: _TRACES.search(answer) is not None),
    ]


def _leaks(evidence: Evidence, what: str, leaks: Callable[[bytes], bool]) -> Findings:
    guilty = [exchange for exchange in evidence if leaks(_answer(exchange))]
    if not guilty:
        return []
    first = guilty[0]
    return [
        Finding(f"{first.rule}: {first.case} ({len(guilty)} in all)", what, "a short error without details",
                exchange=first)
    ]  # fmt: skip


def _answer(exchange: Exchange) -> bytes:
    reply = exchange.attempt.reply
    if reply is None:
        return b""
    head = "\n".join(f"{name}: {value}" for name, value in reply.headers).encode("latin-1", "replace")
    return head + b"\n" + reply.body


@judged(
    "http.small-answer",
    Level.SHOULD,
    "Answers are small",
    source=sources.practice("The answer's body is not read"),
    sends="nothing of its own: looks at the size of every answer",
    fix='answer with an empty or short body, such as {"received": true}',
)
def small_answer(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """Answers stay under 64 KiB."""
    if not any(exchange.attempt.reply for exchange in evidence):
        return Skip("there was no answer to look at")
    large = [one for one in evidence if one.attempt.reply and one.attempt.reply.body_size > _SMALL]
    return [
        Finding(f"{one.rule}: {one.case} ({len(large)} in all)", f"{one.attempt.reply.body_size:,} bytes",
                f"at most {_SMALL:,} bytes", exchange=one)
        for one in large[:1]
        if one.attempt.reply
    ]  # fmt: skip


RULES: Final[tuple[Rule, ...]] = (method, https, tls, no_leak, small_answer)
