from __future__ import annotations

from tests.newest.judgement import Outcome, Verdict
from tests.newest.table import conclusion, row
from tests.newest.versions import Change

FAKER = Change("faker", "40.1", "41.0")


def verdict(outcome: Outcome, *changes: Change) -> Verdict:
    return Verdict("load", "load", 1.25, outcome, "it said\nthis", changes)


def test_a_row_says_extra_step_seconds_and_outcome() -> None:
    assert row(verdict(Outcome.FINE)).split() == ["load", "load", "1.2", "s", "fine"]


def test_what_is_newer_than_the_lock_is_said_where_all_is_fine() -> None:
    assert conclusion([verdict(Outcome.FINE)], [FAKER]) == ["", "newer than requirements-dev.lock: faker 40.1 → 41.0"]


def test_a_newer_release_that_breaks_a_step_is_a_warning_that_names_it() -> None:
    told = conclusion([verdict(Outcome.NEWER, FAKER)], [FAKER])
    assert told[3:] == [
        "WARNING: broken by newer releases: faker 40.1 → 41.0 (extra: load, step: load)",
        "  it said",
        "  this",
    ]


def test_our_fault_is_an_error() -> None:
    assert conclusion([verdict(Outcome.OURS)], [])[3].startswith("ERROR: our fault")


def test_warnings_are_repeated_as_annotations() -> None:
    told = conclusion([verdict(Outcome.WARNED)], [], annotate=True)
    assert told[-1].startswith("::warning title=newest dependencies::deprecated by a newer release")
