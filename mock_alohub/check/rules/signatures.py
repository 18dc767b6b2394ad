"""Signatures: a message counts only as it was signed, by whom it was signed, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from mock_alohub.check.effects import Unknown
from mock_alohub.check.evidence import Expect
from mock_alohub.check.expectation import findings_of, times
from mock_alohub.check.rule import Case, Finding, Findings, Level, Need, Rule, Skip, Stage, Tried, rule
from mock_alohub.check.rules import sources
from mock_alohub.messages import credential as keys
from mock_alohub.messages.message import Message, with_body, with_fields
from mock_alohub.messages.signature import HEADER, Forgery, id_of
from mock_alohub.messages.transmission import Credential

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest

_ABSENT: Final = "the webhook's messages are not signed"
_STALE_S: Final = 3600
"""An hour: reference libraries tolerate five minutes, and clocks of machines differ by less."""

Forge = Callable[[Message, Message], Forgery]
"""What is wrong with the signature of the first message; the second is another one, genuine."""


@rule(
    "auth.rejects-forged-signature",
    Level.MUST,
    "A signature that is nearly right is refused",
    source=sources.SIGNED,
    sends="an empty signature, one cut short, one of another version, one made for another id or another time",
    fix="verify with a library of the standard: it signs `id.timestamp.body` and compares the whole, in constant time",
    needs=(Need.KEY,),
    builds_on=("auth.rejects-missing", "auth.rejects-wrong"),
    absent=_ABSENT,
)
def rejects_forged(subject: WebhookUnderTest) -> Iterable[Case]:
    """An empty signature, a cut one, one of an unknown version, one for another id or time: each refused."""
    yield from _forged(subject, "an empty signature", lambda message, other: Forgery(empty=True))
    yield from _forged(subject, "a signature without its end", lambda message, other: Forgery(cut=8))
    yield from _forged(subject, "the first characters of a signature", lambda message, other: Forgery(cut=36))
    yield from _forged(subject, "an unknown version", lambda message, other: Forgery(version="v0"))
    yield from _forged(subject, "the signature of another id", lambda message, other: Forgery(signed_id=id_of(other)))
    yield from _forged(subject, "the signature of another time", lambda message, other: Forgery(signed_shift_s=-60))


@rule(
    "auth.rejects-altered-body",
    Level.MUST,
    "A body that was altered after it was signed is refused",
    source=sources.SIGNED,
    sends="a message to which a space, or a field, was added after it was signed",
    fix="verify the bytes as they came, before they are parsed; never a body that was parsed and written again",
    needs=(Need.KEY,),
    builds_on=("auth.rejects-missing", "auth.rejects-wrong"),
    absent=_ABSENT,
)
def rejects_altered(subject: WebhookUnderTest) -> Iterable[Case]:
    """A body other than the one that was signed: refused."""
    yield from _altered(subject, "a space more", lambda message: with_body(message, message.body + b" "))
    yield from _altered(subject, "a field more", lambda message: with_fields(message, {"addedLater": "x"}))


@rule(
    "auth.rejects-stale",
    Level.MUST,
    "A message that was signed long ago is refused",
    source=sources.SIGNED,
    sends="messages with a true signature whose time is an hour ago, and an hour ahead",
    fix="compare webhook-timestamp with the clock and refuse what is more than five minutes off, either way",
    needs=(Need.KEY,),
    builds_on=("auth.rejects-missing", "auth.rejects-wrong", "auth.rejects-forged-signature"),
    absent=_ABSENT,
)
def rejects_stale(subject: WebhookUnderTest) -> Iterable[Case]:
    """A true signature of an hour ago, or of an hour ahead: refused."""
    yield from _forged(subject, "signed an hour ago", lambda message, other: Forgery(shift_s=-_STALE_S))
    yield from _forged(subject, "signed an hour ahead", lambda message, other: Forgery(shift_s=_STALE_S))


@rule(
    "auth.replay-has-no-effect",
    Level.SHOULD,
    "A message that is played back is not processed again",
    source=sources.practice("Replayed messages"),
    sends="a message, and the same once more as one who listened would; reads how often it was processed",
    fix="remember webhook-id for as long as a timestamp is accepted, and do nothing on the second",
    stage=Stage.ALONE,
    needs=(Need.KEY, Need.EFFECTS),
    absent=_ABSENT,
)
def replay_has_no_effect(subject: WebhookUnderTest) -> Iterable[Case]:
    """A message that is sent again with the same id is processed once, whether it is refused or acknowledged."""

    async def run(probe: Probe) -> Tried:
        message = probe.message()
        await probe.send(message)
        again = await probe.send(message, expect=Expect.NOTHING)
        try:
            count = await probe.settled_count(message)
        except Unknown as unknown:
            return Skip(str(unknown))
        if count <= 1:
            return [] if count else Skip("the effects URL shows no effect of an ordinary message")
        return [Finding(probe.case, f"processed {times(count)}", "processed once", exchange=again)]

    if subject.webhook.key_header == HEADER:
        yield Case("the same message again", subject.name, run)


def _forged(subject: WebhookUnderTest, name: str, forge: Forge) -> Iterable[Case]:
    async def run(probe: Probe) -> Findings:
        message, other = probe.message(), probe.message()
        lie = Credential(probe.key, None, keys.SIGNED, forge(message, other))
        return findings_of(await probe.send(message, expect=Expect.REFUSED, credential=lie))

    if subject.webhook.key_header == HEADER:
        yield Case(name, subject.name, run)


def _altered(subject: WebhookUnderTest, name: str, alter: Callable[[Message], Message]) -> Iterable[Case]:
    async def run(probe: Probe) -> Findings:
        message = probe.message()
        lie = Credential(probe.key, None, keys.SIGNED, Forgery(signed_body=message.body))
        return findings_of(await probe.send(alter(message), expect=Expect.REFUSED, credential=lie))

    if subject.webhook.key_header == HEADER:
        yield Case(name, subject.name, run)


RULES: Final[tuple[Rule, ...]] = (rejects_forged, rejects_altered, rejects_stale, replay_has_no_effect)
