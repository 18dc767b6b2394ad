"""Background traffic."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from mock_alohub.server.traffic import flow, gap_s
from tests.server.alohub import Mock, partner
from tests.server.asking import asked


def mean(hour: int | None, calls_per_minute: float = 30.0) -> float:
    random = Random(1)
    return sum(gap_s(random, calls_per_minute, hour) for _ in range(4_000)) / 4_000


def test_calls_come_as_often_as_asked_for() -> None:
    assert mean(None) == pytest.approx(2.0, rel=0.1)


def test_by_day_there_are_more_than_by_night() -> None:
    assert mean(10) < 1.0 < 2.0 < mean(3)


def test_calls_keep_coming(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        async with partner(one, "alohub.call-ended") as endpoint:
            flowing = asyncio.create_task(flow(one.station.switchboard, 60_000, seed=1))
            try:
                return len({payload["call_id"] for payload in await endpoint.got(5)})
            finally:
                flowing.cancel()

    assert asked(tmp_path, scenario) >= 5
