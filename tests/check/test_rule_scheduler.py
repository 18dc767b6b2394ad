from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic

import pytest

from mock_alohub.check.evidence import Expect
from mock_alohub.check.expectation import findings_of
from mock_alohub.check.harness import Harness, Probe
from mock_alohub.check.preflight import Preflight
from mock_alohub.check.rule import Finding, Need, Rule, Skip, Stage, Tried
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.rule_scheduler import RuleScheduler
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.transmission import FRESH, ORDINARY
from tests.fakes import (
    AUTO_CALL,
    LATE,
    FakeSender,
    answers,
    case_of,
    counting,
    done,
    exchange,
    failed,
    harness,
    preflight,
    replied,
    rule_of,
    sent_by,
    subject,
)

REFUSED = failed(Cause.REFUSED, "no one listens")
RESET = failed(Cause.RESET, "the endpoint reset the connection")
BROKEN = Finding("a case", "this", "that")


async def _kept(probe: Probe) -> Tried:
    return []


async def _broken(probe: Probe) -> Tried:
    return [BROKEN]


async def _sends(probe: Probe) -> Tried:
    return findings_of(await probe.send(probe.message()))


async def _provokes(probe: Probe) -> Tried:
    return findings_of(await probe.send(probe.message(), expect=Expect.REJECTED))


async def _crashes(probe: Probe) -> Tried:
    raise ZeroDivisionError("division by zero")


class _Run:
    """A course through these rules that is over."""

    def __init__(
        self,
        *rules: Rule,
        before: Harness | None = None,
        through: Preflight | None = None,
        time_limit_s: float | None = None,
        running_for_s: float = 0.0,
    ) -> None:
        self.over: list[str] = []
        self.harness = before or harness()
        self.results = {rule.id: RuleResult(rule) for rule in rules}
        self.scheduler = RuleScheduler(
            self.harness,
            through or preflight(),
            self.results,
            lambda result: self.over.append(result.rule.id),
            time_limit_s,
            monotonic() - running_for_s,
        )
        done(self.scheduler.run())

    def outcome(self, rule_id: str) -> str:
        return self.results[rule_id].outcome

    def reason(self, rule_id: str) -> str:
        return self.results[rule_id].reason


def test_a_rule_whose_cases_find_nothing_is_kept() -> None:
    assert _Run(rule_of("a.kept", case_of(_kept))).outcome("a.kept") == "pass"


def test_a_rule_with_a_finding_is_broken() -> None:
    assert _Run(rule_of("a.broken", case_of(_broken))).outcome("a.broken") == "fail"


def test_every_open_webhook_is_tried() -> None:
    through = preflight(0.001, subject(), subject(AUTO_CALL))
    run = _Run(rule_of("a.sends", case_of(_sends)), through=through)
    assert [one.webhook for one in run.harness.evidence] == ["alohub.call-ended", AUTO_CALL]


def test_a_rule_about_the_endpoint_is_tried_with_one_webhook() -> None:
    through = preflight(0.001, subject(), subject(AUTO_CALL))
    run = _Run(rule_of("a.sends", case_of(_sends), once=True), through=through)
    assert len(run.harness.evidence) == 1


def test_a_rule_without_cases_says_why() -> None:
    assert _Run(rule_of("a.none", absent="nothing to try")).reason("a.none") == "nothing to try"


def test_each_rule_that_is_over_is_told() -> None:
    run = _Run(rule_of("a.one", case_of(_kept)), rule_of("a.two", case_of(_crashes)), rule_of("a.three"))
    assert sorted(run.over) == ["a.one", "a.three", "a.two"]


def test_stages_follow_each_other() -> None:
    stages = [Stage.LAST, Stage.ROUGH, Stage.TOGETHER, Stage.ALONE]
    run = _Run(*(rule_of(f"a.{stage.name}", case_of(_kept), stage=stage) for stage in stages))
    assert run.over == ["a.TOGETHER", "a.ALONE", "a.ROUGH", "a.LAST"]


def test_the_first_stage_was_tried_at_the_preflight() -> None:
    run = _Run(rule_of("a.first", case_of(_broken), stage=Stage.FIRST))
    assert (run.over, run.outcome("a.first")) == ([], "skip")


def test_rules_of_one_stage_are_tried_side_by_side() -> None:
    sender = FakeSender(takes_s=0.1)
    rules = [rule_of(f"a.{number}", case_of(_sends)) for number in range(3)]
    _Run(*rules, before=harness(sender, limit=asyncio.Semaphore(8)))
    assert sender.most_under_way == 3


def test_later_stages_are_tried_one_after_the_other() -> None:
    sender = FakeSender(takes_s=0.1)
    rules = [rule_of(f"a.{number}", case_of(_sends), stage=Stage.ROUGH) for number in range(3)]
    _Run(*rules, before=harness(sender, limit=asyncio.Semaphore(8)))
    assert sender.most_under_way == 1


def test_a_rule_that_crashes_says_how() -> None:
    run = _Run(rule_of("a.crash", case_of(_crashes)))
    assert (run.outcome("a.crash"), run.reason("a.crash")) == ("crash", "ZeroDivisionError: division by zero")


def test_a_rule_that_crashes_does_not_harm_the_others() -> None:
    run = _Run(rule_of("a.crash", case_of(_crashes)), rule_of("a.kept", case_of(_kept)))
    assert run.outcome("a.kept") == "pass"


def test_a_mistake_of_the_user_ends_the_run() -> None:
    async def mistaken(probe: Probe) -> Tried:
        raise BadOption("no")

    with pytest.raises(BadOption):
        _Run(rule_of("a.mistake", case_of(mistaken)))


def test_a_rule_that_builds_on_a_broken_one_is_skipped() -> None:
    run = _Run(rule_of("a.base", case_of(_broken)), rule_of("a.top", case_of(_kept), builds_on=("a.base",)))
    assert (run.outcome("a.top"), run.reason("a.top")) == ("skip", "builds on a.base, which is broken")


def test_a_rule_waits_for_what_it_builds_on() -> None:
    run = _Run(rule_of("a.top", case_of(_kept), builds_on=("a.base",)), rule_of("a.base", case_of(_broken)))
    assert run.outcome("a.top") == "skip"


def test_a_rule_that_builds_on_a_kept_one_is_tried() -> None:
    run = _Run(rule_of("a.base", case_of(_kept)), rule_of("a.top", case_of(_kept), builds_on=("a.base",)))
    assert run.outcome("a.top") == "pass"


def test_a_rule_that_builds_on_one_that_is_switched_off_is_tried() -> None:
    assert _Run(rule_of("a.top", case_of(_kept), builds_on=("a.base",))).outcome("a.top") == "pass"


def test_a_rule_that_builds_on_a_crashed_one_is_tried() -> None:
    run = _Run(rule_of("a.base", case_of(_crashes)), rule_of("a.top", case_of(_kept), builds_on=("a.base",)))
    assert run.outcome("a.top") == "pass"


def test_behind_a_closed_gate_nothing_is_tried() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), through=Preflight(closed={"a": "the first call was refused"}))
    assert (run.reason("a.sends"), len(run.harness.evidence)) == ("the first call was refused", 0)


@pytest.mark.parametrize(
    ("need", "there"),
    [
        (Need.KEY, {"key": None}),
        (Need.EFFECTS, {}),
        (Need.HTTPS, {}),
    ],
)
def test_a_rule_without_what_it_needs_is_skipped(need: Need, there: dict[str, None]) -> None:
    run = _Run(rule_of("a.needy", case_of(_broken), needs=(need,)), before=harness(**there))  # type: ignore[arg-type]
    assert (run.outcome("a.needy"), run.reason("a.needy")) == ("skip", need.value)


def test_no_key_is_asked_for_where_no_webhook_carries_one() -> None:
    open_door = under_test(replace(subject().webhook, key_header=None))
    rule = rule_of("a.needy", case_of(_broken), needs=(Need.KEY,))
    run = _Run(rule, before=harness(key=None), through=Preflight(open=[open_door]))
    assert run.reason("a.needy") == "the webhook carries no key"


def test_a_rule_with_all_it_needs_is_tried() -> None:
    one = harness(url="https://partner.example/", effects=counting())
    assert _Run(rule_of("a.needy", case_of(_kept), needs=tuple(Need)), before=one).outcome("a.needy") == "pass"


def _late_cases(count: int) -> Rule:
    return rule_of("a.late", *(case_of(_sends, f"case {number}") for number in range(count)), stage=Stage.ROUGH)


def test_a_rule_whose_cases_hang_is_stopped() -> None:
    run = _Run(_late_cases(10), before=harness(answers(LATE)))
    assert len(run.harness.evidence.meant_to_be_taken()) == 3
    assert run.reason("a.late") == "3 of 10 cases were tried: the last ones were not answered in time"


def test_another_rule_is_tried_all_the_same() -> None:
    run = _Run(_late_cases(10), rule_of("a.next", case_of(_sends), stage=Stage.ROUGH), before=harness(answers(LATE)))
    assert run.results["a.next"].tried == 1


def test_calls_that_are_late_together_stop_no_rule() -> None:
    one = harness()
    for _ in range(5):
        one.evidence.add(exchange(LATE, rule="a.late", at_once=5))
    run = _Run(_late_cases(2), before=one)
    assert run.results["a.late"].tried == 2


def test_a_healthy_run_has_ten_minutes() -> None:
    run = _Run(rule_of("a.kept", case_of(_kept)), running_for_s=350)
    assert run.outcome("a.kept") == "pass"


def test_after_ten_minutes_the_rest_is_not_tried() -> None:
    run = _Run(rule_of("a.kept", case_of(_kept)), running_for_s=601)
    assert run.reason("a.kept") == "there was no time left of 600 s (--time-limit)"


def test_a_slow_endpoint_has_thirty_seconds() -> None:
    run = _Run(rule_of("a.kept", case_of(_kept)), through=preflight(1.1), running_for_s=51)
    assert run.reason("a.kept") == "there was no time left of 30 s (--time-limit)"


def test_slow_is_what_takes_more_than_a_fifth_of_its_deadline() -> None:
    hurried = preflight(0.3, subject(deadline="1s"))
    assert _Run(rule_of("a.kept", case_of(_kept)), through=hurried, running_for_s=51).outcome("a.kept") == "skip"


def test_an_endpoint_that_grows_slow_has_thirty_seconds() -> None:
    one = harness()
    for _ in range(3):
        one.evidence.add(exchange(LATE, rule="another"))
    assert _Run(rule_of("a.kept", case_of(_kept)), before=one, running_for_s=51).outcome("a.kept") == "skip"


def test_the_time_can_be_limited() -> None:
    run = _Run(rule_of("a.kept", case_of(_kept)), time_limit_s=7, running_for_s=8)
    assert run.reason("a.kept") == "there was no time left of 7 s (--time-limit)"


def test_the_last_call_is_sent_however_late_it_is() -> None:
    run = _Run(rule_of("a.last", case_of(_sends), stage=Stage.LAST), time_limit_s=7, running_for_s=8)
    assert run.outcome("a.last") == "pass"


def test_the_death_of_the_endpoint_is_told_of_the_rule_that_brought_it() -> None:
    run = _Run(
        rule_of("a.killer", case_of(_provokes, "the blow"), stage=Stage.ROUGH), before=harness(answers(RESET, REFUSED))
    )
    assert [one.got for one in run.results["a.killer"].findings][-1] == "the endpoint no longer accepts connections"


def test_the_death_of_the_endpoint_shows_the_last_call_that_it_got() -> None:
    run = _Run(rule_of("a.killer", case_of(_provokes), stage=Stage.ROUGH), before=harness(answers(RESET, REFUSED)))
    blow, *asked = run.harness.evidence.exchanges
    assert {one.attempt.cause for one in asked} == {REFUSED.cause}
    assert run.results["a.killer"].findings[-1].exchange is blow


def test_after_the_death_of_the_endpoint_the_others_say_during_what_it_died() -> None:
    rules = [rule_of(one, case_of(_provokes, "the blow"), stage=Stage.ROUGH) for one in ("a.killer", "a.next")]
    run = _Run(*rules, before=harness(answers(RESET, REFUSED)))
    assert run.reason("a.next") == "the endpoint stopped accepting connections during a.killer (the blow)"


def test_a_dead_endpoint_is_still_asked_whether_it_lives() -> None:
    rules = [
        rule_of("a.killer", case_of(_provokes), stage=Stage.ROUGH),
        rule_of("a.last", case_of(_sends), stage=Stage.LAST),
    ]
    assert _Run(*rules, before=harness(answers(RESET, REFUSED))).outcome("a.last") == "fail"


def test_an_endpoint_that_restarts_within_a_second_lives() -> None:
    revives = answers(RESET, REFUSED, REFUSED, replied(400))
    run = _Run(rule_of("a.rough", case_of(_provokes), stage=Stage.ROUGH), before=harness(revives))
    assert run.scheduler.died == ""


def test_an_endpoint_that_answers_is_not_asked_whether_it_lives() -> None:
    run = _Run(rule_of("a.rough", case_of(_provokes), stage=Stage.ROUGH), before=harness(answers(replied(500))))
    assert len(run.harness.evidence) == 1


STEADY = rule_of("ack.steady", case_of(_kept))


def test_a_call_that_is_dropped_once_is_a_finding_of_steadiness() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), STEADY, before=harness(answers(replied(503), replied(200))))
    assert (run.outcome("a.sends"), run.outcome("ack.steady")) == ("pass", "fail")


def test_the_finding_of_unsteadiness_says_where_it_was_seen() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), STEADY, before=harness(answers(replied(503), replied(200))))
    (finding,) = run.results["ack.steady"].findings
    assert finding.case == "a.sends: a case"
    assert finding.got == "503 after 1 ms; the like was acknowledged when it was sent again"


def test_a_call_that_is_dropped_twice_is_a_finding_of_its_rule() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), STEADY, before=harness(answers(replied(503))))
    assert (run.outcome("a.sends"), run.outcome("ack.steady")) == ("fail", "pass")


def test_a_call_that_is_dropped_twice_is_told_once() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), STEADY, before=harness(answers(replied(503))))
    assert len(run.results["a.sends"].findings) == 1


def test_without_the_rule_of_steadiness_nothing_is_sent_again() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), before=harness(answers(replied(503), replied(200))))
    assert run.outcome("a.sends") == "fail"


def test_what_was_taken_and_should_not_have_been_is_not_sent_again() -> None:
    run = _Run(rule_of("a.rough", case_of(_provokes)), STEADY, before=harness(answers(replied(200), replied(400))))
    assert run.outcome("a.rough") == "fail"


def test_copies_sent_alone_are_not_sent_again() -> None:
    rules = [rule_of("a.alone", case_of(_sends), stage=Stage.ALONE), STEADY]
    assert _Run(*rules, before=harness(answers(replied(503), replied(200)))).outcome("a.alone") == "fail"


def test_a_case_that_cannot_be_tried_again_is_a_finding() -> None:
    tries = 0

    async def once(probe: Probe) -> Tried:
        nonlocal tries
        tries += 1
        return await _sends(probe) if tries == 1 else Skip("no more")

    run = _Run(rule_of("a.once", case_of(once)), STEADY, before=harness(answers(replied(503), replied(200))))
    assert run.outcome("a.once") == "fail"


TOO_MANY = replied(429)


def _rough_run(*attempts: Attempt, steady: Rule = STEADY) -> _Run:
    """A course through one rule that sends an ordinary call, and the rule of steadiness."""
    return _Run(rule_of("a.sends", case_of(_sends)), steady, before=harness(answers(*attempts)))


def test_an_endpoint_that_wants_fewer_requests_is_given_a_pause() -> None:
    run = _rough_run(TOO_MANY, replied(200))
    assert (run.outcome("a.sends"), run.outcome("ack.steady")) == ("pass", "fail")


def test_an_endpoint_that_goes_on_wanting_fewer_requests_leaves_the_rule_untried() -> None:
    run = _rough_run(TOO_MANY)
    assert (run.outcome("a.sends"), run.reason("a.sends")) == ("skip", "the endpoint wants fewer requests (429)")


def test_an_endpoint_that_wants_fewer_requests_reads_as_one_fault() -> None:
    rules = [rule_of(f"a.{number}", case_of(_sends)) for number in range(5)]
    run = _Run(*rules, STEADY, before=harness(answers(TOO_MANY)))
    assert len(run.results["ack.steady"].findings) == 1


def test_an_endpoint_that_goes_on_wanting_fewer_requests_is_not_waited_for_every_time() -> None:
    rules = [rule_of(f"a.{number}", case_of(_sends), stage=Stage.ROUGH) for number in range(9)]
    assert _Run(*rules, STEADY, before=harness(answers(TOO_MANY))).scheduler.waited_in_vain == 9


def test_the_last_call_is_sent_again_only_where_fewer_requests_are_wanted() -> None:
    last = rule_of("a.last", case_of(_sends), stage=Stage.LAST)
    outcomes = [
        _Run(last, STEADY, before=harness(answers(first, replied(200)))).outcome("a.last")
        for first in (TOO_MANY, replied(503))
    ]
    assert outcomes == ["pass", "fail"]


def test_a_rejection_that_was_dropped_once_is_a_finding_of_steadiness() -> None:
    rough = rule_of("a.rough", case_of(_provokes), stage=Stage.ROUGH)
    run = _Run(rough, STEADY, before=harness(answers(RESET, replied(400))))
    assert (run.outcome("a.rough"), run.outcome("ack.steady")) == ("pass", "fail")


def test_a_finding_without_an_exchange_is_not_tried_again() -> None:
    assert _Run(rule_of("a.broken", case_of(_broken)), STEADY).outcome("a.broken") == "fail"


def test_an_endpoint_that_was_late_may_breathe() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), before=harness(answers(LATE, replied(200))))
    assert [one.expect for one in run.harness.evidence] == [Expect.TAKEN, Expect.NOTHING]


async def _runs_out_of_time(probe: Probe) -> Tried:
    probe.harness.ends_at = 0.0
    return await _sends(probe)


async def _resets_and_runs_out_of_time(probe: Probe) -> Tried:
    found = await _sends(probe)
    probe.harness.ends_at = 0.0
    return found


def test_a_case_in_which_the_time_runs_out_was_not_tried() -> None:
    run = _Run(rule_of("a.long", case_of(_runs_out_of_time)))
    assert (run.outcome("a.long"), run.reason("a.long")) == ("skip", "there was no time left of 600 s (--time-limit)")


def test_where_no_time_is_left_to_see_whether_the_endpoint_lives_nothing_crashes() -> None:
    run = _Run(rule_of("a.long", case_of(_resets_and_runs_out_of_time)), before=harness(answers(RESET)))
    assert (run.outcome("a.long"), run.results["a.long"].crash) == ("fail", "")


def test_a_second_chance_has_a_connection_of_its_own() -> None:
    run = _Run(rule_of("a.sends", case_of(_sends)), STEADY, before=harness(answers(replied(503), replied(200))))
    assert [one.wire for one in sent_by(run.harness)] == [ORDINARY, FRESH]
