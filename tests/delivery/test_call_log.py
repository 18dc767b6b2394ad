"""Calls are kept in the file, found again, and forgotten in time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_alohub.calls.call import Call, Direction, Outcome
from mock_alohub.calls.simulator import Simulator
from mock_alohub.delivery.call_log import CallLog, Found, Search, _condition
from mock_alohub.delivery.store import StoreTrouble

START = datetime(2024, 1, 13, 8, 0, 0)  # noqa: DTZ001 - local times of Vietnam carry no zone
LATER = 1e12
"""A moment by which every call is over."""


def unix(moment: datetime) -> float:
    """Stands for the switchboard's clock."""
    return (moment - START).total_seconds()


@cache
def calls(count: int = 60) -> tuple[Call, ...]:
    return tuple(Simulator(7, start=START, agents=5).calls(count))


@asynccontextmanager
async def opened(path: Path, **options: Any) -> AsyncIterator[CallLog]:
    log = CallLog(path, unix, **options)
    try:
        yield log
    finally:
        await log.close()


def found(path: Path, search: Search, kept: Sequence[Call] = (), **page: int) -> Found:
    async def scenario() -> Found:
        async with opened(path) as log:
            log.keep("default", kept)
            await log.written()
            return log.find(search, **page)

    return asyncio.run(scenario())


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "calls.db"
    found(path, Search("default", LATER), calls())
    return path


def test_a_call_is_found_as_it_was(tmp_path: Path) -> None:
    assert found(tmp_path / "a.db", Search("default", LATER), calls(1)).calls == calls(1)


def test_calls_are_found_after_a_restart(full: Path) -> None:
    assert set(found(full, Search("default", LATER), limit=100).calls) == set(calls())


def test_the_latest_call_comes_first(full: Path) -> None:
    starts = [call.started_at for call in found(full, Search("default", LATER), limit=100).calls]
    assert all(later >= earlier for later, earlier in pairwise(starts))


def test_a_call_that_is_not_over_is_not_found(tmp_path: Path) -> None:
    (call,) = calls(1)
    assert found(tmp_path / "a.db", Search("default", unix(call.ended_at) - 1), [call]) == Found((), 0)


def test_calls_of_another_namespace_are_not_found(full: Path) -> None:
    assert found(full, Search("other", LATER)).total == 0


def test_a_call_of_a_known_id_takes_the_others_place(tmp_path: Path) -> None:
    (call,) = calls(1)
    again = call._replace(transaction_id="AGAIN")
    assert found(tmp_path / "a.db", Search("default", LATER), [call, again]).calls == (again,)


SOMEONE = next(call.agent for call in calls() if call.agent)
CRITERIA: list[tuple[dict[str, Any], Callable[[Call], bool]]] = [
    ({"call_id": calls()[3].id}, lambda call: call.id == calls()[3].id),
    ({"customer": calls()[3].customer_number}, lambda call: call.customer_number == calls()[3].customer_number),
    ({"direction": Direction.INBOUND}, lambda call: call.direction is Direction.INBOUND),
    ({"outcomes": (Outcome.BUSY, Outcome.FAILED)}, lambda call: call.outcome in {Outcome.BUSY, Outcome.FAILED}),
    ({"outcomes": ()}, lambda call: False),
    ({"since": calls()[20].started_at}, lambda call: call.started_at >= calls()[20].started_at),
    ({"until": calls()[20].started_at}, lambda call: call.started_at <= calls()[20].started_at),
    ({"extensions": (SOMEONE.extension,)}, lambda call: call.agent == SOMEONE),
    ({"accounts": (SOMEONE.account, "nobody")}, lambda call: call.agent == SOMEONE),
    ({"transaction_id": "TRANSID_0"}, lambda call: call.transaction_id == "TRANSID_0"),
    ({"transaction_id": ""}, lambda call: False),
]


@pytest.mark.parametrize(("criteria", "fits"), CRITERIA, ids=[", ".join(one) for one, _ in CRITERIA])
def test_a_search_finds_those_that_fit_and_no_others(
    full: Path, criteria: dict[str, Any], fits: Callable[[Call], bool]
) -> None:
    wanted = {call.id for call in calls() if fits(call)}
    assert {call.id for call in found(full, Search("default", LATER, **criteria), limit=100).calls} == wanted


def test_criteria_together_find_what_fits_all_of_them(full: Path) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from(CRITERIA), max_size=4), st.integers(0, 86_400))
    def holds(chosen: list[tuple[dict[str, Any], Callable[[Call], bool]]], now: int) -> None:
        # Of two values for one criterion the last one counts, in the search as here.
        fits = {name: fit for criteria, fit in chosen for name in criteria}
        search = Search("default", now, **{name: value for criteria, _ in chosen for name, value in criteria.items()})
        wanted = {call.id for call in calls() if unix(call.ended_at) <= now and all(fit(call) for fit in fits.values())}
        answer = found(full, search, limit=100)
        assert ({call.id for call in answer.calls}, answer.total) == (wanted, len(wanted))

    holds()


def test_a_call_is_found_by_the_partners_id(full: Path) -> None:
    wanted = next(call for call in calls() if call.transaction_id)
    assert found(full, Search("default", LATER, transaction_id=wanted.transaction_id)).calls == (wanted,)


def test_what_stands_in_a_search_is_data(full: Path) -> None:
    assert found(full, Search("default", LATER, transaction_id="' OR 1=1 --")).total == 0


def test_the_pages_together_are_all_calls_each_once(full: Path) -> None:
    @settings(max_examples=30, deadline=None)
    @given(limit=st.integers(1, 70))
    def holds(limit: int) -> None:
        async def scenario() -> list[Call]:
            async with opened(full) as log:
                search = Search("default", LATER)
                pages = [log.find(search, offset=offset, limit=limit) for offset in range(0, len(calls()), limit)]
                assert {page.total for page in pages} == {len(calls())}
                return [call for page in pages for call in page.calls]

        assert asyncio.run(scenario()) == list(reversed(sorted_calls()))

    holds()


def sorted_calls() -> list[Call]:
    return sorted(calls(), key=lambda call: call.started_at)


def test_a_page_behind_the_last_is_empty_and_knows_the_total(full: Path) -> None:
    assert found(full, Search("default", LATER), offset=10**15) == Found((), len(calls()))


def test_a_recording_leads_to_its_call(tmp_path: Path) -> None:
    call = next(call for call in calls() if call.recording)

    async def scenario() -> Call | None:
        async with opened(tmp_path / "a.db") as log:
            log.keep("default", calls())
            await log.written()
            return log.recorded("default", call.recording, LATER)

    assert asyncio.run(scenario()) == call


def test_a_recording_is_not_there_before_its_call_is_over(tmp_path: Path) -> None:
    call = next(call for call in calls() if call.recording)

    async def scenario() -> Call | None:
        async with opened(tmp_path / "a.db") as log:
            log.keep("default", [call])
            await log.written()
            return log.recorded("default", call.recording, unix(call.ended_at) - 1)

    assert asyncio.run(scenario()) is None


def test_no_call_has_the_recording_without_a_name(full: Path) -> None:
    async def scenario() -> Call | None:
        async with opened(full) as log:
            return log.recorded("default", "", LATER)

    assert asyncio.run(scenario()) is None


def test_a_running_call_is_over_sooner_when_the_clock_is_moved(tmp_path: Path) -> None:
    (call,) = calls(1)
    before = unix(call.ended_at) - 600

    async def scenario() -> int:
        async with opened(tmp_path / "a.db") as log:
            log.keep("default", [call])
            await log.advance("default", 600, before)
            return log.find(Search("default", before)).total

    assert asyncio.run(scenario()) == 1


def test_moving_the_clock_leaves_other_namespaces_alone(tmp_path: Path) -> None:
    (call,) = calls(1)
    before = unix(call.ended_at) - 600

    async def scenario() -> int:
        async with opened(tmp_path / "a.db") as log:
            log.keep("default", [call])
            await log.advance("other", 600, before)
            return log.find(Search("default", before)).total

    assert asyncio.run(scenario()) == 0


def test_a_reset_forgets_one_namespace(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, int]:
        async with opened(tmp_path / "a.db") as log:
            log.keep("one", calls(3))
            log.keep("two", calls(3))
            await log.reset("one")
            return log.find(Search("one", LATER)).total, log.find(Search("two", LATER)).total

    assert asyncio.run(scenario()) == (0, 3)


def test_the_oldest_calls_go_when_there_are_too_many(tmp_path: Path) -> None:
    async def scenario() -> set[str]:
        async with opened(tmp_path / "a.db", keep=10) as log:
            for call in calls():
                log.keep("default", [call])
            await log.written()
            return {call.id for call in log.find(Search("default", LATER)).calls}

    assert asyncio.run(scenario()) == {call.id for call in calls()[-10:]}


def test_a_write_that_failed_is_told_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with opened(tmp_path / "a.db") as log:
            log._writing.execute("PRAGMA query_only = TRUE")
            log.keep("default", calls(3))
            with pytest.raises(StoreTrouble):
                await log.written()
            log._writing.execute("PRAGMA query_only = FALSE")

    asyncio.run(scenario())
    assert [one.levelname for one in caplog.records] == ["WARNING"]
    assert "calls cannot be written to the log" in caplog.text


def test_a_write_that_failed_is_made_again(tmp_path: Path) -> None:
    async def scenario() -> int:
        async with opened(tmp_path / "a.db") as log:
            log._writing.execute("PRAGMA query_only = TRUE")
            log.keep("default", calls(3))
            with pytest.raises(StoreTrouble, match="cannot be written"):
                await log.written()
            log._writing.execute("PRAGMA query_only = FALSE")
            await log.written()
            return log.find(Search("default", LATER)).total

    assert asyncio.run(scenario()) == 3


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        ({}, "calls_by_time"),
        ({"transaction_id": "x"}, "calls_by_transaction"),
        ({"customer": "x"}, "calls_by_customer"),
        ({"call_id": "x"}, "calls_by_id"),
        ({"outcomes": (Outcome.BUSY,)}, "COVERING INDEX calls_by_time"),
        ({"extensions": ("888",)}, "COVERING INDEX calls_by_time"),
        ({"accounts": ("agent",)}, "COVERING INDEX calls_by_time"),
    ],
)
def test_a_search_goes_by_an_index(full: Path, criteria: dict[str, Any], index: str) -> None:
    where, values = _condition(Search("default", LATER, **criteria))
    with sqlite3.connect(full) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT number FROM calls WHERE {where}", values).fetchall()
    connection.close()
    assert index in plan[0][3]
