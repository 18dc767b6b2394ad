from __future__ import annotations

from mock_alohub.messages.transmission import HangUp
from tests.faults.transmissions import sent, transmissions


def test_drop_answer_hangs_up_after_the_request() -> None:
    assert {transmission.wire.hang_up for transmission in sent("drop-answer", transmissions(2))} == {
        HangUp.AFTER_REQUEST
    }


def test_reset_resets_the_connection() -> None:
    assert {transmission.wire.hang_up for transmission in sent("reset", transmissions(2))} == {HangUp.RESET}


def test_truncate_never_sends_the_whole_body() -> None:
    for transmission in sent("truncate", transmissions(50)):
        assert transmission.wire.cut_at is not None
        assert 0 <= transmission.wire.cut_at < len(transmission.message.body)


def test_slow_body_is_sent_in_pieces_with_pauses() -> None:
    (transmission,) = sent("slow-body", transmissions(1))
    assert transmission.wire.pieces > 1
    assert transmission.wire.pause_s > 0


def test_a_slow_body_is_still_within_the_deadline() -> None:
    (transmission,) = sent("slow-body", transmissions(1))
    assert transmission.wire.pieces * transmission.wire.pause_s < 5
