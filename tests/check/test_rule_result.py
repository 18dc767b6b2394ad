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
    result = _trial()
    result.note([])
    assert result.outcome == "pass"


def test_a_finding_breaks_a_rule() -> None:
    result = _trial()
    result.note([FINDING])
    result.note([])
    assert result.outcome == "fail"


def test_a_crash_keeps_a_rule_from_being_kept() -> None:
    result = _trial()
    result.note([])
    result.crash = "ValueError: no"
    assert (result.outcome, result.reason) == ("crash", "ValueError: no")


def test_a_finding_weighs_more_than_a_crash() -> None:
    result = _trial()
    result.note([FINDING])
    result.crash = "ValueError: no"
    assert result.outcome == "fail"


def test_the_first_reason_for_a_skip_counts() -> None:
    result = _trial()
    result.note(Skip("first"))
    result.note(Skip("second"))
    assert result.reason == "first"


def test_a_rule_that_was_tried_in_part_is_kept_and_says_which_part_was_not() -> None:
    result = _trial()
    result.note([])
    result.note(Skip("1 of 2 cases were tried"))
    assert (result.outcome, result.reason) == ("pass", "1 of 2 cases were tried")
