"""Calls arrive at random, as often as the hour of the day says."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import islice, pairwise, takewhile
from random import Random

import pytest

from mock_alohub.calls.arrivals import arrivals
from mock_alohub.calls.distributions import HOURS_PER_MILLE
from mock_alohub.vietnam_time import VIETNAM

MIDNIGHT = datetime(2024, 1, 13, tzinfo=VIETNAM).replace(tzinfo=None)
PER_DAY = 2_000


def starts(days: int, *, begin: datetime = MIDNIGHT, per_day: int = PER_DAY) -> list[datetime]:
    end = begin + timedelta(days=days)
    return list(takewhile(lambda at: at < end, arrivals(Random(5).random, begin, per_day)))


def test_a_day_has_as_many_calls_as_asked_for() -> None:
    assert len(starts(50)) / 50 == pytest.approx(PER_DAY, rel=0.02)


def test_each_hour_has_its_share() -> None:
    found = Counter(at.hour for at in starts(100))
    for hour, per_mille in enumerate(HOURS_PER_MILLE):
        expected = per_mille * PER_DAY / 10
        assert abs(found[hour] - expected) < 5 * expected**0.5


def test_the_number_in_an_hour_varies_as_that_of_a_poisson_process() -> None:
    found = Counter((at - MIDNIGHT).days for at in starts(400) if at.hour == 9)
    counts = [found[day] for day in range(400)]
    mean = sum(counts) / 400
    variance = sum((count - mean) ** 2 for count in counts) / 399
    assert variance / mean == pytest.approx(1, abs=0.2)


def test_a_quiet_night_does_not_swallow_the_morning() -> None:
    mornings = Counter((at - MIDNIGHT).days for at in starts(100, per_day=100) if at.hour == 9)
    assert sum(mornings.values()) / 100 == pytest.approx(11.8, rel=0.1)


def test_no_call_starts_before_the_begin() -> None:
    begin = MIDNIGHT + timedelta(hours=9, minutes=59, seconds=59)
    assert next(arrivals(lambda: 0.0, begin, PER_DAY)) >= begin


def test_times_never_go_back() -> None:
    assert all(earlier <= later for earlier, later in pairwise(islice(arrivals(Random(1).random, MIDNIGHT, 9), 2_000)))


def test_times_are_whole_seconds() -> None:
    assert not any(at.microsecond for at in islice(arrivals(Random(1).random, MIDNIGHT, PER_DAY), 1_000))
