"""The worker's side of a run, with a generator that does as it is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from mock_alohub.errors import ExitCode
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.generator_process import GeneratorProcess
from mock_alohub.load.identity import difference
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import Beat, Died, Done, Go, Hello, Message, Ready, Refused, Share, Stop, Welcome, Who
from mock_alohub.load.worker import Worker

KEY = "the-key"
PLAN = LoadPlan("http://127.0.0.1:9/hook", ("alohub.call-ended",), 10.0, 20.0)
GO = Go(1, PLAN, begins_in_s=0.5, index=0, count=1, worker=0)


class Scripted(GeneratorProcess):
    """A generator without a process."""

    def __init__(self, on_news: Any, *, starts: bool = True) -> None:
        self.on_news = on_news
        self.orders: list[Any] = []
        self.is_alive = starts
        self.closed = False
        on_news(Ready(4711, "0", "here") if starts else Died(1, "no module"))

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
        self.on_news(Died(0, ""))


class Post:
    """A worker with its generators and what it sends."""

    def __init__(self, *, starts: bool = True) -> None:
        self.sent: list[Message] = []
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

    def beat(self, sent: int, step: int = 1) -> None:
        self.generators[-1].on_news(Beat(step, RunCounts(scheduled=sent, sent=sent)))

    def done(self, sent: int, step: int = 1) -> None:
        self.generators[-1].on_news(Done(step, RunCounts(scheduled=sent, sent=sent), stopped=False))

    @property
    def counted(self) -> int:
        """How many were sent, by its last word."""
        said = self.sent[-1]
        assert isinstance(said, Beat | Done)
        return said.counts.sent


def test_it_introduces_itself_when_its_generator_is_ready() -> None:
    post = Post()
    post.worker.announce()
    (hello,) = post.sent
    assert isinstance(hello, Hello)
    assert not difference(hello.identity, KEY)
    assert post.worker.pid == 4711


def test_who_is_asked_for_a_name_while_it_starts_its_generator_starts_no_second_one() -> None:
    begun, go_on = Event(), Event()
    started: list[Scripted] = []

    def start(on_news: Any) -> Scripted:
        begun.set()
        assert go_on.wait(20)
        started.append(Scripted(on_news))
        return started[-1]

    sent: list[Message] = []
    worker = Worker(sent.append, key=KEY, start=start)
    with ThreadPoolExecutor(2) as threads:
        threads.submit(worker.announce)
        assert begun.wait(20)
        asked = threads.submit(worker.take, Who())
        with pytest.raises(TimeoutError):
            asked.result(0.2)
        go_on.set()
    assert (len(started), [type(news) for news in sent]) == (1, [Hello, Hello])


def test_without_a_generator_there_is_no_hello() -> None:
    post = Post(starts=False)
    post.worker.announce()
    assert not post.sent
    assert post.unfit == [("the generator cannot start: no module", ExitCode.INTERNAL)]


def test_orders_of_the_step_are_passed_on_as_they_are() -> None:
    post = Post()
    orders: list[Message] = [GO, Share(1, 3.0, index=0, count=1), Stop(1)]
    for order in orders:
        post.worker.take(order)
    assert post.generators[0].orders == orders
    assert post.said == ["run 1: share 1 of 1 of 10 calls/s for 20 s"]


def test_beats_are_passed_on_and_fed_to_the_statistics() -> None:
    post = Post()
    post.worker.take(GO)
    post.beat(3)
    assert post.fed == [3]
    assert (type(post.sent[-1]), post.counted) == (Beat, 3)


def test_the_last_word_carries_the_whole_counts() -> None:
    post = Post()
    post.worker.take(GO)
    for say in (post.beat, post.beat, post.done):
        say(5)
    assert (type(post.sent[-1]), post.counted) == (Done, 15)
    assert post.fed == [5, 5, 5]


def test_a_second_step_counts_from_nothing_and_not_what_the_first_still_says() -> None:
    post = Post()
    post.worker.take(GO)
    post.beat(5)
    post.worker.take(replace(GO, step=2))
    post.beat(7, step=1)
    post.done(1, step=2)
    assert (type(post.sent[-1]), post.counted) == (Done, 1)


def test_a_generator_that_died_is_told_of_and_made_anew_for_the_next_step() -> None:
    post = Post()
    post.worker.take(GO)
    post.generators[0].is_alive = False
    post.generators[0].on_news(Died(-9, "Killed"))
    assert post.sent[-1] == Died(-9, "Killed")
    post.worker.take(Stop(1))
    assert len(post.generators) == 1
    post.worker.take(replace(GO, step=2))
    assert len(post.generators) == 2


def test_a_refusal_is_given_to_who_can_leave() -> None:
    post = Post()
    post.worker.take(Refused("its key is another"))
    assert post.unfit == [("the master refuses this worker: its key is another", ExitCode.USAGE)]


@pytest.mark.parametrize("order", [Who(), Welcome(3)])
def test_words_between_coordinator_and_worker_do_not_reach_the_generator(order: Message) -> None:
    post = Post()
    post.worker.announce()
    post.worker.take(order)
    assert not post.generators[0].orders


def test_its_own_end_is_no_news() -> None:
    post = Post()
    post.worker.announce()
    post.worker.close()
    assert post.generators[0].closed
    assert [type(news) for news in post.sent] == [Hello]
