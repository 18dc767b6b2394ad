"""Times are those of Vietnam, without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mock_alohub.vietnam_time import VIETNAM, local, local_now


def test_an_instant_elsewhere_is_seven_hours_ahead_of_utc() -> None:
    assert local(datetime(2024, 1, 13, 20, 0, tzinfo=UTC)).isoformat(" ") == "2024-01-14 03:00:00"


def test_a_time_without_a_zone_is_local_already() -> None:
    time = datetime(2024, 1, 13, 20, 0, tzinfo=VIETNAM).replace(tzinfo=None)
    assert local(time) == time


def test_now_is_the_present_moment_in_vietnam() -> None:
    assert abs(local_now().replace(tzinfo=VIETNAM) - datetime.now(UTC)) < timedelta(minutes=1)
