from __future__ import annotations

from typing import Any

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub import bundle
from mock_alohub.errors import ExitCode
from mock_alohub.load.capacity import Answer, StepResult
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import json
from mock_alohub.load.result import WorkerShare
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.load.verdict import RunData, exit_code, judge
from mock_alohub.messages.endpoint import Endpoint, parse_url
from tests.load.stories import KEY, plan, run_counts, run_data

REFUSED = "refused: connection refused"
SCHEMA: dict[str, Any] = orjson.loads((bundle.path("schemas") / "mock-alohub" / "load.json").read_bytes())


def said(one: RunData) -> tuple[str, str]:
    record = judge(one)
    return record["verdict"], record["reason"]


def test_a_run_without_a_flaw_passes_and_says_what_holds() -> None:
    assert said(run_data()) == ("pass", "200 calls/s for 60 s: every call acknowledged, p99 84 ms")


def test_one_late_call_fails_a_run_that_allows_none() -> None:
    assert said(run_data(run_counts(late=1))) == (
        "fail",
        "late: 1 of 12,000 calls had no 200 within 5 s (allowed: none)",
    )


def test_a_share_of_late_calls_is_said_as_a_share() -> None:
    assert (
        said(run_data(run_counts(late=372)))[1] == "late: 3.1 % of 12,000 calls had no 200 within 5 s (allowed: none)"
    )


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (run_counts(refused=600), "refused: 5 % of 12,000 calls got another answer than 200 (allowed: none)"),
        (run_counts(failed=60), "failed: 0.5 % of 12,000 calls got no whole answer (allowed: none)"),
        (run_counts(lost=12), "lost: 0.1 % of 12,000 calls had no 200, not even after the last retry (allowed: none)"),
    ],
)
def test_each_way_to_fail_is_said_in_its_own_words(counted: RunCounts, words: str) -> None:
    assert said(run_data(counted)) == ("fail", words)


def test_the_largest_share_is_said_first_and_the_others_named() -> None:
    reason = said(run_data(run_counts(late=120, refused=600, lost=1)))[1]
    assert reason.startswith("refused: 5 % of ")
    assert reason.endswith("; over their limits too: late, lost")


def test_what_is_allowed_does_not_fail() -> None:
    verdict, reason = said(run_data(run_counts(late=12), thresholds=Thresholds(late_percent=0.1)))
    assert (verdict, reason) == ("pass", "200 calls/s for 60 s: 99.9 % of the calls acknowledged at once, p99 84 ms")


def test_a_latency_over_its_limit_fails() -> None:
    one = run_data(run_counts(latencies=[2.31]), thresholds=Thresholds(p99_ms=2000))
    assert said(one) == ("fail", "p99: 2.31 s (allowed: 2 s)")


def test_calls_lost_are_not_judged_where_nothing_is_tried_again() -> None:
    one = run_data(run_counts(refused=12, lost=12), plan=plan(retries=False), thresholds=Thresholds(refused_percent=1))
    assert said(one)[0] == "pass"


def test_messages_are_called_so_where_a_call_has_several() -> None:
    reason = said(run_data(run_counts(late=372), plan=plan(webhooks=("alohub.call-ended", "alohub.auto-call"))))[1]
    assert "3.1 % of 12,000 messages" in reason


def test_a_generator_that_lags_makes_the_run_inconclusive() -> None:
    lags = [0.0005] * 96 + [0.0507] * 4
    verdict, reason = said(run_data(run_counts(lags=lags), plan=plan(rate=3000)))
    assert verdict == "inconclusive"
    assert reason == (
        "this machine could not offer 3,000 calls/s: 4 % of the departures were more than 50 ms late; "
        "use --workers 2, or another machine"
    )


def test_a_lag_of_fifty_milliseconds_is_borne() -> None:
    assert said(run_data(run_counts(lags=[0.050] * 100)))[0] == "pass"


@pytest.mark.parametrize("counted", [run_counts(late=12_000), run_counts()], ids=["fail", "pass"])
def test_that_calls_were_not_made_wins_over_pass_and_fail(counted: RunCounts) -> None:
    counted.unsent, counted.scheduled = {"in-flight-limit": 120}, 12_120
    verdict, reason = said(run_data(counted))
    assert verdict == "inconclusive"
    assert "0.99 % of the departures were not made (too many in flight: 120)" in reason


def test_a_lost_worker_whose_calls_nobody_made_makes_the_run_inconclusive() -> None:
    workers = (WorkerShare("a/1", 6000), WorkerShare("a/2", 5000, lost_after_s=50.0))
    verdict, reason = said(run_data(run_counts(unsent={"a worker was lost": 200}), workers=workers))
    assert verdict == "inconclusive"
    assert reason.endswith("; see why a worker was lost, and run it again")


def test_a_lost_worker_whose_calls_the_others_made_leaves_the_verdict() -> None:
    workers = (WorkerShare("a/1", 7000), WorkerShare("a/2", 5000, lost_after_s=50.0))
    assert said(run_data(workers=workers))[0] == "pass"


@pytest.mark.parametrize(("lag_s", "verdict"), [(0.011, "inconclusive"), (0.009, "pass")])
def test_a_busy_processor_counts_where_calls_depart_late(lag_s: float, verdict: str) -> None:
    workers = (WorkerShare("a/1", 6000, cpu_percent=10.0), WorkerShare("a/2", 6000, cpu_percent=97.0))
    assert said(run_data(run_counts(lags=[lag_s]), workers=workers))[0] == verdict


def test_a_run_in_which_no_call_departed_says_nothing() -> None:
    verdict, reason = said(run_data(run_counts(0, latencies=[], lags=[]), plan=plan(rate=0.01)))
    assert verdict == "inconclusive"
    assert reason == "no call departed: 0.01 calls/s for 60 s is too little to have one; raise --rate or --duration"


def test_an_endpoint_nobody_listens_at_is_unreachable() -> None:
    counted = run_counts(100, failed=100, lost=100, latencies=[], causes={REFUSED: 400})
    assert said(run_data(counted)) == ("unreachable", "no connection could be made: connection refused")


def test_an_address_that_swallows_connections_is_unreachable_though_calls_were_late() -> None:
    counted = run_counts(100, late=100, lost=100, latencies=[5.0], causes={"connect-timeout: no connection": 400})
    assert said(run_data(counted))[0] == "unreachable"


def test_an_endpoint_that_refused_some_connections_was_reached() -> None:
    counted = run_counts(100, failed=40, refused=60, causes={REFUSED: 40, "status 503": 60})
    assert said(run_data(counted))[0] == "fail"


def test_an_endpoint_that_ends_every_connection_was_reached() -> None:
    counted = run_counts(100, failed=100, latencies=[], causes={"reset: the connection was ended": 100})
    assert said(run_data(counted))[0] == "fail"


def test_a_run_that_was_interrupted_says_how_far_it_came() -> None:
    counted = run_counts(2400)
    counted.elapsed_s = 12.0
    record = judge(run_data(counted, interrupted=True, duration_s=12.1))
    assert record["verdict"] == "interrupted"
    assert record["reason"] == "interrupted after 12.1 s of 60 s; until then every call acknowledged, p99 84 ms"
    assert record["rate"] == {"offered_per_s": 200.0, "achieved_per_s": 200.0}


def test_the_rate_is_that_of_calls_where_a_call_has_several_messages() -> None:
    counted = run_counts(18_000)
    counted.calls = counted.calls_sent = 12_000
    assert judge(run_data(counted))["rate"] == {"offered_per_s": 200.0, "achieved_per_s": 200.0}


def test_attempts_that_were_cut_off_are_not_judged() -> None:
    counted = run_counts(100, late=1)
    counted.sent += 100
    record = judge(run_data(counted, interrupted=True))
    assert record["first_attempts"]["sent"] == 100
    assert record["thresholds"][0]["measured"] == 1.0


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("pass", ExitCode.KEPT),
        ("fail", ExitCode.BROKEN),
        ("inconclusive", ExitCode.UNREACHABLE),
        ("unreachable", ExitCode.UNREACHABLE),
        ("interrupted", ExitCode.INTERRUPTED),
    ],
)
def test_every_verdict_has_its_exit_code(verdict: Any, code: ExitCode) -> None:
    record = judge(run_data())
    record["verdict"] = verdict
    assert exit_code(record) is code


STEPS = (
    StepResult(100, 8, kept=True, p99_ms=30.0, achieved_per_s=100),
    StepResult(200, 8, kept=False, because="3 calls late"),
)


def test_a_search_that_found_a_rate_passes_though_steps_broke() -> None:
    answer = Answer(100.0, 200.0, "3 calls late", confirmed=True)
    record = judge(run_data(run_counts(late=3), answer=answer, steps=STEPS))
    assert record["verdict"] == "pass"
    assert record["reason"].startswith("100 calls/s, breaks at 200 (3 calls late); a call centre of ")
    assert record["capacity"] is not None
    assert [step["kept"] for step in record["capacity"]["steps"]] == [True, False]


def test_a_search_whose_rates_could_not_be_offered_is_inconclusive() -> None:
    answer = Answer(None, None, "not even the lowest rate could be offered", confirmed=False)
    lagging = run_counts(lags=[0.2] * 100)
    assert said(run_data(lagging, answer=answer, steps=STEPS[1:]))[0] == "inconclusive"


def test_an_endpoint_that_died_in_a_search_was_not_unreachable() -> None:
    counted = run_counts(100, failed=100, latencies=[], causes={"refused: connection refused": 100})
    answer = Answer(100.0, 200.0, "failed calls", confirmed=False)
    assert said(run_data(counted, answer=answer, steps=STEPS))[0] == "pass"


def test_a_search_that_found_no_rate_fails() -> None:
    answer = Answer(None, 0.5, "3 calls late", confirmed=False)
    assert said(run_data(answer=answer, steps=STEPS[1:])) == (
        "fail",
        "none of the rates that were tried holds: 3 calls late",
    )


def test_a_key_that_the_endpoint_repeats_is_masked() -> None:
    counted = run_counts(100, failed=100, latencies=[], causes={f"protocol: got {KEY}": 100})
    record = judge(run_data(counted, notes=[f"worker lost: {KEY}"]))
    assert KEY not in json.render(record)
    assert record["target"]["key"] == "masked"


def test_without_a_key_the_record_says_so() -> None:
    assert judge(run_data(endpoint=Endpoint(parse_url("http://127.0.0.1:8000/hook"))))["target"]["key"] == "none"


def test_a_secret_in_the_url_is_not_shown() -> None:
    offered = plan(url="http://127.0.0.1:8000/hook?token=abcdefgh")
    assert judge(run_data(plan=offered))["target"]["url"] == "http://127.0.0.1:8000/hook?token=****"


def test_a_retry_that_was_still_due_is_noted() -> None:
    assert "2 calls were neither delivered nor lost" in judge(run_data(run_counts(undecided=2)))["notes"][0]


def test_what_the_provider_does_not_publish_is_named() -> None:
    assert any("retries" in what for what in judge(run_data())["contract"]["assumed"])


def broken_down(record: LoadRecord) -> bool:
    counts = record["first_attempts"]
    return counts["sent"] == counts["acknowledged"] + counts["late"] + counts["refused"] + counts["failed"]


@given(
    late=st.integers(0, 50),
    refused=st.integers(0, 50),
    failed=st.integers(0, 50),
    lost=st.integers(0, 50),
    latencies=st.lists(st.floats(0, 6), max_size=20),
    lags=st.lists(st.floats(0, 0.2), max_size=20),
    interrupted=st.booleans(),
)
def test_every_record_is_valid_and_adds_up(
    late: int, refused: int, failed: int, lost: int, latencies: list[float], lags: list[float], interrupted: bool
) -> None:
    made = run_counts(
        200,
        late=late,
        refused=refused,
        failed=failed,
        lost=lost,
        latencies=latencies,
        lags=lags,
        causes={"status 503": 1},
    )
    record = judge(run_data(made, interrupted=interrupted))
    jsonschema.Draft202012Validator(SCHEMA).validate(orjson.loads(json.render(record)))
    assert broken_down(record)
    flawless = not (late or refused or failed or lost or record["generator"]["bottleneck"])
    assert (record["verdict"] == "pass") == (flawless and not interrupted)
