"""Whose fault a step is that fails with the newest versions: ours, or that of a newer release of a dependency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from tests.newest.versions import Change, Versions

TRIES: Final = 5
"""How many packages are set back one by one; those that the wheel itself requires come first."""


class Outcome(Enum):
    """What came of a step. The value is what the table says."""

    FINE = "fine"
    WARNED = "warned"
    """It works, and calls something that a dependency is going to take away."""
    UNSTEADY = "unsteady"
    """It failed, and passed when it was tried again with the same versions: chance, or a busy machine."""
    NEWER = "broken by newer releases"
    OURS = "ours"


class Code(IntEnum):
    """How the run ends."""

    FINE = 0
    OURS = 1
    NEWER = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """A step that was run once. `said` is what it said when it failed."""

    ok: bool
    seconds: float
    said: str = ""
    deprecations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step and what came of it. `changes` are the newer releases that break it, one where that could be found out."""

    extra: str
    step: str
    seconds: float
    outcome: Outcome
    said: str = ""
    changes: tuple[Change, ...] = ()


Attempt = Callable[[Versions], Tried]
"""Runs one step in an environment where some packages are pinned and all others are the newest."""


def judge(
    extra: str, step: str, newest: Tried, attempt: Attempt, locked: Versions, changed: Sequence[Change]
) -> Verdict:
    """The verdict on a step that ended as `newest` says, where `changed` packages differ from the `locked` ones.

    What passes with the locked versions and fails once more with the newest is broken by newer releases.
    """
    if newest.ok:
        outcome = Outcome.WARNED if newest.deprecations else Outcome.FINE
        return Verdict(extra, step, newest.seconds, outcome, "\n".join(newest.deprecations))
    guilty: tuple[Change, ...] = ()
    if not attempt(locked).ok:
        outcome = Outcome.OURS
    elif attempt({}).ok:
        outcome = Outcome.UNSTEADY
    else:
        outcome, guilty = Outcome.NEWER, narrowed(changed, attempt)
    return Verdict(extra, step, newest.seconds, outcome, newest.said, guilty)


def narrowed(changed: Sequence[Change], attempt: Attempt) -> tuple[Change, ...]:
    """The one change that is to blame: the step passes when that package alone is set back. Else all changes."""
    if len(changed) > 1:
        for change in changed[:TRIES]:
            if attempt({change.name: change.locked}).ok:
                return (change,)
    return tuple(changed)


def exit_code(verdicts: Iterable[Verdict]) -> Code:
    """Ours before newer releases before fine."""
    outcomes = {verdict.outcome for verdict in verdicts}
    if Outcome.OURS in outcomes:
        return Code.OURS
    return Code.NEWER if Outcome.NEWER in outcomes else Code.FINE
