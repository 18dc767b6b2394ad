"""The hostile mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.errors import BadOption
from mock_alohub.messages.message import Message
from mock_alohub.server.hostility import LONGEST_S, SHORTEST_S, Hostility
from tests.server.alohub import Mock
from tests.server.asking import asked, placed, registered

NOW = 1_700_000_000.0
COUNT = 2_000


def new_delivery(number: int, at: float | None = None) -> NewDelivery:
    return NewDelivery(1, Message("alohub.call-ended", str(number), "POST", (), b"{}"), at=at)


PARCELS = [new_delivery(number) for number in range(COUNT)]


def sent(percent: float, seed: int = 1, **more: Any) -> list[NewDelivery]:
    return list(Hostility(percent, seed, **more).over(PARCELS, NOW))


def test_nothing_changes_at_0_percent() -> None:
    assert sent(0) == PARCELS


def test_about_as_many_as_asked_for_are_changed_half_of_them_each_way() -> None:
    after = sent(20)
    assert len(after) - COUNT == pytest.approx(COUNT * 0.1, rel=0.25)
    assert sum(one.at is not None for one in after) == pytest.approx(COUNT * 0.1, rel=0.25)


def test_everything_is_changed_at_100_percent() -> None:
    after = sent(100)
    held = [one for one in after if one.at is not None]
    assert len(after) == 2 * COUNT - len(held)


def test_nothing_is_left_out() -> None:
    assert {one.message.call_id for one in sent(50)} == {one.message.call_id for one in PARCELS}


def test_what_is_held_back_comes_within_three_seconds() -> None:
    waits = [one.at - NOW for one in sent(50) if one.at is not None]
    assert SHORTEST_S <= min(waits) <= max(waits) <= LONGEST_S


def test_it_is_held_back_in_the_servers_time() -> None:
    assert max(one.at - NOW for one in sent(50, time_scale=10) if one.at is not None) <= LONGEST_S / 10


def test_what_is_due_later_is_held_back_from_then_on() -> None:
    (after,) = {one.at for one in Hostility(100, 5).over([new_delivery(1, NOW + 60)], NOW)}
    assert after is not None
    assert after >= NOW + 60


def test_one_seed_does_the_same_again_and_another_does_not() -> None:
    assert sent(20) == sent(20) != sent(20, seed=2)


def test_it_goes_on_from_one_batch_to_the_next_as_in_one() -> None:
    hostility = Hostility(20, 1)
    assert [*hostility.over(PARCELS[:700], NOW), *hostility.over(PARCELS[700:], NOW)] == sent(20)


@pytest.mark.parametrize("percent", [-1, 101, float("nan")])
def test_what_is_no_percentage_is_refused(percent: float) -> None:
    with pytest.raises(BadOption, match="no percentage"):
        Hostility(percent, 1)


def test_a_hostile_server_sends_some_deliveries_twice(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Any:
        await registered(one)
        return await placed(one, count=100)

    answer = asked(tmp_path, scenario, hostile=100.0, seed=3)
    doubled = [call for call in answer["calls"] if len(call["deliveries"]) == 2]
    assert answer["deliveries"] == 100 + len(doubled) > 120
