"""The worker's side of a run, with a generator that does as it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from mock_alohub.errors import ExitCode
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.generator_process import GeneratorProcess, News
from mock_alohub.load.identity import difference
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.worker import Worker

KEY = "the-key"
PLAN = LoadPlan("http://127.0.0.1:9/hook", ("alohub.call-ended",), 10.0, 20.0)
GO = {"go": {"step": 1, "plan": PLAN.as_dict(), "begins_in_s": 0.5, "index": 0, "count": 1, "worker": 0}}


class Scripted(GeneratorProcess):
    """A generator without a process."""

    def __init__(self, on_news: Any, *, starts: bool = True) -> None:
        self.on_news = on_news
        self.orders: list[Any] = []
        self.is_alive = starts
        self.closed = False
        on_news({"ready": {}} if starts else {"died": {"exit_code": 1, "said": "no module"}})

    @property
    def pid(self) -> int:
        return 4711

    @property
    def alive(self) -> bool:
        return self.is_alive

    def tell(self, order: Any) -> None:
        self.orders.append(order)

    def close(self, *, within_s: float = 1.0) -> None:
        self.closed = True
        self.on_news({"died": {"exit_code": 0, "said": ""}})


class Post:
    """A worker with its generators and what it sends."""

    def __init__(self, *, starts: bool = True) -> None:
        self.sent: list[News] = []
        self.fed: list[int] = []
        self.unfit: list[tuple[str, ExitCode]] = []
        self.said: list[str] = []
        self.generators: list[Scripted] = []
        self.worker = Worker(
            self.sent.append,
            key=KEY,
            on_beat=lambda run_counts: self.fed.append(run_counts.sent),
            on_unfit=lambda reason, code: self.unfit.append((reason, code)),
            say=self.said.append,
            start=lambda on_news: self._started(Scripted(on_news, starts=starts)),
        )

    def _started(self, generator: Scripted) -> Scripted:
        self.generators.append(generator)
        return generator

    def counts(self, kind: str, sent: int, step: int = 1) -> None:
        self.generators[-1].on_news({kind: {"step": step, "counts": RunCounts(scheduled=sent, sent=sent).as_dict()}})


def test_it_introduces_itself_when_its_generator_is_ready() -> None:
    post = Post()
    post.worker.announce()
    (hello,) = post.sent
    assert not difference(hello["hello"], KEY)
    assert post.worker.pid == 4711


def test_who_is_asked_for_a_name_while_it_starts_its_generator_starts_no_second_one() -> None:
    begun, go_on = Event(), Event()
    started: list[Scripted] = []

    def start(on_news: Any) -> Scripted:
        begun.set()
        assert go_on.wait(20)
        started.append(Scripted(on_news))
        return started[-1]

    sent: list[News] = []
    worker = Worker(sent.append, key=KEY, start=start)
    with ThreadPoolExecutor(2) as threads:
        threads.submit(worker.announce)
        assert begun.wait(20)
        asked = threads.submit(worker.take, {"who": {}})
        with pytest.raises(TimeoutError):
            asked.result(0.2)
        go_on.set()
    assert (len(started), [list(news) for news in sent]) == (1, [["hello"], ["hello"]])


def test_without_a_generator_there_is_no_hello() -> None:
    post = Post(starts=False)
    post.worker.announce()
    assert not post.sent
    assert post.unfit == [("the generator cannot start: no module", ExitCode.INTERNAL)]


def test_orders_of_the_step_are_passed_on_as_they_are() -> None:
    post = Post()
    share = {"share": {"step": 1, "from_s": 3.0, "index": 0, "count": 1}}
    for order in (GO, share, {"stop": {"step": 1}}):
        post.worker.take(order)
    assert post.generators[0].orders == [GO, share, {"stop": {"step": 1}}]
    assert post.said == ["run 1: share 1 of 1 of 10 calls/s for 20 s"]


def test_beats_are_passed_on_and_fed_to_the_statistics() -> None:
    post = Post()
    post.worker.take(GO)
    post.counts("beat", 3)
    assert post.fed == [3]
    assert post.sent[-1]["beat"]["counts"]["sent"] == 3


def test_the_last_word_carries_the_whole_counts() -> None:
    post = Post()
    post.worker.take(GO)
    for kind in ("beat", "beat", "done"):
        post.counts(kind, 5)
    assert post.sent[-1]["done"]["counts"]["sent"] == 15
    assert post.fed == [5, 5, 5]


def test_a_second_step_counts_from_nothing_and_not_what_the_first_still_says() -> None:
    post = Post()
    post.worker.take(GO)
    post.counts("beat", 5)
    post.worker.take({"go": {**GO["go"], "step": 2}})
    post.counts("beat", 7, step=1)
    post.counts("done", 1, step=2)
    assert post.sent[-1]["done"]["counts"]["sent"] == 1


def test_a_generator_that_died_is_told_of_and_made_anew_for_the_next_step() -> None:
    post = Post()
    post.worker.take(GO)
    post.generators[0].is_alive = False
    post.generators[0].on_news({"died": {"exit_code": -9, "said": "Killed"}})
    assert post.sent[-1] == {"died": {"exit_code": -9, "said": "Killed"}}
    post.worker.take({"stop": {"step": 1}})
    assert len(post.generators) == 1
    post.worker.take({"go": {**GO["go"], "step": 2}})
    assert len(post.generators) == 2


def test_a_refusal_is_given_to_who_can_leave() -> None:
    post = Post()
    post.worker.take({"refused": {"reason": "its key is another"}})
    assert post.unfit == [("the master refuses this worker: its key is another", ExitCode.USAGE)]


@pytest.mark.parametrize("order", [{"who": {}}, {"welcome": {"number": 3}}])
def test_words_between_coordinator_and_station_do_not_reach_the_generator(order: dict[str, Any]) -> None:
    post = Post()
    post.worker.announce()
    post.worker.take(order)
    assert not post.generators[0].orders


def test_its_own_end_is_no_news() -> None:
    post = Post()
    post.worker.announce()
    post.worker.close()
    assert post.generators[0].closed
    assert [list(news) for news in post.sent] == [["hello"]]
