from time import perf_counter
from typing import Any

import pytest

from mock_alohub.load.counts import Counts
from mock_alohub.load.outcome import Outcome
from mock_alohub.load.recorder import Delivery, Recorder
from mock_alohub.load.workload import Serials, Workload
from tests.load.generators import plan

BEGAN = 1_000.0


def delivery(due_s: float, sent_s: float, *, tries: int = 1, opens: bool = True) -> Delivery:
    made = Delivery(LETTER, BEGAN + due_s, opens=opens)
    made.sent_at, made.tries = BEGAN + sent_s, tries
    return made


LETTER = Workload(plan("http://crm.example/"), None, worker=0, serials=Serials(0, 0)).draw()[0]


def departed(**facts: Any) -> tuple[Recorder, Delivery]:
    recorder, one = Recorder(BEGAN), delivery(**facts)
    recorder.departed(one)
    return recorder, one


def test_a_departure_counts_where_it_was_intended_with_its_lag() -> None:
    recorder, _ = departed(due_s=0.9, sent_s=1.1)
    assert (
        recorder.run_counts.scheduled,
        recorder.run_counts.sent,
        recorder.run_counts.calls,
        recorder.run_counts.calls_sent,
    ) == (1, 1, 1, 1)
    assert recorder.run_counts.timeline[0].lag_max_s == pytest.approx(0.2)
    assert recorder.run_counts.lag.percentile(1.0) == pytest.approx(0.2)


def test_a_further_message_is_no_further_call() -> None:
    recorder, _ = departed(due_s=0, sent_s=0, opens=False)
    assert (recorder.run_counts.sent, recorder.run_counts.calls, recorder.run_counts.calls_sent) == (1, 0, 0)


def test_latency_runs_from_the_intended_departure_and_counts_where_the_attempt_ended() -> None:
    recorder, one = departed(due_s=0.5, sent_s=0.7)
    recorder.ended(one, "acknowledged", BEGAN + 1.5)
    assert recorder.run_counts.latencies.percentile(1.0) == pytest.approx(1.0)
    assert (recorder.run_counts.timeline[0].acknowledged, recorder.run_counts.timeline[1].acknowledged) == (0, 1)


@pytest.mark.parametrize("outcome", ["acknowledged", "late", "refused", "failed"])
def test_every_attempt_is_exactly_one_of_four_and_what_failed_has_no_latency(outcome: Outcome) -> None:
    recorder, one = departed(due_s=0, sent_s=0)
    recorder.ended(one, outcome, BEGAN + 0.25)
    assert recorder.run_counts.first == Counts(**{outcome: 1})
    assert recorder.run_counts.by_webhook == {"alohub.call-ended": Counts(**{outcome: 1})}
    assert recorder.run_counts.latencies.count == (outcome != "failed")


def test_a_retry_is_counted_apart() -> None:
    recorder, one = Recorder(BEGAN), delivery(0, 2.5, tries=2)
    recorder.retried(one)
    recorder.ended(one, "refused", BEGAN + 3)
    assert (recorder.run_counts.first, recorder.run_counts.retries) == (Counts(), Counts(refused=1))
    assert recorder.run_counts.timeline[2].retried == 1
    assert (recorder.run_counts.sent, recorder.run_counts.latencies.count) == (0, 0)


def test_what_is_taken_back_was_not_sent() -> None:
    recorder, one = departed(due_s=0, sent_s=0)
    recorder.taken_back(one, "no-free-port")
    assert (
        recorder.run_counts.scheduled,
        recorder.run_counts.sent,
        recorder.run_counts.calls,
        recorder.run_counts.calls_sent,
    ) == (1, 0, 1, 0)
    assert (recorder.run_counts.unsent, recorder.run_counts.timeline[0].sent) == ({"no-free-port": 1}, 0)


def test_what_was_taken_is_not_counted_again() -> None:
    recorder, one = departed(due_s=0, sent_s=0)
    first = recorder.taken(1)
    recorder.ended(one, "acknowledged", BEGAN + 1)
    second = recorder.taken(0)
    assert (first.sent, first.first.total, second.sent, second.first.total) == (1, 0, 0, 1)
    assert second.in_flight_max == 1


def test_how_far_the_run_has_come_is_told() -> None:
    recorder = Recorder(perf_counter() - 7)
    assert recorder.taken(0).elapsed_s == pytest.approx(7, abs=1)


def test_the_most_in_flight_is_kept_by_second_and_over_all() -> None:
    recorder = Recorder(BEGAN)
    for count, at_s in ((1, 0.1), (3, 0.2), (2, 0.3), (2, 1.1)):
        recorder.in_flight(count, BEGAN + at_s)
    assert [recorder.run_counts.timeline[second].in_flight for second in (0, 1)] == [3, 2]
    assert recorder.run_counts.in_flight_max == 3
