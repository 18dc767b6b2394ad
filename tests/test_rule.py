from __future__ import annotations

from collections.abc import Iterable, Sequence

from mock_alohub.bench import Probe
from mock_alohub.endpoint import Endpoint
from mock_alohub.evidence import Evidence
from mock_alohub.rule import Case, Level, Skip, Stage, Tried, judged, rule
from mock_alohub.subject import Subject
from tests.fakes import AUTO_CALL, CALL_ENDED, SOURCE, case_of, rule_of, subject


async def _nothing(probe: Probe) -> Tried:
    return []


@rule("a-family.a-name", Level.MUST, "A title", source=SOURCE, sends="x", fix="y")
def a_rule(subject: Subject) -> Iterable[Case]:
    """What is demanded.

    And why.
    """
    yield Case(f"about {subject.name}", subject.name, _nothing)


@judged("a-family.a-judge", Level.SHOULD, "A title", source=SOURCE, sends="nothing", fix="y")
def a_judge(evidence: Evidence, subjects: Sequence[Subject], endpoint: Endpoint) -> Tried:
    """What is demanded."""
    return Skip("nothing to judge")


def test_the_docstring_is_the_requirement_on_one_line() -> None:
    assert a_rule.requirement == "What is demanded. And why."


def test_the_family_is_the_first_word_of_the_id() -> None:
    assert a_rule.family == "a-family"


def test_cases_are_made_for_each_webhook() -> None:
    cases = a_rule.cases([subject(CALL_ENDED), subject(AUTO_CALL)])
    assert [case.webhook for case in cases] == [CALL_ENDED, AUTO_CALL]


def test_a_rule_about_the_endpoint_has_cases_for_the_first_webhook_only() -> None:
    once = rule_of("a.b", case_of(_nothing), once=True)
    assert len(list(once.cases([subject(CALL_ENDED), subject(AUTO_CALL)]))) == 1


def test_a_rule_that_sends_something_goes_beside_others() -> None:
    assert a_rule.stage is Stage.TOGETHER


def test_a_rule_that_judges_comes_last() -> None:
    assert a_judge.stage is Stage.JUDGED is max(Stage)


def test_a_rule_that_judges_has_no_cases() -> None:
    assert list(a_judge.cases([subject()])) == []
