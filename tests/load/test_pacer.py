"""The promises of the generator about load, each against a real endpoint in a process of its own."""

import asyncio
import re
import resource
import ssl
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import orjson
import pytest
import trustme

from mock_alohub.delivery.connection import Connection
from mock_alohub.delivery.failure import OwnFailure
from mock_alohub.delivery.transport import Transport
from mock_alohub.delivery.transport import run as transport_run
from mock_alohub.load.counts import Counts, RunCounts
from mock_alohub.load.limits import SPARE
from mock_alohub.load.pacer import BEHIND, IN_FLIGHT_LIMIT, OPEN_FILES_LIMIT, Pacer
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.workload import Serials, Workload
from mock_alohub.messages.endpoint import URL
from tests.delivery.endpoints import Endpoint, always_ok
from tests.load.generators import plan, run, worker
from tests.load.partner import partner


def test_an_endpoint_that_stalls_neither_lowers_the_load_nor_hides_the_stall() -> None:
    with partner(freezes_s=0.4, freezes_every_s=2) as endpoint:
        run_counts = run(plan(endpoint.url, rate=200, duration_s=6))
    p99 = run_counts.latencies.percentile(0.99)
    assert (run_counts.sent, run_counts.unsent) == (1_200, {})
    # One in five calls meets the freeze, at a moment equally likely: the slowest hundredth waits 0.38 s or more.
    assert p99 is not None
    assert 0.3 < p99 < 0.9
    assert run_counts.first.acknowledged == 1_200


@pytest.mark.exhaustive
def test_an_answer_in_4_9_seconds_is_in_time_and_one_in_5_1_seconds_is_late() -> None:
    with (
        partner(answers_after_s=4.9) as prompt,
        partner(answers_after_s=5.1) as slow,
        worker() as one,
        worker() as other,
    ):
        one.go(plan(prompt.url, rate=50, duration_s=2, retries=False))
        other.go(plan(slow.url, rate=50, duration_s=2, retries=False))
        in_time, late = one.done()[0], other.done()[0]
    # A tenth of a second is what lies between them: on a busy machine some of the prompt ones may come too late.
    assert in_time.first.acknowledged > 80
    assert in_time.first.total == in_time.first.acknowledged + in_time.first.late == 100
    assert late.first == Counts(late=100)
    assert late.lost == 100
    assert late.causes == {"deadline: no answer came within 5 s": 100}
    # Given up after five seconds, whatever comes afterwards.
    usual = late.latencies.percentile(0.5)
    assert usual is not None
    assert 5.0 <= usual < 5.09


def test_one_refusal_in_twenty_comes_back_and_nothing_is_lost() -> None:
    with partner(refuses_one_in=20) as endpoint:
        run_counts = run(plan(endpoint.url, rate=200, duration_s=2, time_scale=50))
    assert run_counts.first == Counts(acknowledged=380, refused=20)
    assert run_counts.retries == Counts(acknowledged=20)
    assert (run_counts.delivered, run_counts.lost, run_counts.undecided) == (400, 0, 0)
    assert run_counts.causes == {"status 503": 20}
    assert sum(cell.retried for cell in run_counts.timeline.values()) == 20
    assert len(endpoint.heard.call_ids) == 420
    assert set(Counter(endpoint.heard.bodies).values()) == {1, 2}


def test_an_endpoint_that_refuses_everything_is_asked_as_often_as_the_policy_says_and_then_the_call_is_lost() -> None:
    with partner(always="500 Oops") as endpoint:
        run_counts = run(plan(endpoint.url, rate=50, duration_s=1, time_scale=200))
    assert run_counts.first == Counts(refused=50)
    assert run_counts.retries == Counts(refused=150)
    assert (run_counts.delivered, run_counts.lost, run_counts.undecided) == (0, 50, 0)
    assert set(Counter(endpoint.heard.call_ids).values()) == {4}


def test_waits_before_retries_are_the_policys_by_the_time_scale() -> None:
    with partner(always="500 Oops") as endpoint:
        run(plan(endpoint.url, rate=1, duration_s=1, time_scale=100))
    waits = [after - before for before, after in pairwise(endpoint.heard.came_at)]
    assert waits == [pytest.approx(wait_s, abs=0.2) for wait_s in (0.05, 0.3, 1.2)]


def test_a_retry_that_is_not_due_before_the_drain_ends_leaves_its_delivery_undecided() -> None:
    with partner(always="500 Oops") as endpoint:
        run_counts = run(plan(endpoint.url, rate=50, duration_s=1, drain_s=0.2))
    assert (run_counts.lost, run_counts.undecided, run_counts.retries.total) == (0, 50, 0)


def test_without_retries_a_refused_call_is_lost_at_once() -> None:
    with partner(always="500 Oops") as endpoint:
        run_counts = run(plan(endpoint.url, retries=False))
    assert (run_counts.lost, len(endpoint.heard.came_at)) == (100, 100)


def test_more_than_may_be_in_flight_is_not_sent_and_named() -> None:
    with partner(answers_after_s=1) as endpoint:
        run_counts = run(plan(endpoint.url, rate=100, duration_s=1, max_in_flight=10))
    assert run_counts.unsent == {IN_FLIGHT_LIMIT: 90}
    assert (run_counts.scheduled, run_counts.sent, run_counts.in_flight_max) == (100, 10, 10)
    assert (run_counts.calls, run_counts.calls_sent) == (100, 10)


def test_departures_that_are_long_past_are_not_made_in_a_heap_but_named() -> None:
    with partner() as endpoint, worker() as one:
        one.go(plan(endpoint.url, rate=100, duration_s=4), begins_in_s=-3)
        run_counts, _ = one.done()
    assert set(run_counts.unsent) == {BEHIND}
    assert 150 < run_counts.unsent[BEHIND] < 400
    assert run_counts.sent + run_counts.unsent[BEHIND] == run_counts.scheduled == run_counts.calls == 400
    slowest = run_counts.lag.percentile(1.0)
    assert slowest is not None
    assert slowest < 1.5


def test_a_share_that_is_moved_is_moved_for_every_departure_from_then_on_however_few_there_are() -> None:
    # At two calls a second the next of one's own may be far ahead of the moment from which all are one's own.
    with partner() as endpoint, worker() as one:
        one.go(plan(endpoint.url, rate=2, duration_s=3, seed=3), index=5, count=6)
        one.order(share={"step": 1, "from_s": 1.0, "index": 0, "count": 1})
        run_counts, _ = one.done()
    assert run_counts.sent == 4


@pytest.mark.exhaustive
def test_after_the_drain_no_retry_is_made_though_others_are_under_way() -> None:
    with partner(answers_after_s=2.5, always="500 Oops") as endpoint:
        run_counts = run(plan(endpoint.url, rate=20, duration_s=1, drain_s=1, time_scale=10))
    assert (run_counts.first, run_counts.retries) == (Counts(refused=20), Counts())
    assert run_counts.undecided == 20


def test_nothing_departs_after_a_stop_and_everything_under_way_is_undecided() -> None:
    with partner(answers_after_s=1) as endpoint:
        made = plan(endpoint.url, duration_s=30)

        async def run_data() -> RunCounts:
            workload = Workload(made, None, worker=0, serials=Serials(0, 0))
            async with Transport() as transport:
                pacer = Pacer(made, workload, transport, begins_at=perf_counter(), index=0, count=1, in_flight=1_000)
                running = asyncio.create_task(pacer.run())
                await asyncio.sleep(0.5)
                pacer.stop()
                pacer.stop()
                await running
                run_counts = pacer.taken()
                await asyncio.sleep(1.2)
                assert pacer.taken().sent == 0
                return run_counts

        run_counts = transport_run(run_data())
    # The stop may come while the last ones still wait for their connection.
    assert run_counts.sent == run_counts.undecided >= len(endpoint.heard.came_at) > 10
    assert run_counts.first == Counts()


@pytest.mark.exhaustive
def test_many_thousand_calls_can_wait_for_their_answer_at_the_same_time() -> None:
    # As many as this machine lets a process have open files, if those are fewer.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    rate = 1_000 if most == resource.RLIM_INFINITY else min(1_000, (most - SPARE) // 4)
    with partner(answers_after_s=3) as endpoint:
        run_counts = run(plan(endpoint.url, rate=rate, duration_s=3))
    assert run_counts.sent == run_counts.first.acknowledged == 3 * rate
    assert run_counts.in_flight_max > 2.5 * rate


def test_an_answer_that_never_ends_is_late_and_costs_no_memory() -> None:
    with partner(endless=True) as endpoint, worker() as one:
        one.go(plan(endpoint.url, rate=50, duration_s=2, retries=False))
        run_counts, _ = one.done()
        peak_kib = int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{one.process.pid}/status").read_text())[0])
    assert run_counts.first == Counts(late=100)
    assert peak_kib < 150_000


@pytest.mark.exhaustive
def test_an_endpoint_that_closes_after_every_answer_is_served_over_fresh_connections() -> None:
    with partner(closes=True) as endpoint:
        run_counts = run(plan(endpoint.url, rate=300))
    assert run_counts.first == Counts(acknowledged=300)


def test_what_is_said_of_one_call_comes_in_order_and_counts_as_one_call() -> None:
    with partner() as endpoint:
        run_counts = run(plan(endpoint.url, webhooks=("alohub.auto-call",), rate=50, duration_s=2, time_scale=1_000))
    assert (run_counts.calls, run_counts.calls_sent) == (100, 100)
    assert 100 < run_counts.scheduled == run_counts.sent == run_counts.first.acknowledged < 200
    ended = defaultdict(list)
    for body in map(orjson.loads, endpoint.heard.bodies):
        ended[body["call_id"]].append(bool(body["endtime"]))
    assert len(ended) == 100
    assert {tuple(course) for course in ended.values()} == {(True,), (False, True)}


@pytest.mark.exhaustive
def test_webhooks_are_mixed_evenly() -> None:
    with partner() as endpoint:
        run_counts = run(
            plan(endpoint.url, webhooks=("alohub.auto-call", "alohub.call-ended"), rate=400, time_scale=1_000)
        )
    ended, told = run_counts.by_webhook["alohub.call-ended"].total, run_counts.by_webhook["alohub.auto-call"].total
    assert 150 < ended < 250
    assert ended + told == run_counts.sent


def test_where_few_files_may_be_open_no_more_are_in_flight_and_the_endpoint_is_not_blamed() -> None:
    few = ("sh", "-c", f'ulimit -n {SPARE + 50}; exec "$@"', "sh")
    with partner(answers_after_s=2) as endpoint, worker(*few) as one:
        one.go(plan(endpoint.url, rate=100))
        run_counts, _ = one.done()
    assert run_counts.unsent == {OPEN_FILES_LIMIT: 50}
    assert run_counts.first == Counts(acknowledged=50)


class Exhausted(Transport):
    """A transport on a machine that has no port to connect from, at the openings with these numbers."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self.numbers = numbers
        self.openings = 0

    async def open(self, url: URL, ends_at: float) -> Connection:
        self.openings += 1
        if self.openings in self.numbers:
            raise OwnFailure("no-free-port", "no free port")
        return await super().open(url, ends_at)


def paced(made: LoadPlan, transport: Transport) -> RunCounts:
    """What a pacer of this process counts."""

    async def run_data() -> RunCounts:
        workload = Workload(made, None, worker=0, serials=Serials(0, 0))
        pacer = Pacer(made, workload, transport, begins_at=perf_counter() + 0.05, index=0, count=1, in_flight=1_000)
        await pacer.run()
        await transport.close()
        return pacer.taken()

    return transport_run(run_data())


def test_without_a_free_port_nothing_was_sent_and_the_endpoint_is_not_blamed() -> None:
    run_counts = paced(plan("http://127.0.0.1:9/hook", duration_s=0.5), Exhausted(*range(1_000)))
    assert run_counts.unsent == {"no-free-port": 50}
    assert (run_counts.scheduled, run_counts.sent, run_counts.calls_sent) == (50, 0, 0)
    assert (run_counts.first, run_counts.causes, run_counts.delivered, run_counts.lost) == (Counts(), {}, 0, 0)
    assert {cell.sent for cell in run_counts.timeline.values()} == {0}


def test_a_retry_without_a_free_port_is_made_when_there_is_one() -> None:
    with partner(always="500 Oops", closes=True) as endpoint:
        transport = Exhausted(2, 3)
        run_counts = paced(plan(endpoint.url, rate=2, duration_s=0.5, time_scale=1_000), transport)
    assert transport.openings == 6
    assert (run_counts.first, run_counts.retries, run_counts.lost) == (Counts(refused=1), Counts(refused=3), 1)
    assert sum(cell.retried for cell in run_counts.timeline.values()) == 3


@pytest.mark.exhaustive
def test_an_endpoint_whose_certificate_nobody_signed_is_loaded_when_that_is_wished() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Endpoint(always_ok, tls=context) as endpoint:
        all_counts = [
            run(plan(str(endpoint.url()), rate=50, insecure=wished, retries=False)) for wished in (True, False)
        ]
    assert [run_counts.first for run_counts in all_counts] == [Counts(acknowledged=50), Counts(failed=50)]
    assert [cause.partition(":")[0] for cause in all_counts[1].causes] == ["tls"]
