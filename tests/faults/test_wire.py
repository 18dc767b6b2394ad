from __future__ import annotations

from mock_alohub.messages.transmission import HangUp
from tests.faults.plans import plans, sent


def test_drop_answer_hangs_up_after_the_request() -> None:
    assert {plan.wire.hang_up for plan in sent("drop-answer", plans(2))} == {HangUp.AFTER_REQUEST}


def test_reset_resets_the_connection() -> None:
    assert {plan.wire.hang_up for plan in sent("reset", plans(2))} == {HangUp.RESET}


def test_truncate_never_sends_the_whole_body() -> None:
    for plan in sent("truncate", plans(50)):
        assert plan.wire.cut_at is not None
        assert 0 <= plan.wire.cut_at < len(plan.message.body)


def test_slow_body_is_sent_in_pieces_with_pauses() -> None:
    (plan,) = sent("slow-body", plans(1))
    assert plan.wire.pieces > 1
    assert plan.wire.pause_s > 0


def test_a_slow_body_is_still_within_the_deadline() -> None:
    (plan,) = sent("slow-body", plans(1))
    assert plan.wire.pieces * plan.wire.pause_s < 5
