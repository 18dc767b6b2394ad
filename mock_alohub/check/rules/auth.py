"""Authentication: the agreed key opens the door, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from mock_alohub.check.effects import Unknown
from mock_alohub.check.evidence import Evidence, Expect
from mock_alohub.check.expectation import finding_of, findings_of, got, taken, times
from mock_alohub.check.rule import NO_KEY_HEADER, Case, Finding, Level, Need, Rule, Skip, Stage, Tried, judged, rule
from mock_alohub.check.rules import signatures, sources
from mock_alohub.messages import credential as keys
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.signature import HEADER
from mock_alohub.messages.transmission import Credential

if TYPE_CHECKING:
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.messages.endpoint import Endpoint

_REFUSALS: Final = frozenset({401, 403})
_CHECK_THE_KEY = (
    "is the key in --key (or MOCK_ALOHUB_KEY) the one the endpoint expects? It is sent in the header of the key "
    "exactly as given, without `Bearer`"
)


CredentialMaker = Callable[[str], Credential | None]


@rule(
    "auth.accepts-key",
    Level.MUST,
    "The agreed key is accepted",
    source=sources.SECURITY,
    sends="an ordinary call with the agreed key",
    fix=_CHECK_THE_KEY,
    stage=Stage.FIRST,
)
def accepts_key(subject: WebhookUnderTest) -> Iterable[Case]:
    """The agreed key is accepted."""

    async def run(probe: Probe) -> Tried:
        exchange = await probe.send(probe.message())
        if taken(exchange.attempt):
            return []
        if exchange.attempt.status not in _REFUSALS:
            return Skip(f"an ordinary call was neither taken nor refused: {got(exchange.attempt)}")
        hint = "" if probe.key else "no key was sent: give the agreed one with --key (or MOCK_ALOHUB_KEY)"
        finding = finding_of(exchange, hint, wanted="200: the agreed key is accepted")
        return [finding] if finding else []

    yield Case("an ordinary call", subject.name, run)


@rule(
    "auth.rejects-missing",
    Level.MUST,
    "A call without a key is refused",
    source=sources.SECURITY,
    sends="an ordinary call without an Authorization header",
    fix="compare the Authorization header with the agreed key before anything else, and answer 401",
    needs=(Need.KEY,),
    absent=NO_KEY_HEADER,
)
def rejects_missing(subject: WebhookUnderTest) -> Iterable[Case]:
    """No Authorization header: refused."""
    yield from _stranger(subject, f"no {subject.webhook.key_header} header", lambda key: keys.NO_KEY)


@rule(
    "auth.rejects-wrong",
    Level.MUST,
    "A call with another key is refused",
    source=sources.SECURITY,
    sends="an ordinary call with another key of the same length",
    fix="compare the whole header with the agreed key, in constant time, and answer 401",
    needs=(Need.KEY,),
    absent=NO_KEY_HEADER,
)
def rejects_wrong(subject: WebhookUnderTest) -> Iterable[Case]:
    """Another key of the same length: refused."""
    yield from _stranger(subject, "another key of the same length", keys.another)


@rule(
    "auth.rejects-near-miss",
    Level.MUST,
    "A key that is nearly right is refused",
    source=sources.SECURITY,
    sends="an empty key, `%`, a prefix, the key plus a character, in changed case, with a hyphen in it, with another "
    "beginning, in other text",
    fix="compare the whole header with the agreed key: no prefix match, no `in`, no LIKE, no lower-casing or stripping",
    needs=(Need.KEY,),
    builds_on=("auth.rejects-missing", "auth.rejects-wrong"),
    absent=f"{NO_KEY_HEADER}, or a signature, which has near misses of its own",
)
def rejects_near_miss(subject: WebhookUnderTest) -> Iterable[Case]:
    """Empty, `%`, prefix, a character more, changed case, a hyphen, other beginning, in other text: each refused."""
    if subject.webhook.key_header == HEADER:
        return  # a signature has near misses of its own
    yield from _stranger(subject, "an empty key", lambda key: keys.EMPTY)
    yield from _stranger(subject, "a percent sign", lambda key: keys.WILDCARD)
    yield from _stranger(subject, "the key without its last character", keys.prefix)
    yield from _stranger(subject, "the key plus a character", keys.longer)
    yield from _stranger(subject, "the key in changed case", keys.changed_case)
    yield from _stranger(subject, "the key with a hyphen in it", keys.punctuated)
    yield from _stranger(subject, "the key with another first character", keys.other_beginning)
    yield from _stranger(subject, "the key inside other text", keys.inside)


@judged(
    "auth.refusal-status",
    Level.SHOULD,
    "Strangers are refused with 401 or 403",
    source=sources.SECURITY,
    sends="nothing of its own: looks at how strangers were refused",
    fix="answer 401 (or 403) on purpose; anything else looks like an outage and is sent again",
    needs=(Need.KEY,),
)
def refusal_status(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
    """Refusals answer 401 or 403, never 5xx."""
    strangers = [one for one in evidence if one.expect is Expect.REFUSED and one.attempt.cause is not Cause.DEADLINE]
    refused = [one for one in strangers if one.attempt.status is None or not 200 <= one.attempt.status < 300]
    if not refused:
        return Skip("no stranger was refused")
    return [
        Finding(one.case, got(one.attempt), "401 or 403", exchange=one)
        for one in refused
        if one.attempt.status not in _REFUSALS
    ]


@rule(
    "auth.refused-has-no-effect",
    Level.MUST,
    "A refused call is not processed",
    source=sources.SECURITY,
    sends="a call with another key, then an ordinary one; reads how often each was processed",
    fix="check the key before the call is queued or stored, not after",
    stage=Stage.ALONE,
    needs=(Need.KEY, Need.EFFECTS),
    builds_on=("auth.rejects-wrong",),
    absent=NO_KEY_HEADER,
)
def refused_has_no_effect(subject: WebhookUnderTest) -> Iterable[Case]:
    """A refused event is not processed."""

    async def run(probe: Probe) -> Tried:
        stranger = probe.message()
        marker = probe.message()
        refused = await probe.send(stranger, expect=Expect.REFUSED, credential=keys.another(probe.key))
        await probe.send(marker)
        try:
            # The ordinary call came later: when it was worked on, so was the stranger's, if it ever is.
            if await probe.settled_count(marker) == 0:
                return Skip("the effects URL shows no effect of an ordinary call either")
            count = await probe.count(stranger)
        except Unknown as unknown:
            return Skip(str(unknown))
        if count == 0:
            return []
        return [Finding(refused.case, f"processed {times(count)}", "refused and not processed", exchange=refused)]

    if subject.webhook.key_header is not None:
        yield Case("a call with another key", subject.name, run)


def _stranger(subject: WebhookUnderTest, name: str, credential: CredentialMaker) -> Iterable[Case]:
    async def run(probe: Probe) -> Tried:
        lie = credential(probe.key)
        if lie is None:
            return Skip("this key has no such near miss")
        return findings_of(await probe.send(probe.message(), expect=Expect.REFUSED, credential=lie))

    if subject.webhook.key_header is not None:
        yield Case(name, subject.name, run)


RULES: Final[tuple[Rule, ...]] = (
    accepts_key,
    rejects_missing,
    rejects_wrong,
    rejects_near_miss,
    refusal_status,
    refused_has_no_effect,
    *signatures.RULES,
)
