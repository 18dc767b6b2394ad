"""What is printed: a line for each step, then what is newer than the lock and every step that is not fine."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from tests.newest.judgement import Outcome, Verdict
from tests.newest.versions import Change

_HEADLINES: Final = {
    Outcome.WARNED: "WARNING: deprecated by a newer release",
    Outcome.UNSTEADY: "WARNING: failed once, and passed when tried again with the same versions",
    Outcome.NEWER: "WARNING: broken by newer releases",
    Outcome.OURS: "ERROR: our fault, it fails with the locked versions as well",
}


def row(verdict: Verdict) -> str:
    """A line of the table: extra, step, seconds, outcome."""
    return f"{verdict.extra:9} {verdict.step:27} {verdict.seconds:6.1f} s  {verdict.outcome.value}"


def conclusion(verdicts: Iterable[Verdict], changed: Collection[Change], *, annotate: bool = False) -> list[str]:
    """What differs from the lock, then each step that is not fine; `annotate` repeats warnings as GitHub shows them."""
    newer = ", ".join(sorted(map(str, changed))) or "nothing"
    lines = ["", f"newer than requirements-dev.lock: {newer}"]
    for verdict in verdicts:
        if verdict.outcome is not Outcome.FINE:
            headline = _headline(verdict)
            lines += ["", headline, *(f"  {line}" for line in verdict.said.splitlines())]
            if annotate and headline.startswith("WARNING: "):
                lines.append(f"::warning title=newest dependencies::{headline.removeprefix('WARNING: ')}")
    return lines


def _headline(verdict: Verdict) -> str:
    blamed = ""
    if verdict.outcome is Outcome.NEWER:
        blamed = f": {', '.join(map(str, verdict.changes)) or 'the newest versions cannot be installed together'}"
    return f"{_HEADLINES[verdict.outcome]}{blamed} (extra: {verdict.extra}, step: {verdict.step})"
