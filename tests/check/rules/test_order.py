from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import orjson
import pytest

from mock_alohub.check.rules import BY_ID
from mock_alohub.messages.attempt import Attempt
from mock_alohub.messages.transmission import Request
from mock_alohub.specification.specification import Specification
from tests.fakes import AUTO_CALL, CALL_ENDED, NOW, Partner, answers, counting, replied, subject, trying

ACROSS = "order.across-webhooks"
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


def test_what_two_webhooks_say_of_one_call_comes_in_its_order_and_backwards() -> None:
    told = [(one["call_id"], one["endtime"] != "") for one in trying(ACROSS, beside=[AUTO_CALL]).payloads]
    calls = [call for call, _ in told]
    assert [ended for _, ended in told] == [False, True, True, True, True, False]
    assert (len(set(calls[:3])), len(set(calls[3:])), len(set(calls))) == (1, 1, 2)


def test_each_message_is_sent_as_its_own_webhook_is() -> None:
    tries = trying(ACROSS, beside=[AUTO_CALL])
    webhooks = [one.webhook for one in tries.harness.evidence]
    assert webhooks == [one.transmission.message.webhook for one in tries.harness.evidence]
    assert Counter(webhooks) == {CALL_ENDED: 2, AUTO_CALL: 4}


def test_an_event_of_another_webhook_that_is_refused_is_found() -> None:
    tries = trying(ACROSS, answers(*[replied(200)] * 5, replied(409)), beside=[AUTO_CALL])
    assert tries.broken_cases == ["the last first"]


def test_a_refused_first_event_of_several_is_no_matter_of_order() -> None:
    refused_first = answers(replied(422), replied(200), replied(200), replied(422), replied(200))
    assert trying(ACROSS, refused_first, beside=[AUTO_CALL]).findings == []


def test_one_webhook_alone_overtakes_nothing() -> None:
    assert trying(ACROSS).cases == []


@pytest.mark.parametrize("wanted", ["alohub.*", "*.call-*", "*"])
def test_only_webhooks_that_tell_of_one_call_are_sent_together(wanted: str) -> None:
    subjects = [subject(name) for name in Specification.load().names(wanted)]
    cases = list(BY_ID[ACROSS].cases(subjects))
    assert cases
    for case in cases:
        providers = {name.partition(".")[0] for name in (case.webhook, *case.others)}
        assert (len(providers), len(case.others) > 0) == (1, True)
