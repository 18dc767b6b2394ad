"""What a rule is: a requirement with its level, source and probe, and the cases that try it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from inspect import cleandoc
from typing import TYPE_CHECKING, Final, Protocol

from mock_alohub.specification.specification import DEFAULT, Specification

if TYPE_CHECKING:
    from mock_alohub.check.evidence import Evidence, Exchange
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest
    from mock_alohub.messages.endpoint import Endpoint
    from mock_alohub.specification.webhook import Webhook


class Level(StrEnum):
    """How binding a rule is. MUST: the provider's documents demand it. SHOULD: real life does."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Stage(IntEnum):
    """When in a run a rule is tried; the stages follow each other in this order."""

    FIRST = 1
    """The ordinary call that everything else builds on."""
    TOGETHER = 2
    """Independent of the others: tried beside them, within what the endpoint bears."""
    ALONE = 3
    """Nothing else is sent meanwhile: bursts, copies at once, counted effects."""
    ROUGH = 4
    """May harm a weak endpoint: late, one after the other."""
    LAST = 5
    """Tried when everything else is over."""
    JUDGED = 6
    """Sends nothing: judges what the others saw."""


class Need(StrEnum):
    """What a rule cannot be tried without; the value says why it was skipped."""

    KEY = "no key was given (--key), so there is nothing to refuse"
    EFFECTS = "needs --effects: how to read how often a call was processed"
    HTTPS = "the URL is plain http"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a requirement comes from. `assumed`: the documents leave it open, and this is our reading."""

    document: str
    section: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """What a requirement rests on, whichever provider's document speaks of it; `means` says it in words."""

    name: str
    means: str


@dataclass(frozen=True, slots=True)
class Finding:
    """How a rule was broken, in words that need no further explanation.

    `exchange` is the probe that showed it, when one did. `hint` says what to do; empty: the rule's own `fix`.
    """

    case: str
    got: str
    wanted: str
    hint: str = ""
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """A rule or case that could not be tried, and why."""

    reason: str


Findings = Sequence[Finding]
Tried = Findings | Skip


@dataclass(frozen=True, slots=True)
class Case:
    """One way to try a rule. `webhook` is the one it is about; `run` sends and judges.

    `others` are further webhooks whose messages it sends.
    """

    name: str
    webhook: str
    run: Callable[[Probe], Awaitable[Tried]]
    others: tuple[str, ...] = ()


class Judge(Protocol):
    """A decision over everything that was seen. Pure."""

    def __call__(self, evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
        """The findings, or why there is nothing to judge."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement of the catalogue.

    `sends` says what the probe is, `fix` what to do when the rule is broken. A rule has `cases` (for a webhook, or for
    several together) or, in the stage JUDGED, a `judge`. `builds_on` names rules without which this one says nothing:
    where one of them is broken, this one is skipped, so that one fault reads as one fault.
    """

    id: str
    level: Level
    title: str
    requirement: str
    origin: Source | Topic
    sends: str
    fix: str
    stage: Stage = Stage.TOGETHER
    needs: tuple[Need, ...] = ()
    builds_on: tuple[str, ...] = ()
    rests_on: str = ""
    """The promise of `x-delivery` that the requirement is about: where it is assumed, so is the requirement."""
    rewrites_body: bool = False
    """The rule changes the bytes of a body: a webhook that is sent without one gives it no cases."""
    of_calls: bool = False
    """The rule tells calls apart by what happened in them: a webhook that is drawn from its document gives no cases."""
    once: bool = False
    """The rule is about the endpoint, not about one webhook: its cases are made for the first webhook only."""
    make_cases: Callable[[WebhookUnderTest], Iterable[Case]] | None = None
    make_joint_cases: Callable[[Sequence[WebhookUnderTest]], Iterable[Case]] | None = None
    judge: Judge | None = None
    absent: str = ""
    """Why the rule has no cases, where the webhooks under test give none."""

    @property
    def source(self) -> Source:
        """Where the requirement comes from, for the webhooks that are meant when none is named."""
        return self.source_for(Specification.load().webhook(DEFAULT[0]))

    def source_for(self, webhook: Webhook) -> Source:
        """Where the requirement comes from for `webhook`: its provider's document, or nowhere, and assumed."""
        if isinstance(self.origin, Source):
            return self.origin
        if self.origin.name not in webhook.documents:
            return Source("Not documented", self.origin.means, assumed=True)
        document, section = webhook.documents[self.origin.name]
        return Source(document, section, assumed=self.rests_on in webhook.delivery.get("assumed", {}))

    def level_for(self, webhook: Webhook) -> Level:
        """How binding the rule is for `webhook`: never more than SHOULD where it rests on what is assumed."""
        return Level.SHOULD if self.source_for(webhook).assumed else self.level

    def as_for(self, webhooks: Iterable[Webhook]) -> Rule:
        """The rule with level and source as they are for the one of `webhooks` that it binds most."""
        most = max(webhooks, key=lambda webhook: self.level_for(webhook) is Level.MUST)
        return replace(self, level=self.level_for(most), origin=self.source_for(most))

    @property
    def family(self) -> str:
        """The part of the id before the dot, such as `ack`."""
        return self.id.partition(".")[0]

    def cases(self, subjects: Sequence[WebhookUnderTest]) -> Iterator[Case]:
        """The cases of this rule for the webhooks under test, in a fixed order and without sending anything."""
        fitting = [one for one in (subjects[:1] if self.once else subjects) if not self._obstacle(one)]
        if self.make_joint_cases is not None:
            yield from self.make_joint_cases(fitting)
        if self.make_cases is not None:
            for subject in fitting:
                yield from self.make_cases(subject)

    def _obstacle(self, subject: WebhookUnderTest) -> str:
        """Why no case of the rule can be made for the webhook, or ""."""
        if self.rewrites_body and not subject.has_body:
            return _NO_BODY
        if self.of_calls and subject.webhook.drawn:
            return _NO_CALLS
        if Need.EFFECTS in self.needs and not subject.fields_with_role("call-id"):
            return _NO_ID
        return ""

    def why_absent(self, subjects: Iterable[WebhookUnderTest]) -> str:
        """Why the rule has no cases for `subjects`, where it has none."""
        obstacles = (self._obstacle(subject) for subject in subjects)
        return next(filter(None, obstacles), "") or self.absent or _NOT_TOLD


NO_KEY_HEADER: Final = "the webhook carries no key"
_NO_BODY: Final = "the webhook is sent without a body"
_NO_CALLS: Final = "the document does not say what its messages tell of a call"
_NO_ID: Final = "no field is the call's id (`x-role: call-id`), so nobody can ask what became of a message"
_NOT_TOLD: Final = "the webhook says nothing of such calls"


def _sentence(docstring: str | None) -> str:
    return " ".join(cleandoc(docstring or "").split())


def rule(
    id: str,  # noqa: A002 - the field's name in the record
    level: Level,
    title: str,
    *,
    source: Source | Topic,
    sends: str,
    fix: str,
    stage: Stage = Stage.TOGETHER,
    needs: tuple[Need, ...] = (),
    builds_on: tuple[str, ...] = (),
    rests_on: str = "",
    rewrites_body: bool = False,
    of_calls: bool = False,
    once: bool = False,
    absent: str = "",
) -> Callable[[Callable[[WebhookUnderTest], Iterable[Case]]], Rule]:
    """Make the decorated case maker a rule; its docstring is the requirement sentence."""

    def decorate(make_cases: Callable[[WebhookUnderTest], Iterable[Case]]) -> Rule:
        return Rule(
            id, level, title, _sentence(make_cases.__doc__), source, sends, fix, stage, needs, builds_on, rests_on,
            rewrites_body, of_calls, once, make_cases=make_cases, absent=absent,
        )  # fmt: skip

    return decorate


def joint(
    id: str,  # noqa: A002 - the field's name in the record
    level: Level,
    title: str,
    *,
    source: Source | Topic,
    sends: str,
    fix: str,
    builds_on: tuple[str, ...],
    absent: str,
) -> Callable[[Callable[[Sequence[WebhookUnderTest]], Iterable[Case]]], Rule]:
    """Make the decorated case maker a rule about calls that several webhooks tell of."""

    def decorate(make: Callable[[Sequence[WebhookUnderTest]], Iterable[Case]]) -> Rule:
        return Rule(
            id, level, title, _sentence(make.__doc__), source, sends, fix, builds_on=builds_on, of_calls=True,
            make_joint_cases=make, absent=absent,
        )  # fmt: skip

    return decorate


def judged(
    id: str,  # noqa: A002 - the field's name in the record
    level: Level,
    title: str,
    *,
    source: Source | Topic,
    sends: str,
    fix: str,
    needs: tuple[Need, ...] = (),
    rests_on: str = "",
) -> Callable[[Judge], Rule]:
    """Make the decorated decision a rule that sends nothing; its docstring is the requirement sentence."""

    def decorate(judge: Judge) -> Rule:
        sentence = _sentence(judge.__doc__)
        return Rule(id, level, title, sentence, source, sends, fix, Stage.JUDGED, needs, rests_on=rests_on, judge=judge)

    return decorate
