from __future__ import annotations

from mock_alohub.check.evidence import Evidence, Exchange, Expect
from mock_alohub.check.rules import BY_ID
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.transmission import FRESH
from tests.fakes import (
    AUTO_CALL,
    LATE,
    FakeSender,
    answers,
    endpoint,
    exchange,
    failed,
    found,
    judging,
    replied,
    skipped,
    subject,
    trying,
)


def _taking(*seconds: float) -> list[Exchange]:
    return [exchange(replied(200, elapsed_s=one)) for one in seconds]


def test_an_acknowledgement_in_time_is_fine() -> None:
    assert found(judging("deadline.within-5s", *_taking(4.9))) == []


def test_a_late_acknowledgement_is_found_with_the_contracts_deadline() -> None:
    (finding,) = found(judging("deadline.within-5s", exchange(), exchange(LATE)))
    assert finding.wanted == "a complete answer within 5.0 s"


def test_a_late_call_of_a_burst_is_left_to_the_burst() -> None:
    assert found(judging("deadline.within-5s", exchange(), exchange(LATE, at_once=20))) == []


def test_a_late_rejection_is_no_matter_of_the_acknowledgements() -> None:
    assert found(judging("deadline.within-5s", exchange(), exchange(LATE, expect=Expect.REJECTED))) == []


def test_where_every_call_was_late_that_is_found() -> None:
    assert len(found(judging("deadline.within-5s", exchange(LATE), exchange(LATE)))) == 2


def test_where_no_call_was_acknowledged_there_is_no_time_to_judge() -> None:
    assert skipped(judging("deadline.within-5s", exchange(replied(500)))) == "no call was acknowledged"


def test_the_calls_of_a_burst_are_sent_together() -> None:
    sender = FakeSender(takes_s=0.1)
    trying("deadline.burst", sender, burst=20)
    assert sender.most_under_way == 20


def test_the_calls_of_a_burst_are_all_different() -> None:
    assert len({one["call_id"] for one in trying("deadline.burst", burst=7).payloads}) == 7


def test_each_call_of_a_burst_has_a_connection_of_its_own() -> None:
    assert {one.wire for one in trying("deadline.burst").sent} == {FRESH}


def test_a_burst_is_held_to_the_contracts_deadline() -> None:
    assert {one.deadline_s for one in trying("deadline.burst").sent} == {5.0}


def test_late_calls_of_a_burst_are_counted() -> None:
    tries = trying("deadline.burst", answers(replied(200), LATE), burst=4)
    assert [finding.got for finding in tries.findings] == ["3 late: no complete answer within 5.0 s"]


def test_lost_calls_of_a_burst_are_counted_apart() -> None:
    tries = trying("deadline.burst", answers(LATE, replied(503), failed(Cause.RESET), replied(200)), burst=4)
    assert [finding.got.partition(":")[0] for finding in tries.findings] == ["1 late", "2 not acknowledged"]


def test_a_fifth_of_the_deadline_is_room_enough() -> None:
    assert found(judging("deadline.headroom", *_taking(*[1.0] * 20))) == []


def test_one_slow_call_in_twenty_is_no_want_of_room() -> None:
    assert found(judging("deadline.headroom", *_taking(*[0.1] * 19, 4.0))) == []


def test_two_slow_calls_in_twenty_are_a_want_of_room() -> None:
    (finding,) = found(judging("deadline.headroom", *_taking(*[0.1] * 18, 3.0, 4.0)))
    assert (finding.got, finding.wanted) == ("3.0 s", "at most 1.0 s, a fifth of the deadline")


def test_room_is_judged_by_the_shortest_of_the_deadlines() -> None:
    judge = BY_ID["deadline.headroom"].judge
    assert judge is not None
    webhooks = [subject(deadline="5s"), subject(AUTO_CALL, deadline="20s")]
    (finding,) = found(judge(Evidence(_taking(*[2.0] * 20)), webhooks, endpoint()))
    assert finding.wanted == "at most 1.0 s, a fifth of the deadline"


def test_a_handful_of_calls_is_needed_to_speak_of_room() -> None:
    assert skipped(judging("deadline.headroom", *_taking(4.0, 4.0))) == "too few calls were acknowledged to say"
