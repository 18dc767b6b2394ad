"""What a rule is: a requirement with its level, source and probe, and the cases that try it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from inspect import cleandoc
from typing import Protocol

from mock_alohub.bench import Probe
from mock_alohub.endpoint import Endpoint
from mock_alohub.evidence import Evidence, Exchange
from mock_alohub.subject import Subject


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
    """One way to try a rule. `webhook` is the one it is about; `run` sends and judges."""

    name: str
    webhook: str
    run: Callable[[Probe], Awaitable[Tried]]


class Judge(Protocol):
    """A decision over everything that was seen. Pure."""

    def __call__(self, evidence: Evidence, subjects: Sequence[Subject], endpoint: Endpoint) -> Tried:
        """The findings, or why there is nothing to judge."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement of the catalogue.

    `sends` says what the probe is, `fix` what to do when the rule is broken. A rule has `cases` (for a webhook) or,
    in the stage JUDGED, a `judge`. `builds_on` names rules without which this one says nothing: where one of them is
    broken, this one is skipped, so that one fault reads as one fault.
    """

    id: str
    level: Level
    title: str
    requirement: str
    source: Source
    sends: str
    fix: str
    stage: Stage = Stage.TOGETHER
    needs: tuple[Need, ...] = ()
    builds_on: tuple[str, ...] = ()
    once: bool = False
    """The rule is about the endpoint, not about one webhook: its cases are made for the first webhook only."""
    make_cases: Callable[[Subject], Iterable[Case]] | None = None
    judge: Judge | None = None
    absent: str = ""
    """Why the rule has no cases, where the webhooks under test give none."""

    @property
    def family(self) -> str:
        """The part of the id before the dot, such as `ack`."""
        return self.id.partition(".")[0]

    def cases(self, subjects: Sequence[Subject]) -> Iterator[Case]:
        """The cases of this rule for the webhooks under test, in a fixed order and without sending anything."""
        if self.make_cases is None:
            return
        for subject in subjects[:1] if self.once else subjects:
            yield from self.make_cases(subject)


def _sentence(docstring: str | None) -> str:
    return " ".join(cleandoc(docstring or "").split())


def rule(
    id: str,  # noqa: A002 - the field's name in the record
    level: Level,
    title: str,
    *,
    source: Source,
    sends: str,
    fix: str,
    stage: Stage = Stage.TOGETHER,
    needs: tuple[Need, ...] = (),
    builds_on: tuple[str, ...] = (),
    once: bool = False,
    absent: str = "",
) -> Callable[[Callable[[Subject], Iterable[Case]]], Rule]:
    """Make the decorated case maker a rule; its docstring is the requirement sentence."""

    def decorate(make_cases: Callable[[Subject], Iterable[Case]]) -> Rule:
        return Rule(
            id, level, title, _sentence(make_cases.__doc__), source, sends, fix, stage, needs, builds_on, once,
            make_cases=make_cases, absent=absent,
        )  # fmt: skip

    return decorate


def judged(
    id: str,  # noqa: A002 - the field's name in the record
    level: Level,
    title: str,
    *,
    source: Source,
    sends: str,
    fix: str,
    needs: tuple[Need, ...] = (),
) -> Callable[[Judge], Rule]:
    """Make the decorated decision a rule that sends nothing; its docstring is the requirement sentence."""

    def decorate(judge: Judge) -> Rule:
        sentence = _sentence(judge.__doc__)
        return Rule(id, level, title, sentence, source, sends, fix, Stage.JUDGED, needs, judge=judge)

    return decorate
