from __future__ import annotations

from collections import Counter

import pytest

from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.transmission import FRESH, HangUp, Request
from tests.fakes import FakeSender, Partner, answers, counting, failed, replied, trying


def test_copies_are_the_same_bytes() -> None:
    assert len(set(trying("idempotency.duplicate").bodies)) == 1


def test_a_refused_copy_is_found() -> None:
    assert len(trying("idempotency.duplicate", answers(replied(200), replied(409))).findings) == 2


def test_a_refused_first_one_is_no_matter_of_duplicates() -> None:
    assert trying("idempotency.duplicate", answers(replied(500), replied(200))).findings == []


def test_copies_can_arrive_together() -> None:
    sender = FakeSender(takes_s=0.1)
    trying("idempotency.concurrent", sender)
    assert sender.most_under_way == 5


def test_copies_that_arrive_together_come_over_connections_of_their_own() -> None:
    assert {one.wire for one in trying("idempotency.concurrent").sent} == {FRESH}


def test_a_single_worker_has_time_for_all_copies() -> None:
    assert {one.deadline_s for one in trying("idempotency.concurrent").sent} == {25.0}


def test_one_refused_copy_of_many_is_found() -> None:
    conflicted = answers(replied(200), replied(500), replied(200))
    assert len(trying("idempotency.concurrent", conflicted).findings) == 1


def test_the_sender_hangs_up_in_each_way() -> None:
    hang_ups = [one.wire.hang_up for one in trying("idempotency.after-abort").sent]
    assert hang_ups == [HangUp.AFTER_REQUEST, None, HangUp.RESET, None]


def test_after_a_hang_up_the_same_bytes_come_again() -> None:
    bodies = trying("idempotency.after-abort").bodies
    assert bodies[0::2] == bodies[1::2]


def test_only_the_retry_is_judged() -> None:
    cut = failed(Cause.HUNG_UP)
    assert trying("idempotency.after-abort", answers(cut, replied(200), cut, replied(200))).findings == []


def test_a_refused_retry_is_found() -> None:
    assert len(trying("idempotency.after-abort", answers(replied(409))).findings) == 2


def test_a_partner_who_remembers_processes_duplicates_once() -> None:
    assert trying("idempotency.processed-once", Partner(), effects=counting()).findings == []


class _Forgetful:
    """Processes whatever comes."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, request: Request) -> Attempt:
        if request.method == "GET":
            count = self.counts[request.url.target.rpartition("/")[2]]
            return replied(200, str(count).encode())
        self.counts[request.body.decode().split('"')[3]] += 1
        return replied(200)


def test_copies_that_are_never_answered_are_found() -> None:
    assert trying("idempotency.concurrent", lambda request: failed(Cause.DEADLINE)).findings


def test_a_retry_that_is_never_answered_is_found() -> None:
    assert trying("idempotency.after-abort", lambda request: failed(Cause.DEADLINE)).findings


def test_a_partner_who_forgets_is_found() -> None:
    tries = trying("idempotency.processed-once", _Forgetful(), effects=counting(""))
    assert [finding.got for finding in tries.findings] == [
        "processed 3 times",
        "processed 5 times",
        "processed twice",
        "processed twice",
    ]


def test_an_acknowledged_call_that_is_never_processed_is_found() -> None:
    tries = trying(
        "idempotency.processed-once",
        lambda request: replied(404 if request.method == "GET" else 200),
        effects=counting(),
    )
    assert {finding.got for finding in tries.findings} == {"processed not at all"}


def test_without_an_acknowledged_copy_nothing_is_said_of_processing() -> None:
    tries = trying("idempotency.processed-once", answers(replied(404)), effects=counting())
    assert set(tries.skips) == {"no copy was acknowledged"}


@pytest.mark.parametrize("rule", ["idempotency.processed-once", "idempotency.distinct-calls"])
def test_unreadable_effects_are_no_finding(rule: str) -> None:
    tries = trying(rule, lambda request: replied(503 if request.method == "GET" else 200), effects=counting())
    assert tries.findings == []
    assert set(tries.skips) == {"the effects URL answered 503, wanted 200 (or 404 for an unknown call)"}


def test_distinct_calls_differ_in_their_id_and_what_is_made_of_it() -> None:
    one, two, *_ = trying("idempotency.distinct-calls", Partner(), effects=counting()).payloads
    assert {name for name in one if one[name] != two[name]} == {"call_id"}


def test_distinct_calls_that_are_both_processed_are_fine() -> None:
    assert trying("idempotency.distinct-calls", Partner(), effects=counting()).findings == []


def test_a_call_taken_for_another_is_found() -> None:
    partner, times = Partner(), set[str]()

    def mixes_up(request: Request) -> Attempt:
        if request.method == "GET":
            return partner(request)
        start = request.body.decode().partition('"starttime":"')[2][:19]
        if start in times:
            return replied(200)
        times.add(start)
        return partner(request)

    tries = trying("idempotency.distinct-calls", mixes_up, effects=counting())
    assert [finding.got for finding in tries.findings] == ["not processed"]


def test_a_refused_call_need_not_be_processed() -> None:
    tries = trying("idempotency.distinct-calls", answers(replied(422), replied(422), replied(404)), effects=counting())
    assert tries.findings == []
