from __future__ import annotations

import asyncio
import time

from mock_alohub.clock import WallTime


def test_wall_time_is_the_time_of_this_machine() -> None:
    before = time.time()
    assert before <= WallTime().now() <= time.time()


def test_what_is_set_for_a_moment_happens_then() -> None:
    async def rung_at(at: float) -> float:
        rung = asyncio.Event()
        WallTime().call_at(at, rung.set)
        await asyncio.wait_for(rung.wait(), 10)
        return time.time()

    at = time.time() + 0.05
    assert asyncio.run(rung_at(at)) >= at - 0.005


def test_a_moment_that_has_passed_is_now() -> None:
    async def story() -> None:
        rung = asyncio.Event()
        WallTime().call_at(0.0, rung.set)
        await asyncio.wait_for(rung.wait(), 10)

    asyncio.run(story())


def test_an_alarm_that_is_called_off_does_not_ring() -> None:
    async def story() -> list[str]:
        heard: list[str] = []
        done = asyncio.Event()
        clock = WallTime()
        now = clock.now()
        clock.call_at(now + 0.01, lambda: heard.append("off")).cancel()
        clock.call_at(now + 0.02, done.set)
        await asyncio.wait_for(done.wait(), 10)
        return heard

    assert asyncio.run(story()) == []
