from __future__ import annotations

import pytest

from mock_alohub.check.rule import Need, Rule
from mock_alohub.check.rule_page import CASES_SHOWN, case_names, in_markdown, in_terminal, page_of
from mock_alohub.check.rules import BY_ID, RULES

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def plain(text: str, code: str) -> str:
    return text


def shown(rule: Rule, width: int = 80) -> str:
    return "\n".join(in_terminal(rule, width, plain))


def flat(text: str) -> str:
    """`text` without its line breaks."""
    return " ".join(text.split())


@each_rule
def test_a_page_fits_a_terminal_of_80_columns(rule: Rule) -> None:
    assert max(map(len, in_terminal(rule, 80, plain))) <= 80


@each_rule
def test_both_pages_say_what_is_wanted_sent_and_done(rule: Rule) -> None:
    for page in (flat(shown(rule)), in_markdown(rule)):
        assert all(text in page for text in (rule.id, rule.title, rule.requirement, rule.sends, rule.fix))


@each_rule
def test_both_pages_have_the_same_entries(rule: Rule) -> None:
    labels = [entry.label for entry in page_of(rule).entries]
    section = in_markdown(rule)
    lines = shown(rule).splitlines()
    assert [label for label in labels if not any(line.startswith(f"  {label} ") for line in lines)] == []
    assert [label for label in labels[1:] if f"- {label.capitalize()}: " not in section] == []


@each_rule
def test_a_rule_with_cases_names_them_and_any_other_says_why_it_has_none(rule: Rule) -> None:
    said = [entry for entry in page_of(rule).entries if entry.label == "cases"]
    if rule.judge is not None:
        assert said == []
    else:
        assert said[0].names == case_names(rule)[: len(said[0].names)]
        assert said[0].names or said[0].text.endswith(rule.absent)


def test_many_cases_are_counted() -> None:
    rule = max(RULES, key=lambda one: len(case_names(one)))
    (cases,) = [entry for entry in page_of(rule).entries if entry.label == "cases"]
    assert len(cases.names) == CASES_SHOWN - 1
    assert f"and {len(case_names(rule)) - len(cases.names)} more" in shown(rule)


def test_a_rule_that_none_of_the_usual_webhooks_try_has_the_cases_of_others() -> None:
    assert "answered, at its moment ringing" in case_names(BY_ID["ack.local-call"])


def test_what_a_rule_needs_is_said_by_its_option() -> None:
    rule = next(one for one in RULES if Need.EFFECTS in one.needs)
    assert "--effects" in shown(rule)
    assert "--effects" in in_markdown(rule)


def test_a_rule_below_is_named_with_its_title() -> None:
    rule = BY_ID["ack.outcomes-kept"]
    assert "ack.every-outcome (Every outcome is acknowledged)" in flat(shown(rule))


def test_an_assumed_source_is_marked() -> None:
    rule = next(one for one in RULES if one.source.assumed)
    assert "(assumed)" in flat(shown(rule))


def test_a_rule_that_sends_something_can_be_tried_alone() -> None:
    assert shown(BY_ID["ack.steady"]).endswith("mock-alohub check URL --rule ack.steady")


def test_a_rule_that_judges_what_others_saw_cannot_be_tried_alone() -> None:
    assert "--rule" not in shown(BY_ID["ack.exactly-200"])
