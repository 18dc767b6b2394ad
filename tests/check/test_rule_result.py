from __future__ import annotations

from mock_alohub.check.rule import Finding, Skip
from mock_alohub.check.rule_result import RuleResult
from tests.fakes import rule_of

FINDING = Finding("a case", "this", "that")


def _trial() -> RuleResult:
    return RuleResult(rule_of("a.b"))


def test_a_rule_that_was_not_tried_was_skipped() -> None:
    assert _trial().outcome == "skip"


def test_a_rule_that_was_tried_without_a_finding_is_kept() -> None:
    trial = _trial()
    trial.note([])
    assert trial.outcome == "pass"


def test_a_finding_breaks_a_rule() -> None:
    trial = _trial()
    trial.note([FINDING])
    trial.note([])
    assert trial.outcome == "fail"


def test_a_crash_keeps_a_rule_from_being_kept() -> None:
    trial = _trial()
    trial.note([])
    trial.crash = "ValueError: no"
    assert (trial.outcome, trial.reason) == ("crash", "ValueError: no")


def test_a_finding_weighs_more_than_a_crash() -> None:
    trial = _trial()
    trial.note([FINDING])
    trial.crash = "ValueError: no"
    assert trial.outcome == "fail"


def test_the_first_reason_for_a_skip_counts() -> None:
    trial = _trial()
    trial.note(Skip("first"))
    trial.note(Skip("second"))
    assert trial.reason == "first"


def test_a_rule_that_was_tried_in_part_is_kept_and_says_which_part_was_not() -> None:
    trial = _trial()
    trial.note([])
    trial.note(Skip("1 of 2 cases were tried"))
    assert (trial.outcome, trial.reason) == ("pass", "1 of 2 cases were tried")
