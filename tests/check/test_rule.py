from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mock_alohub.check.evidence import Evidence
from mock_alohub.check.harness import Probe
from mock_alohub.check.rule import Case, Level, Rule, Skip, Source, Stage, Topic, Tried, judged, rule
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.messages.endpoint import Endpoint
from tests.fakes import AUTO_CALL, CALL_ENDED, SOURCE, case_of, rule_of, subject


async def _nothing(probe: Probe) -> Tried:
    return []


@rule("a-family.a-name", Level.MUST, "A title", source=SOURCE, sends="x", fix="y")
def a_rule(subject: WebhookUnderTest) -> Iterable[Case]:
    """What is demanded.

    And why.
    """
    yield Case(f"about {subject.name}", subject.name, _nothing)


@judged("a-family.a-judge", Level.SHOULD, "A title", source=SOURCE, sends="nothing", fix="y")
def a_judge(evidence: Evidence, subjects: Sequence[WebhookUnderTest], endpoint: Endpoint) -> Tried:
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


IDEMPOTENCY = Topic("idempotency", "what comes more than once")
DOCUMENTED = subject().webhook
SILENT = replace(DOCUMENTED, name="other.hook", documents={})
ASSUMED = replace(DOCUMENTED, delivery={**DOCUMENTED.delivery, "assumed": {"deadline": "nobody says"}})


def about(origin: Source | Topic = IDEMPOTENCY, **facts: object) -> Rule:
    return replace(rule_of("a.rule"), level=Level.MUST, origin=origin, **facts)  # type: ignore[arg-type]


def test_a_topic_is_found_in_the_documents_of_the_webhooks_provider() -> None:
    assert about().source_for(DOCUMENTED) == Source("Alohub, Call event webhook", "Idempotency")
    assert about().level_for(DOCUMENTED) is Level.MUST


def test_what_the_provider_does_not_document_is_assumed_and_no_must() -> None:
    assert about().source_for(SILENT) == Source("Not documented", "what comes more than once", assumed=True)
    assert about().level_for(SILENT) is Level.SHOULD


def test_what_rests_on_an_assumed_promise_is_assumed_and_no_must() -> None:
    assert about(rests_on="deadline").level_for(ASSUMED) is Level.SHOULD
    assert about(rests_on="deadline").source_for(ASSUMED).assumed
    assert about(rests_on="retries").level_for(ASSUMED) is Level.MUST


def test_good_practice_is_the_same_for_everyone() -> None:
    practice = Source("Good practice", "of somebody", assumed=True)
    assert about(practice).source_for(DOCUMENTED) == about(practice).source_for(SILENT) == practice


def test_for_several_webhooks_the_one_that_it_binds_most_counts() -> None:
    one = about().as_for([SILENT, DOCUMENTED])
    assert (one.level, one.source_for(SILENT)) == (Level.MUST, Source("Alohub, Call event webhook", "Idempotency"))


async def _never(probe: Probe) -> Tried:
    raise AssertionError


def test_a_rule_that_rewrites_bodies_has_no_cases_where_there_are_none() -> None:
    got = replace(subject(), webhook=replace(DOCUMENTED, method="GET"))
    rewriting = replace(rule_of("a.rule", case_of(_never)), rewrites_body=True)
    assert list(rewriting.cases([got])) == []
    assert len(list(rewriting.cases([subject()]))) == 1
    assert rewriting.why_absent([got]) == "the webhook is sent without a body"
