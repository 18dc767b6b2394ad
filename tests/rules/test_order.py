from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest

from mock_alohub.attempt import Attempt
from mock_alohub.plan import Request
from tests.fakes import AUTO_CALL, NOW, Partner, answers, counting, replied, trying

EVENTS = ["order.reversed", "order.interleaved", "order.status-change-kept"]


@pytest.mark.parametrize("rule", EVENTS)
def test_a_webhook_of_ended_calls_has_one_event_for_each(rule: str) -> None:
    assert trying(rule).cases == []


def test_the_end_comes_before_the_running_call() -> None:
    ended = [one["endtime"] != "" for one in trying("order.reversed", webhook=AUTO_CALL).payloads]
    assert ended == [True, False]


def test_both_events_are_of_one_call() -> None:
    assert len({one["call_id"] for one in trying("order.reversed", webhook=AUTO_CALL).payloads}) == 1


def test_a_refused_late_event_is_found() -> None:
    tries = trying("order.reversed", answers(replied(200), replied(409)), webhook=AUTO_CALL)
    assert tries.broken_cases == ["ended, then running"]


def test_a_refused_first_event_is_no_matter_of_order() -> None:
    assert trying("order.reversed", answers(replied(422), replied(200)), webhook=AUTO_CALL).findings == []


def test_four_calls_run_at_the_same_time() -> None:
    payloads = trying("order.interleaved", webhook=AUTO_CALL).payloads
    assert [one["endtime"] != "" for one in payloads] == [False] * 4 + [True] * 4


def test_calls_end_in_another_order() -> None:
    ids = [one["call_id"] for one in trying("order.interleaved", webhook=AUTO_CALL).payloads]
    assert [ids[:4].index(one) for one in ids[4:]] == [0, 2, 1, 3]


def test_an_endpoint_that_knows_one_call_at_a_time_is_found() -> None:
    last: list[str] = []

    def forgets(request: Request) -> Attempt:
        event = orjson.loads(request.body)
        known = event["endtime"] == "" or last[-1:] == [event["call_id"]]
        last.append(event["call_id"])
        return replied(200 if known else 404)

    assert trying("order.interleaved", forgets, webhook=AUTO_CALL).findings


def test_an_old_call_ended_three_days_ago() -> None:
    (payload,) = trying("order.old-call").payloads
    ended = datetime.fromisoformat(payload["endtime"])
    assert timedelta(days=2, hours=12) < NOW - ended <= timedelta(days=3)


def test_a_refused_old_call_is_found() -> None:
    assert trying("order.old-call", answers(replied(422))).broken_cases == ["3 days old"]


def test_a_status_change_that_counts_is_fine() -> None:
    assert trying("order.status-change-kept", Partner(), webhook=AUTO_CALL, effects=counting()).findings == []


def _counts_calls(request: Request) -> Attempt:
    return replied(200, b'{"count": 1}')


def test_a_status_change_that_is_dropped_is_found() -> None:
    (finding,) = trying("order.status-change-kept", _counts_calls, webhook=AUTO_CALL, effects=counting()).findings
    assert finding.got == "processed once before it and once after it"


def test_a_refused_status_change_is_left_to_another_rule() -> None:
    refuses = answers(replied(200), replied(200, b'{"count": 1}'), replied(409), replied(200, b'{"count": 1}'))
    tries = trying("order.status-change-kept", refuses, webhook=AUTO_CALL, effects=counting())
    assert (tries.findings, tries.skips) == ([], [])


def test_unreadable_effects_are_no_finding() -> None:
    tries = trying("order.status-change-kept", answers(replied(200)), webhook=AUTO_CALL, effects=counting())
    assert tries.skips == ["the effects URL answered 200 with a body that is not JSON"]
