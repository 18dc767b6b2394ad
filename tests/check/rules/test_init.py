from __future__ import annotations

import pytest

from mock_alohub import bundle
from mock_alohub.check.rule import Rule, Stage
from mock_alohub.check.rules import BY_ID, FAMILIES, RULES, named
from mock_alohub.errors import UnknownName
from tests.fakes import AUTO_CALL, CALL_ENDED, Partner, subject, trying

ruled = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(RULES)


def test_rules_stand_by_their_families() -> None:
    families = [rule.family for rule in RULES]
    assert families == sorted(families, key=FAMILIES.index)


@ruled
def test_a_rule_says_what_it_wants_and_what_to_do(rule: Rule) -> None:
    assert all((rule.title, rule.requirement, rule.sends, rule.fix, rule.source.document, rule.source.section))


@ruled
def test_a_requirement_is_a_sentence(rule: Rule) -> None:
    assert rule.requirement.endswith(".")


@ruled
def test_a_rule_sends_or_judges(rule: Rule) -> None:
    makes = [make for make in (rule.make_cases, rule.make_joint_cases) if make is not None]
    assert len(makes) == (rule.stage is not Stage.JUDGED)
    assert (rule.judge is None) is (rule.stage is not Stage.JUDGED)


@ruled
def test_a_rule_builds_on_rules_that_are_over_before_it(rule: Rule) -> None:
    assert all(BY_ID[base].stage <= rule.stage for base in rule.builds_on)


@ruled
def test_no_rule_builds_on_itself_by_a_detour(rule: Rule) -> None:
    assert rule.id not in _foundations(rule)


def _foundations(rule: Rule) -> set[str]:
    return {name for base in rule.builds_on for name in (base, *_foundations(BY_ID[base]))}


@ruled
def test_cases_of_a_rule_have_names_of_their_own(rule: Rule) -> None:
    names = [(case.webhook, case.name) for case in rule.cases([subject(CALL_ENDED), subject(AUTO_CALL)])]
    assert len(set(names)) == len(names)


@ruled
def test_a_rule_without_cases_for_a_webhook_says_why(rule: Rule) -> None:
    assert rule.absent or rule.judge or list(rule.cases([subject(CALL_ENDED)]))


@pytest.mark.parametrize("webhook", [CALL_ENDED, AUTO_CALL])
@pytest.mark.parametrize("rule", [one for one in RULES if not one.needs and not one.judge], ids=lambda rule: rule.id)
def test_a_rule_finds_nothing_in_a_correct_endpoint(rule: Rule, webhook: str) -> None:
    assert trying(rule.id, Partner(), webhook=webhook).findings == []


@ruled
def test_the_same_cases_come_every_time(rule: Rule) -> None:
    subjects = [subject(CALL_ENDED), subject(AUTO_CALL)]
    assert [case.name for case in rule.cases(subjects)] == [case.name for case in rule.cases(subjects)]


def test_a_family_stands_for_its_rules() -> None:
    assert named(["deadline"]) == {"deadline.within-5s", "deadline.burst", "deadline.headroom"}


def test_ids_and_families_mix() -> None:
    assert named(["http.tls", "deadline"]) == {"http.tls", *named(["deadline"])}


def test_no_name_stands_for_no_rule() -> None:
    assert named([]) == frozenset()


def test_an_unknown_rule_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"did you mean `ack\.steady`"):
        named(["ack.stedy"])


def test_the_readme_says_how_many_there_are() -> None:
    readme = (bundle.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n{len(RULES)} rules in eight families." in readme
