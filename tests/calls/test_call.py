"""A call is facts, and durations follow from its times."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mock_alohub.calls.call import ENDED_BY, Call, Direction, Outcome, Party
from mock_alohub.vietnam_time import VIETNAM

START = datetime(2024, 1, 13, 15, 0, 30, tzinfo=VIETNAM).replace(tzinfo=None)
CALL = Call(
    id="20240113150030123456",
    outcome=Outcome.ANSWERED,
    direction=Direction.OUTBOUND,
    customer_number="0912345678",
    agent=None,
    hotline="",
    started_at=START,
    answered_at=START + timedelta(seconds=5),
    ended_at=START + timedelta(seconds=300),
    ended_by=Party.CUSTOMER,
    held_s=0,
    recording="20240113150030123456.mp3",
    transaction_id="",
)


def test_the_total_includes_ringing() -> None:
    assert CALL.total_s == 300


def test_the_talk_begins_with_the_answer() -> None:
    assert CALL.talk_s == 295


def test_a_call_nobody_answered_has_no_talk() -> None:
    assert CALL._replace(answered_at=None).talk_s == 0


def test_a_call_of_more_than_a_day_counts_its_days() -> None:
    assert CALL._replace(ended_at=START + timedelta(days=2, seconds=1)).total_s == 172_801


def test_a_call_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        CALL.id = "other"  # type: ignore[misc]


def test_every_outcome_says_who_can_end_it() -> None:
    assert set(ENDED_BY) == set(Outcome)


def test_only_an_answered_or_canceled_call_is_ended_by_the_agent() -> None:
    assert {outcome for outcome, parties in ENDED_BY.items() if Party.AGENT in parties} == {
        Outcome.ANSWERED,
        Outcome.CANCELED,
    }
