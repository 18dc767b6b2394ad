import json
import signal
import socket
from contextlib import closing

import pytest

from mock_alohub.load.counts import Counts
from tests.load.generators import plan, run, worker
from tests.load.partner import partner


def test_every_departure_is_made_and_counted() -> None:
    with partner() as endpoint:
        run_counts = run(plan(endpoint.url, rate=200, duration_s=2))
    assert (run_counts.scheduled, run_counts.sent, run_counts.calls, run_counts.calls_sent) == (400, 400, 400, 400)
    assert (run_counts.unsent, run_counts.first, run_counts.delivered) == ({}, Counts(acknowledged=400), 400)
    assert len(endpoint.heard.came_at) == 400


def test_the_news_add_up_to_the_whole_second_by_second() -> None:
    with partner() as endpoint:
        run_counts = run(plan(endpoint.url, rate=100, duration_s=2))
    assert [run_counts.timeline[second].sent for second in (0, 1)] == [100, 100]
    assert sum(cell.acknowledged for cell in run_counts.timeline.values()) == 200
    assert run_counts.latencies.count == run_counts.lag.count == 200


@pytest.mark.exhaustive
def test_two_generators_make_the_whole_schedule_between_them() -> None:
    with partner() as endpoint, worker() as one, worker() as two:
        one.go(plan(endpoint.url), index=0, count=2)
        two.go(plan(endpoint.url), index=1, count=2)
        all_counts = one.done()[0], two.done()[0]
    assert [run_counts.sent for run_counts in all_counts] == [50, 50]
    assert len(set(endpoint.heard.call_ids)) == 100


def test_a_share_is_another_from_a_second_on() -> None:
    with partner() as endpoint, worker() as one:
        one.go(plan(endpoint.url, duration_s=2), index=0, count=2)
        one.order(share={"step": 1, "from_s": 1.0, "index": 0, "count": 1})
        run_counts, _ = one.done()
    assert {second: cell.sent for second, cell in run_counts.timeline.items() if cell.sent} == {0: 50, 1: 100}


@pytest.mark.exhaustive
def test_one_step_follows_the_other_and_no_call_is_told_twice() -> None:
    with partner() as endpoint, worker() as one:
        one.go(plan(endpoint.url), step=1)
        first, _ = one.done()
        one.go(plan(endpoint.url), step=2)
        second, word = one.done()
    assert (first.sent, second.sent, word["step"]) == (100, 100, 2)
    assert len(set(endpoint.heard.call_ids)) == 200


def test_stopped_it_ends_at_once_and_says_what_it_counted() -> None:
    with partner(answers_after_s=4) as endpoint, worker() as one:
        one.go(plan(endpoint.url, duration_s=60))
        run_counts = one.news()["beat"]["counts"]
        one.order(stop={"step": 1})
        rest, word = one.done()
    assert word["stopped"]
    sent = run_counts["sent"] + rest.sent
    assert sent == rest.undecided > 0
    assert rest.elapsed_s < 30


def test_the_end_of_its_input_ends_it_and_still_gives_what_was_counted() -> None:
    with partner() as endpoint, worker() as one:
        one.go(plan(endpoint.url, duration_s=60))
        one.news()
        assert one.process.stdin is not None
        one.process.stdin.close()
        _, word = one.done()
        assert one.process.wait(60) == 0
    assert word["stopped"]


def test_a_signal_to_end_stops_it() -> None:
    with partner() as endpoint, worker() as one:
        one.go(plan(endpoint.url, duration_s=60))
        one.news()
        one.process.send_signal(signal.SIGTERM)
        assert one.done()[1]["stopped"]
        assert one.process.wait(60) == 0


def test_what_the_user_can_put_right_is_told_and_the_generator_lives_on() -> None:
    with partner() as endpoint, worker() as one:
        made = plan(endpoint.url)
        broken = {**made.as_dict(), "webhooks": ["alohub.call-end"]}
        one.order(go={"step": 1, "plan": broken, "begins_in_s": 0, "index": 0, "count": 1, "worker": 0})
        mistake = one.news()["mistake"]
        one.go(made)
        assert one.done()[0].sent == 100
    assert (mistake["exit_code"], "did you mean `alohub.call-ended`" in mistake["message"]) == (2, True)


def test_an_order_that_does_not_exist_is_a_mistake() -> None:
    with worker() as one:
        one.order(jump={})
        assert "jump" in one.news()["mistake"]["message"]


def test_the_key_comes_by_the_environment_and_is_in_nothing_that_is_said() -> None:
    key = "0123456789abcdef-secret"
    with partner(echoes=True) as endpoint, worker(MOCK_ALOHUB_KEY=key) as one:
        one.go(plan(endpoint.url, rate=20, retries=False))
        run_counts, _ = one.done()
    assert run_counts.first.failed == 20
    assert run_counts.causes
    assert key[:8] not in json.dumps(run_counts.as_dict())


def test_where_nobody_listens_every_attempt_has_failed_and_nothing_waits() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        port = sock.getsockname()[1]
    run_counts = run(plan(f"http://127.0.0.1:{port}/hook", retries=False))
    assert (run_counts.sent, run_counts.first, run_counts.lost) == (100, Counts(failed=100), 100)
    (cause,) = run_counts.causes
    assert cause.startswith("refused: connection refused")
    assert run_counts.latencies.count == 0
