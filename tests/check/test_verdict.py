from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from mock_alohub.check.evidence import Evidence, Exchange, Expect
from mock_alohub.check.rule import Finding, Level, Rule, Stage
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.verdict import RunData, exit_code, record_of
from mock_alohub.errors import ExitCode
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.credential import another
from mock_alohub.reports.record import Record, read_record
from tests.fakes import AUTO_CALL, KEY, LATE, STARTED_AT, endpoint, exchange, failed, replied, rule_of, subject

MUST, SHOULD = Level.MUST, Level.SHOULD


def _trial(rule: Rule, *findings: Finding, tried: int = 1, crash: str = "", untried: str = "") -> RuleResult:
    return RuleResult(rule, list(findings), tried, untried, crash)


def _broken(rule_id: str, level: Level = MUST, **more: Any) -> RuleResult:
    return _trial(rule_of(rule_id, level=level, **more), Finding("a case", "this", "that"))


KEPT = _trial(rule_of("a.kept"))
CRASHED = _trial(rule_of("a.crashed"), crash="ValueError: no")
SKIPPED = _trial(rule_of("a.skipped"), tried=0, untried="not today")


def _record(
    *results: RuleResult, exchanges: Sequence[Exchange] = (), key: str | None = KEY, url: str = "", **more: Any
) -> Record:
    there = endpoint(url, key) if url else endpoint(key=key)
    run_data = RunData(
        there,
        [subject(), subject(AUTO_CALL)],
        7,
        more.pop("strict", False),
        datetime.fromtimestamp(STARTED_AT, UTC),
        1.5,
        results,
        Evidence(list(exchanges)),
        **more,
    )
    return record_of(run_data)


def _of_exchange(probe: Exchange, **more: Any) -> Record:
    """The record in which `probe` is a finding."""
    finding = Finding(probe.case, more.pop("got", "this"), "that", exchange=probe)
    return _record(_trial(rule_of(probe.rule), finding), exchanges=[probe], **more)


@pytest.mark.parametrize(
    ("results", "word"),
    [
        ([KEPT], "pass"),
        ([SKIPPED], "pass"),
        ([KEPT, _broken("a.b")], "fail"),
        ([KEPT, _broken("a.b", SHOULD)], "pass"),
        ([KEPT, CRASHED], "pass"),
    ],
    ids=["kept", "skipped", "MUST broken", "SHOULD broken", "crashed"],
)
def test_the_verdict_goes_by_the_musts(results: list[RuleResult], word: str) -> None:
    assert _record(*results)["verdict"] == word


def test_a_strict_verdict_goes_by_the_shoulds_too() -> None:
    assert _record(_broken("a.b", SHOULD), strict=True)["verdict"] == "fail"


@pytest.mark.parametrize("ending", ["unreachable", "interrupted"])
def test_a_run_that_did_not_come_to_its_end_says_how_it_ended(ending: str) -> None:
    record = _record(_broken("a.b"), ending=ending, ending_reason="so it was")
    assert (record["verdict"], record["reason"]) == (ending, "so it was")


@pytest.mark.parametrize(
    ("results", "more", "code"),
    [
        ([KEPT], {}, ExitCode.KEPT),
        ([_broken("a.b")], {}, ExitCode.BROKEN),
        ([KEPT], {"ending": "unreachable"}, ExitCode.UNREACHABLE),
        ([KEPT], {"ending": "interrupted"}, ExitCode.INTERRUPTED),
        ([CRASHED], {}, ExitCode.INTERNAL),
        ([CRASHED, _broken("a.b")], {}, ExitCode.BROKEN),
    ],
    ids=["kept", "broken", "unreachable", "interrupted", "crashed", "crashed and broken"],
)
def test_the_exit_code_says_the_verdict(results: list[RuleResult], more: dict[str, Any], code: ExitCode) -> None:
    assert exit_code(_record(*results, **more)) is code


def test_a_broken_rule_is_told_in_words_and_by_id() -> None:
    assert _record(_broken("a.b"))["reason"] == "does not hold: the title of a.b (a.b)"


@pytest.mark.parametrize(("count", "words"), [(2, "and 1 more rule"), (3, "and 2 more rules")])
def test_further_broken_rules_are_counted(count: int, words: str) -> None:
    record = _record(*(_broken(f"a.{number}") for number in range(count)))
    assert record["reason"] == f"does not hold: the title of a.0 (a.0), {words}"


def test_a_must_weighs_more_than_a_should() -> None:
    record = _record(_broken("a.should", SHOULD), _broken("a.must"), strict=True)
    assert record["reason"].startswith("does not hold: the title of a.must")


def test_the_ordinary_call_weighs_most() -> None:
    record = _record(_broken("a.must"), _broken("a.first", stage=Stage.FIRST))
    assert record["reason"].startswith("does not hold: the title of a.first")


def test_what_others_build_on_weighs_more() -> None:
    top = _trial(rule_of("a.top", builds_on=("a.base",)), tried=0)
    record = _record(_broken("a.other"), _broken("a.base"), top)
    assert record["reason"].startswith("does not hold: the title of a.base")


def test_a_should_is_no_reason_where_it_does_not_count() -> None:
    assert "(a.should)" not in _record(_broken("a.should", SHOULD), _broken("a.must"))["reason"]


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([KEPT], "every rule that could be tried is kept"),
        ([SKIPPED], "no rule could be tried"),
        ([KEPT, CRASHED], "no broken rule was seen, but some rules crashed: that is a defect of mock-alohub"),
        ([_broken("a.b", SHOULD)], "every MUST rule that could be tried is kept; one SHOULD rule is not"),
        (
            [_broken("a.b", SHOULD), _broken("a.c", SHOULD)],
            "every MUST rule that could be tried is kept; 2 SHOULD rules are not",
        ),
    ],
)
def test_a_kept_contract_is_told_in_a_sentence(results: list[RuleResult], reason: str) -> None:
    assert _record(*results)["reason"] == reason


def test_a_webhook_of_which_not_one_call_was_taken_keeps_no_contract() -> None:
    refused = [exchange(replied(401)), exchange(replied(503)), exchange(webhook=AUTO_CALL)]
    record = _record(KEPT, _broken("a.b", SHOULD), exchanges=refused)
    assert (record["verdict"], record["reason"]) == ("fail", "not one call of alohub.call-ended was taken")


def test_a_webhook_of_which_some_calls_were_taken_is_judged_by_its_rules() -> None:
    record = _record(KEPT, _broken("a.b", SHOULD), exchanges=[exchange(replied(401)), exchange()])
    assert record["verdict"] == "pass"


def test_a_stranger_who_was_refused_is_no_call_that_was_not_taken() -> None:
    assert _record(KEPT, exchanges=[exchange(replied(401), expect=Expect.REFUSED)])["verdict"] == "pass"


def test_rules_are_counted_by_outcome() -> None:
    counts = _record(KEPT, SKIPPED, CRASHED, _broken("a.b"), _broken("a.c", SHOULD), exchanges=[exchange()])["counts"]
    assert counts == {
        "must_failed": 1,
        "should_failed": 1,
        "passed": 1,
        "skipped": 1,
        "crashed": 1,
        "requests": 1,
    }


def test_a_record_has_the_published_shape() -> None:
    probes = [exchange(), exchange(LATE), exchange(replied(500, b"\xff", headers=(("A", "b"),)))]
    findings = [Finding("a case", "this", "that", exchange=probe) for probe in probes]
    record = _record(_trial(rule_of("a.b"), *findings, Finding("the URL", "x", "y")), CRASHED, exchanges=probes)
    assert read_record(orjson.dumps(record)) == orjson.loads(orjson.dumps(record))


def test_the_contract_that_was_applied_is_told() -> None:
    contract = _record(KEPT)["contract"]
    assert (contract["deadline_ms"], contract["acknowledged_by"]) == (5000, [200])


def test_what_was_assumed_of_the_contract_is_told_by_webhook() -> None:
    assert "alohub.call-ended: retries" in _record(KEPT)["contract"]["assumed"]


def test_times_are_told_in_exact_percentiles() -> None:
    probes = [exchange(replied(200, elapsed_s=number / 1000)) for number in range(1, 101)]
    assert _record(KEPT, exchanges=probes)["latency_ms"] == {"p50": 50, "p95": 95, "p99": 99, "max": 100}


def test_times_are_those_of_acknowledged_calls() -> None:
    probes = [exchange(replied(200, elapsed_s=0.001)), exchange(LATE), exchange(replied(400), expect=Expect.REJECTED)]
    assert _record(KEPT, exchanges=probes)["latency_ms"]["max"] == 1


def test_without_an_acknowledged_call_there_are_no_times() -> None:
    assert set(_record(KEPT)["latency_ms"].values()) == {None}


def test_samples_are_dated_from_the_beginning() -> None:
    (sample,) = _record(KEPT, exchanges=[exchange()])["samples"]
    assert sample["at_ms"] == 30_000


def test_a_bounded_number_of_samples_is_kept() -> None:
    assert len(_record(KEPT, exchanges=[exchange()] * 2001)["samples"]) == 2000


def test_a_rule_says_what_it_took() -> None:
    probes = [exchange(replied(200, elapsed_s=0.02), rule="a.kept"), exchange(rule="a.kept"), exchange(LATE)]
    (rule,) = _record(KEPT, exchanges=probes)["rules"]
    assert (rule["requests"], rule["slowest_ms"]) == (2, 20)


def test_a_rule_that_sent_nothing_took_no_time() -> None:
    assert _record(SKIPPED)["rules"][0]["slowest_ms"] is None


def test_a_finding_without_a_hint_has_the_rules_own() -> None:
    assert _record(_broken("a.b"))["rules"][0]["findings"][0]["hint"] == "mend it"


def test_a_finding_without_an_exchange_has_nothing_to_send_again() -> None:
    finding = _record(_broken("a.b"))["rules"][0]["findings"][0]
    assert (finding["webhook"], finding["reproduce"], finding["sent"], finding["received"]) == ("", "", None, None)


def _finding(record: Record) -> Any:
    return record["rules"][0]["findings"][0]


def test_a_finding_says_what_was_sent() -> None:
    probe = exchange(replied(500), body="ọ".encode() * 3000)
    sent = _finding(_of_exchange(probe))["sent"]
    assert (sent["method"], sent["url"], sent["body_size"]) == ("POST", "http://127.0.0.1:8000/hooks", 9000)


def test_a_body_is_cut_between_characters() -> None:
    probe = exchange(replied(500), body="ọ".encode() * 3000)
    assert _finding(_of_exchange(probe))["sent"]["body"] == "ọ" * 1365


def test_a_finding_says_what_came_back() -> None:
    received = _finding(_of_exchange(exchange(replied(500, b"broken", elapsed_s=0.0123))))["received"]
    assert (received["status"], received["body"], received["cause"]) == (500, "broken", None)
    assert received["elapsed_ms"] == 12.3


def test_a_finding_says_why_nothing_came_back() -> None:
    received = _finding(_of_exchange(exchange(failed(Cause.RESET, "the endpoint closed the connection"))))["received"]
    assert received == {
        "status": None,
        "headers": [],
        "body": "",
        "body_size": 0,
        "cause": "reset",
        "detail": "the endpoint closed the connection",
        "elapsed_ms": 1.0,
    }


def test_bytes_that_are_no_text_are_shown_escaped() -> None:
    assert _finding(_of_exchange(exchange(replied(500, b"a\xffb"))))["received"]["body"] == "a\\xffb"


def test_the_key_header_says_which_key_it_was() -> None:
    headers = dict(_finding(_of_exchange(exchange(replied(500))))["sent"]["headers"])
    assert headers["Authorization"] == "(the agreed key)"


def test_a_lie_about_the_key_is_named() -> None:
    headers = dict(_finding(_of_exchange(exchange(replied(200), credential=another(KEY))))["sent"]["headers"])
    assert headers["Authorization"] == "(another key of the same length)"


def _everywhere(text: str) -> Attempt:
    """An answer that repeats `text` wherever an answer can."""
    return replied(500, f'{{"got": "{text}"}}'.encode(), headers=(("X-Got", text), ("Set-Cookie", f"a={text}; Path=/")))


ECHOES = {
    "as it is": KEY,
    "in changed case": KEY.swapcase(),
    "without its end": KEY[:-1],
    "the other key": another(KEY).value or "",
}


@pytest.mark.parametrize("text", ECHOES.values(), ids=ECHOES)
def test_a_key_that_comes_back_is_not_in_the_record(text: str) -> None:
    record = _of_exchange(exchange(_everywhere(text)), got=f"it said {text}")
    assert text not in orjson.dumps(record).decode()


@pytest.mark.parametrize("visible", range(1, len(KEY)))
def test_a_key_across_the_cut_is_not_in_the_record(visible: int) -> None:
    body = b"." * (4096 - visible) + KEY.encode() + b"." * 100
    assert KEY[:visible] not in _finding(_of_exchange(exchange(replied(500, body))))["received"]["body"][-30:]


def test_a_key_in_the_words_of_a_failure_is_not_in_the_record() -> None:
    assert KEY not in str(_of_exchange(exchange(failed(Cause.PROTOCOL, f"not HTTP: {KEY}"))))


def test_a_key_in_a_reason_is_not_in_the_record() -> None:
    crashed = _trial(rule_of("a.b"), crash=f"ValueError: {KEY}")
    assert KEY not in str(_record(crashed, ending="unreachable", ending_reason=f"no {KEY}"))


def test_a_key_in_the_url_is_not_in_the_record() -> None:
    url = f"http://127.0.0.1/hooks/{KEY}?token={KEY}"
    assert KEY not in str(_of_exchange(exchange(replied(500), url=url), url=url))


def test_a_record_says_whether_a_key_was_used() -> None:
    assert [_record(KEPT, key=key)["target"]["key"] for key in (KEY, None)] == ["masked", "none"]


def test_notes_are_kept() -> None:
    assert _record(KEPT, notes=["switched off"])["notes"] == ["switched off"]
