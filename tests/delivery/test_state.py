from __future__ import annotations

import pytest

from mock_alohub.delivery.state import (
    Attempting,
    BadMove,
    Canceled,
    Dead,
    Delivered,
    State,
    StateName,
    Waiting,
    canceled,
    resent,
)
from mock_alohub.messages.attempt import Cause

WAITING = Waiting(5.0)
ATTEMPTING = Attempting(4.0)
DELIVERED = Delivered(3.0)
DEAD = Dead(3.0, Cause.REFUSED)
CANCELED = Canceled(3.0)
ALL: list[State] = [WAITING, ATTEMPTING, DELIVERED, DEAD, CANCELED]


def test_every_state_has_a_name_of_its_own() -> None:
    assert [state.name for state in ALL] == list(StateName)


@pytest.mark.parametrize("state", [WAITING, ATTEMPTING])
def test_what_has_not_ended_can_be_canceled(state: State) -> None:
    assert canceled(state, 9.0) == Canceled(9.0)


@pytest.mark.parametrize("state", [DELIVERED, DEAD, CANCELED])
def test_what_has_ended_cannot_be_canceled(state: State) -> None:
    with pytest.raises(BadMove, match=f"is {state.name} already"):
        canceled(state, 9.0)


@pytest.mark.parametrize("state", [WAITING, DELIVERED, DEAD, CANCELED])
def test_whatever_is_not_under_way_can_be_resent(state: State) -> None:
    assert resent(state, 9.0) == Waiting(9.0)


def test_what_is_under_way_cannot_be_resent() -> None:
    with pytest.raises(BadMove, match="under way"):
        resent(ATTEMPTING, 9.0)
