from __future__ import annotations

from collections.abc import Collection

import pytest

from tests.newest.judgement import TRIES, Attempt, Code, Outcome, Tried, Verdict, exit_code, judge
from tests.newest.versions import Change, Versions

CHANGED = [Change("a", "1", "2"), Change("b", "1", "2"), Change("c", "1", "2")]
LOCKED = {"a": "1", "b": "1", "c": "1", "d": "1"}
FAILED = Tried(False, 1.0, "it fell over")


def breaking(*names: str) -> Attempt:
    """A step that fails unless all of these are as they were locked."""
    return lambda pins: Tried(set(names) <= set(pins), 1.0)


def judged(newest: Tried, attempt: Attempt, changed: list[Change] = CHANGED) -> Verdict:
    return judge("server", "serve", newest, attempt, LOCKED, changed)


def test_what_passes_is_fine_and_is_not_tried_again() -> None:
    def attempt(pins: Versions) -> Tried:
        raise AssertionError(pins)

    assert judged(Tried(True, 2.5), attempt) == Verdict("server", "serve", 2.5, Outcome.FINE)


def test_what_passes_with_a_deprecation_is_warned() -> None:
    verdict = judged(Tried(True, 1.0, deprecations=("x.py:1: DeprecationWarning: soon gone",)), breaking())
    assert (verdict.outcome, verdict.said) == (Outcome.WARNED, "x.py:1: DeprecationWarning: soon gone")


def test_what_passes_with_the_locked_versions_is_broken_by_newer_releases() -> None:
    assert judged(FAILED, breaking("b")).outcome is Outcome.NEWER


def test_what_fails_with_the_locked_versions_is_ours() -> None:
    verdict = judged(FAILED, lambda pins: Tried(False, 1.0))
    assert (verdict.outcome, verdict.changes, verdict.said) == (Outcome.OURS, (), "it fell over")


def test_what_passes_when_it_is_tried_again_is_unsteady() -> None:
    assert judged(FAILED, lambda pins: Tried(True, 1.0)).outcome is Outcome.UNSTEADY


@pytest.mark.parametrize("guilty", ["a", "b", "c"])
def test_one_release_that_breaks_it_is_named_alone(guilty: str) -> None:
    assert [change.name for change in judged(FAILED, breaking(guilty)).changes] == [guilty]


def test_where_no_single_release_is_to_blame_all_are_named() -> None:
    assert judged(FAILED, breaking("a", "b")).changes == tuple(CHANGED)


def test_only_a_handful_of_packages_are_set_back() -> None:
    many = [Change(f"p{number}", "1", "2") for number in range(TRIES + 2)]
    last = many[-1].name
    assert len(judge("bare", "rules", FAILED, breaking(last), {last: "1"}, many).changes) == len(many)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], Code.FINE),
        ([Outcome.FINE, Outcome.WARNED, Outcome.UNSTEADY], Code.FINE),
        ([Outcome.FINE, Outcome.NEWER], Code.NEWER),
        ([Outcome.OURS, Outcome.NEWER], Code.OURS),
    ],
)
def test_the_exit_code_is_that_of_the_gravest(outcomes: Collection[Outcome], code: Code) -> None:
    assert exit_code(Verdict("bare", "rules", 1.0, outcome) for outcome in outcomes) is code
