from __future__ import annotations

import pytest

from mock_alohub.load import reason
from tests.load.records import RECORDS, bottleneck, breaking, capacity, holding, interrupted


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_a_reason_is_one_sentence_of_a_line_or_two(name: str) -> None:
    record = RECORDS[name]()
    said = reason.REASONS[record["verdict"]](record, "call")
    assert 20 < len(said) < 160
    assert not said.endswith(".")
    assert "\n" not in said


def test_one_more_limit_that_broke_is_named_in_the_singular() -> None:
    record = breaking()
    record["thresholds"] = [one for one in record["thresholds"] if one["name"] in ("late", "lost")]
    assert reason.failed(record, "call").endswith("; over its limit too: lost")


def test_a_latency_is_said_after_every_share() -> None:
    record = breaking()
    record["thresholds"].reverse()
    assert reason.failed(record, "call").startswith("late: ")


def test_other_statuses_that_acknowledge_are_named() -> None:
    record = breaking()
    record["contract"]["acknowledged_by"] = [200, 202]
    assert "had no 200 or 202 within 5 s" in reason.failed(record, "call")


def test_several_workers_are_not_called_this_machine() -> None:
    record = bottleneck()
    record["plan"]["workers"] = 3
    assert reason.inconclusive(record, "call").startswith("the 3 workers could not offer 3,000 calls/s: ")
    assert reason.inconclusive(record, "call").endswith("use --workers 4, or another machine")


def test_a_run_without_an_answer_does_not_speak_of_latency() -> None:
    record = holding()
    record["latency_ms"]["p99"] = None
    assert reason.passed(record, "call") == "200 calls/s for 10 s: every call acknowledged"


def test_a_run_that_was_interrupted_at_once_says_that_nothing_was_sent() -> None:
    record = interrupted()
    record["first_attempts"]["sent"] = 0
    assert reason.interrupted(record, "call").endswith("; no call had been sent")


def test_a_search_that_could_offer_nothing_says_why() -> None:
    record = capacity()
    assert record["capacity"] is not None
    record["capacity"]["because"] = "not even the lowest rate could be offered"
    assert reason.inconclusive(record, "call") == "no rate could be judged: not even the lowest rate could be offered"


def test_an_interrupted_search_says_so() -> None:
    assert reason.interrupted(capacity(), "call") == "interrupted after 10.3 s of a search for the capacity"


def test_a_search_that_found_nothing_that_breaks_says_why_it_ended() -> None:
    record = capacity()
    found = record["capacity"]
    assert found is not None
    found["breaks_per_s"], found["because"], found["agents"] = None, "more was not tried (--max-rate 180)", None
    assert reason.passed(record, "call") == "180 calls/s, more was not tried (--max-rate 180)"
