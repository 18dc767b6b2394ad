"""Background traffic."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import datetime
from itertools import islice, pairwise, takewhile
from pathlib import Path

import orjson
import pytest

from mock_alohub.calls.distributions import HOURS_PER_MILLE
from mock_alohub.delivery.view import Wanted
from mock_alohub.server.traffic import MOST_AT_ONCE, MOST_WAITING, Came, flow, starts
from tests.server.alohub import Mock, partner
from tests.server.asking import asked

MIDNIGHT = datetime(2026, 1, 13)  # noqa: DTZ001 - local times of Vietnam carry no zone
DAY_S = 86_400


def day(calls_per_minute: float = 10.0, *, seed: int = 1, profile: bool = False) -> list[float]:
    """The starts of a day."""
    return list(takewhile(lambda at: at < DAY_S, starts(seed, MIDNIGHT, calls_per_minute, day_profile=profile)))


@pytest.mark.parametrize("profile", [False, True])
def test_a_day_has_as_many_calls_as_asked_for(profile: bool) -> None:
    assert len(day(profile=profile)) == pytest.approx(10 * 24 * 60, rel=0.05)


def test_each_hour_has_its_share_by_the_day_profile() -> None:
    calls = day(60.0, profile=True)
    hours = Counter(int(at // 3600) for at in calls)
    for hour, per_mille in enumerate(HOURS_PER_MILLE):
        assert hours[hour] == pytest.approx(len(calls) * per_mille / 1000, rel=0.1, abs=60)


def test_without_a_profile_every_hour_is_like_the_others() -> None:
    hours = Counter(int(at // 3600) for at in day(60.0))
    assert max(hours.values()) < 1.2 * min(hours.values())


@pytest.mark.parametrize("profile", [False, True])
def test_calls_come_one_after_the_other(profile: bool) -> None:
    assert all(one <= other for one, other in pairwise(day(profile=profile)))


@pytest.mark.parametrize("profile", [False, True])
def test_one_seed_gives_the_same_starts_and_another_gives_others(profile: bool) -> None:
    assert day(profile=profile) == day(profile=profile) != day(seed=2, profile=profile)


def test_calls_of_one_second_do_not_come_at_once() -> None:
    first = list(islice(starts(1, MIDNIGHT.replace(hour=9), 6_000.0, day_profile=True), 500))
    assert len(set(first)) == 500


def test_a_call_now_and_then_is_possible() -> None:
    assert next(starts(1, MIDNIGHT, 0.0001, day_profile=True)) > 0


async def flowing(one: Mock, counted: Counter[Came], *, waiting: int = 0, calls_per_minute: float = 60_000) -> None:
    """Traffic until something came of a call."""
    news = asyncio.Event()

    def tell(came: Came, calls: int) -> None:
        counted[came] += calls
        news.set()

    task = asyncio.create_task(flow(one.context.switchboard, calls_per_minute, 1, waiting=lambda: waiting, tell=tell))
    await news.wait()
    task.cancel()
    await asyncio.wait([task])


def test_calls_keep_coming(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        async with partner(one, "alohub.call-ended") as endpoint:
            task = asyncio.create_task(flow(one.context.switchboard, 60_000, seed=1))
            try:
                return len({payload["call_id"] for payload in await endpoint.got(5)})
            finally:
                task.cancel()

    assert asked(tmp_path, scenario) >= 5


async def told_of(one: Mock, *webhooks: str) -> list[tuple[str, str]]:
    """Webhook and status of the event, of all that an endpoint wants to know of the first answered call."""
    async with partner(one, *webhooks):
        await flowing(one, Counter())
        views = one.context.engine.deliveries(Wanted(), limit=500).items
        bodies: dict[str, list[tuple[str, str]]] = {}
        for view in reversed(views):
            payload = orjson.loads(one.context.engine.in_full(view.namespace, view.id)[1].body)
            bodies.setdefault(view.call_id, []).append((view.webhook, payload["endtime"] and "ended"))
        return max(bodies.values(), key=len)


def test_an_endpoint_that_names_no_webhooks_gets_all_of_alohubs_in_the_order_of_the_call(tmp_path: Path) -> None:
    events = asked(tmp_path, told_of)
    assert events[0] == ("alohub.auto-call", "")
    assert sorted(events[1:]) == [("alohub.auto-call", "ended"), ("alohub.call-ended", "ended")]


def test_an_endpoint_gets_the_webhooks_that_it_names(tmp_path: Path) -> None:
    events = asked(tmp_path, lambda one: told_of(one, "alohub.auto-call"))
    assert events == [("alohub.auto-call", ""), ("alohub.auto-call", "ended")]


def test_calls_that_were_placed_are_counted(tmp_path: Path) -> None:
    counted: Counter[Came] = Counter()

    async def scenario(one: Mock) -> int:
        await flowing(one, counted)
        return await one.placed()

    assert asked(tmp_path, scenario) >= counted[Came.PLACED] > 0
    assert counted.keys() == {Came.PLACED}


def test_nothing_is_placed_while_too_much_waits(tmp_path: Path) -> None:
    counted: Counter[Came] = Counter()

    async def scenario(one: Mock) -> int:
        await flowing(one, counted, waiting=MOST_WAITING + 1)
        return await one.placed()

    assert asked(tmp_path, scenario) == 0
    assert counted.keys() == {Came.SKIPPED}


def test_a_server_that_was_held_up_does_not_make_up_for_all_of_it(tmp_path: Path) -> None:
    counted: Counter[Came] = Counter()

    async def scenario(one: Mock) -> None:
        over = asyncio.Event()

        def tell(came: Came, calls: int) -> None:
            if not counted:
                time.sleep(0.3)  # the whole process is held up: 5,000 calls would have come meanwhile
            counted[came] += calls
            if counted[Came.SKIPPED]:
                over.set()

        task = asyncio.create_task(flow(one.context.switchboard, 1_000_000, 1, tell=tell))
        await over.wait()
        task.cancel()
        await asyncio.wait([task])

    asked(tmp_path, scenario)
    assert counted[Came.SKIPPED] > MOST_AT_ONCE


def test_traffic_that_is_always_behind_its_time_lets_others_have_their_turn(tmp_path: Path) -> None:
    rounds: list[Came] = []
    begun = asyncio.Event()

    def tell(came: Came, calls: int) -> None:
        rounds.append(came)
        begun.set()
        assert len(rounds) < 5, "nobody else had a turn"

    async def scenario(one: Mock) -> bool:
        task = asyncio.create_task(flow(one.context.switchboard, 60_000_000, 1, tell=tell))
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asked(tmp_path, scenario)
