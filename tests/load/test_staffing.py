"""What a rate means for a call centre."""

from __future__ import annotations

from datetime import datetime
from statistics import fmean

import pytest

from mock_alohub.calls.simulator import Simulator
from mock_alohub.load.staffing import OCCUPANCY, agents_for, assumption, handling_s
from mock_alohub.vietnam_time import VIETNAM


def test_a_call_keeps_an_agent_as_long_as_the_simulator_says() -> None:
    calls = list(Simulator(3, start=datetime(2024, 1, 13, 8, tzinfo=VIETNAM)).calls(20_000))
    spent = [(call.ended_at - call.started_at).total_seconds() if call.agent else 0.0 for call in calls]
    assert handling_s() == pytest.approx(fmean(spent), rel=0.03)


def test_agents_are_those_whose_time_the_calls_fill() -> None:
    assert agents_for(100) == pytest.approx(100 * handling_s() / OCCUPANCY, rel=0.05)


def test_the_number_of_agents_is_one_that_is_easily_said() -> None:
    assert agents_for(180) == 24_000
    assert agents_for(0.001) == 1


def test_what_is_assumed_is_said() -> None:
    assert f"{handling_s():.0f} s" in assumption()
    assert "85%" in assumption()
