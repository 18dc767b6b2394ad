"""The master's side of a run, with workers that are lists of orders and a clock that is told the time."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

import pytest

from mock_alohub.load.carried_spec import carried
from mock_alohub.load.coordinator import BEGINS_IN_S, SILENCE_S, Coordinator
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.identity import own_identity
from mock_alohub.load.lost_worker import WORKER_LOST
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import Beat, Died, Done, Go, Leaving, Message, Refused, Share, Stop, UserMistake
from mock_alohub.load.result import Result
from mock_alohub.load.schedule import departures
from mock_alohub.load.step_run import LEAD_S
from tests.specification.imported.writing import ORDER, loaded, operation

KEY = "the-key"
PLAN = LoadPlan("http://127.0.0.1:9/hook", ("alohub.call-ended",), 10.0, 20.0, arrivals="constant", drain_s=1.0)


Kind = TypeVar("Kind")


class Stage:
    """A coordinator with its workers."""

    def __init__(self, *workers: str) -> None:
        self.now = 1_000.0
        self.orders: list[tuple[str, Message]] = []
        self.results: list[Result] = []
        self.mistakes: list[UserMistake] = []
        self.said: list[str] = []
        self.coordinator = Coordinator(
            lambda worker, order: self.orders.append((worker, order)),
            lambda: self.now,
            key=KEY,
            on_ended=self.results.append,
            on_mistake=self.mistakes.append,
            say=self.said.append,
        )
        for number, worker in enumerate(workers):
            self.join(worker, pid=number)

    def join(self, worker: str, *, pid: int, key: str = KEY) -> None:
        self.coordinator.hello(worker, replace(own_identity(key), host="here", pid=pid))

    def begin(self, plan: LoadPlan = PLAN) -> None:
        self.coordinator.begin(plan)
        self.now += BEGINS_IN_S

    def beat(self, worker: str, sent: int, *, step: int = 1) -> None:
        self.coordinator.heard(worker, Beat(step, counted(sent)))

    def done(self, worker: str, sent: int, *, step: int = 1) -> None:
        self.coordinator.heard(worker, Done(step, counted(sent), stopped=False))

    def told(self, kind: type[Kind]) -> dict[str, Kind]:
        """The last order of a kind to each worker."""
        return {worker: order for worker, order in self.orders if isinstance(order, kind)}


def counted(sent: int) -> RunCounts:
    """What a worker that sent the first so many departures of half the schedule has counted."""
    run_counts = RunCounts(calls=sent, scheduled=sent, sent=sent, delivered=sent)
    run_counts.first.acknowledged = sent
    for number in range(sent):
        run_counts.cell(int(number / 5)).scheduled += 1
    return run_counts


def test_every_worker_gets_its_share_of_the_same_plan() -> None:
    stage = Stage("a", "b", "c")
    stage.begin()
    go = stage.told(Go)
    assert [(go[name].index, go[name].count, go[name].worker) for name in "abc"] == [
        (0, 3, 0), (1, 3, 1), (2, 3, 2),
    ]  # fmt: skip
    assert all(one.plan == PLAN for one in go.values())


def test_a_step_ends_with_the_last_workers_last_word_and_comes_to_the_sum() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.done("a", 100)
    assert not stage.results
    stage.done("b", 99)
    (result,) = stage.results
    assert result.run_counts.sent == 199
    assert [worker.sent for worker in result.workers] == [100, 99]
    assert not stage.coordinator.running


def test_the_last_word_counts_even_where_beats_were_lost() -> None:
    stage = Stage("a")
    stage.begin()
    stage.beat("a", 10)
    stage.done("a", 200)
    assert stage.results[0].run_counts.sent == 200


def test_a_silent_workers_share_goes_to_the_others_a_second_ahead() -> None:
    stage = Stage("a", "b")
    stage.begin()
    for _ in range(9):
        stage.now += 0.5
        stage.beat("a", 2)
        stage.coordinator.tick()
    assert stage.told(Share) == {"a": Share(1, 4.5 + LEAD_S, index=0, count=1)}
    assert stage.told(Stop) == {"b": Stop(1)}


def test_a_worker_that_speaks_is_not_lost() -> None:
    stage = Stage("a")
    stage.begin()
    for _ in range(5):
        stage.now += SILENCE_S - 0.1
        stage.beat("a", 1)
        stage.coordinator.tick()
    assert not stage.told(Share)
    assert stage.coordinator.running


def test_departures_of_a_lost_worker_are_counted_as_not_sent_and_no_others() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.now += 3.0
    stage.beat("b", 15)
    stage.coordinator.gone("b", "it quit")
    stage.done("a", 18 + 165)
    (result,) = stage.results
    due = sum(1 for _ in takewhile(lambda at_s: at_s < 3.0 + LEAD_S, departures(PLAN)))
    # Half of them were b's, and it told of 15.
    assert result.run_counts.unsent == {WORKER_LOST: due // 2 - 15}
    assert result.workers[1].lost_after_s == pytest.approx(3.0)
    assert "the other worker took its share over from second 3.5 on" in result.notes[0]


def test_every_departure_of_the_schedule_is_scheduled_once_though_a_worker_is_lost() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.now += 3.0
    stage.beat("b", 15)
    stage.coordinator.gone("b", "it quit")
    # What a makes: its half of the first three seconds and a half (35 departures), all of the remaining 165.
    stage.done("a", 18 + 165)
    assert stage.results[0].run_counts.scheduled == sum(1 for _ in departures(PLAN)) == 200


def test_what_the_others_missed_as_they_heard_too_late_is_counted_as_well() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.now += 3.0
    stage.beat("b", 15)
    stage.coordinator.gone("b", "it quit")
    stage.done("a", 18 + 160)
    assert stage.results[0].run_counts.unsent == {WORKER_LOST: 2 + 5}


def test_without_anybody_left_the_rest_of_the_schedule_is_not_sent() -> None:
    stage = Stage("a")
    stage.begin()
    stage.now += 3.0
    stage.beat("a", 30)
    stage.coordinator.gone("a", "its process ended")
    (result,) = stage.results
    assert result.run_counts.unsent == {WORKER_LOST: 170}
    assert not result.interrupted


def test_a_worker_lost_while_answers_are_waited_for_leaves_nothing_to_send() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.beat("b", 100)
    stage.now += PLAN.duration_s + 0.5
    stage.coordinator.gone("b", "it quit")
    stage.done("a", 100)
    assert not stage.told(Share)
    assert not stage.results[0].run_counts.unsent


def test_what_a_lost_worker_says_later_is_not_counted_twice() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.coordinator.gone("b", "it quit")
    stage.beat("b", 50)
    stage.done("b", 50)
    stage.done("a", 195)
    assert stage.results[0].run_counts.sent == 195


def test_a_stop_reaches_all_and_the_result_says_so() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.coordinator.stop()
    assert stage.told(Stop) == {"a": Stop(1), "b": Stop(1)}
    stage.done("a", 3)
    stage.done("b", 4)
    (result,) = stage.results
    assert result.interrupted
    assert result.run_counts.sent == 7


def test_giving_up_counts_what_was_heard() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.now += 1.0
    stage.beat("a", 5)
    stage.coordinator.stop()
    stage.coordinator.give_up()
    (result,) = stage.results
    assert result.interrupted
    assert result.run_counts.sent == 5


@pytest.mark.parametrize(("key", "word"), [("other", "its key is another")])
def test_a_worker_that_differs_is_refused_with_the_reason_and_gets_no_share(key: str, word: str) -> None:
    stage = Stage("a")
    stage.join("b", pid=9, key=key)
    assert word in stage.told(Refused)["b"].reason
    assert any("worker here/9 is refused" in sentence for sentence in stage.said)
    stage.begin()
    assert set(stage.told(Go)) == {"a"}


def test_a_late_comer_waits_for_the_next_step() -> None:
    stage = Stage("a")
    stage.begin()
    stage.join("b", pid=9)
    assert set(stage.told(Go)) == {"a"}
    stage.done("a", 200)
    stage.begin()
    assert stage.told(Go)["b"].index == 1
    assert stage.told(Go)["b"].step == 2


def test_a_beat_of_the_step_before_is_not_counted() -> None:
    stage = Stage("a")
    stage.begin()
    stage.done("a", 200)
    stage.begin()
    stage.beat("a", 7, step=1)
    assert stage.coordinator.progress().sent == 0


def test_a_mistake_of_a_worker_is_passed_on() -> None:
    stage = Stage("a")
    stage.begin()
    stage.coordinator.heard("a", UserMistake("no such webhook"))
    assert stage.mistakes == [UserMistake("no such webhook")]


def test_a_generator_that_dies_loses_its_worker() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.coordinator.heard("b", Died(-9, "Killed"))
    assert "a" in stage.told(Share)
    assert "its generator was killed by SIGKILL, saying: Killed" in stage.said[-1]


def test_a_worker_that_is_not_there_any_more_is_lost() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.coordinator.tick(["a"])
    assert stage.told(Share)["a"].count == 1
    assert stage.coordinator.ready == 1


def test_between_steps_who_leaves_is_forgotten_without_a_word() -> None:
    stage = Stage("a", "b")
    stage.coordinator.tick(["a"])
    assert stage.coordinator.ready == 1
    assert not stage.said


def test_a_step_that_does_not_end_is_ended() -> None:
    stage = Stage("a")
    stage.begin()
    while stage.now < 1_100 and not stage.results:
        stage.now += 1.0
        stage.beat("a", 0)
        stage.coordinator.tick()
    assert "it did not come to an end" in stage.results[0].notes[0]


def test_an_answer_is_waited_for_as_long_as_the_document_allows(tmp_path: Path) -> None:
    document = loaded(tmp_path, {"slow": operation(ORDER, **{"x-delivery": {"deadline": "2m"}})})
    stage = Stage("a")
    stage.begin(replace(PLAN, webhooks=("slow",), described=carried(document, ["slow"])))
    for _ in range(120):
        stage.now += 1.0
        stage.beat("a", 0)
        stage.coordinator.tick()
    assert (stage.results, stage.said) == ([], [])
    stage.done("a", 200)
    assert not stage.results[0].notes


def test_progress_tells_the_phase_and_the_figures() -> None:
    stage = Stage("a", "b")
    assert (stage.coordinator.progress().phase, stage.coordinator.progress().workers) == ("waiting", 2)
    stage.begin()
    stage.now += 5.0
    stage.beat("a", 25)
    stage.beat("b", 24)
    progress = stage.coordinator.progress()
    assert (progress.phase, progress.at_s, progress.of_s, progress.sent, progress.workers) == (
        "running",
        5.0,
        20.0,
        49,
        2,
    )
    stage.now += 16.0
    assert stage.coordinator.progress().phase == "draining"


def test_a_worker_process_of_this_host_is_known_by_its_number() -> None:
    stage = Stage("a")
    stage.coordinator.hello("b", replace(own_identity(KEY), pid=4711))
    stage.begin()
    stage.coordinator.gone_by_pid(4711)
    assert "its process ended" in stage.said[-1]
    assert stage.told(Share)["a"].count == 1


def test_a_worker_that_takes_its_leave_is_not_waited_for() -> None:
    stage = Stage("a", "b")
    stage.begin()
    stage.coordinator.heard("b", Leaving())
    assert "it was stopped; the other worker took its share over" in stage.said[-1]


def test_a_generator_that_dies_between_steps_is_told_of() -> None:
    stage = Stage("a", "b")
    stage.coordinator.heard("b", Died(3, ""))
    assert stage.said == ["worker here/1 is gone: its generator ended with exit code 3"]
    assert stage.coordinator.ready == 1


def test_who_was_not_accepted_has_no_say() -> None:
    stage = Stage("a")
    stage.join("b", pid=9, key="another")
    stage.begin()
    stage.coordinator.heard("b", UserMistake("stop!"))
    stage.done("b", 1_000)
    assert not stage.mistakes
    assert stage.coordinator.running


def test_what_is_counted_can_be_looked_at_while_it_grows() -> None:
    stage = Stage("a")
    assert stage.coordinator.live.sent == 0
    stage.begin()
    stage.beat("a", 5)
    stage.beat("a", 6)
    assert stage.coordinator.live.sent == 11
