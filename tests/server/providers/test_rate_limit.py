from __future__ import annotations

import pytest

from mock_alohub.server.providers.rate_limit import Pace


def test_the_first_is_let_through() -> None:
    assert Pace().wait_s("a", 1.0, 100.0) == 0


def test_the_second_within_a_second_waits_for_the_rest_of_it() -> None:
    pace = Pace()
    pace.wait_s("a", 1.0, 100.0)
    assert pace.wait_s("a", 1.0, 100.25) == pytest.approx(0.75)


def test_a_second_later_it_is_let_through_again() -> None:
    pace = Pace()
    pace.wait_s("a", 1.0, 100.0)
    assert pace.wait_s("a", 1.0, 101.0) == 0


def test_who_was_turned_away_waits_no_longer_for_having_asked() -> None:
    pace = Pace()
    pace.wait_s("a", 1.0, 100.0)
    pace.wait_s("a", 1.0, 100.9)
    assert pace.wait_s("a", 1.0, 101.0) == 0


def test_others_do_not_wait() -> None:
    pace = Pace()
    pace.wait_s("a", 1.0, 100.0)
    assert pace.wait_s("b", 1.0, 100.0) == 0


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    pace = Pace()
    pace.wait_s("a", 1.0, 100.0)
    assert pace.wait_s("a", 1.0, 50.0) == 0


def test_it_does_not_grow_for_ever() -> None:
    pace = Pace()
    for number in range(10_001):
        pace.wait_s(str(number), 1.0, 100.0)
    assert pace.wait_s("0", 1.0, 100.0) == 0
