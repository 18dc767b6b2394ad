"""Calls hang together whatever the seed and the wishes, come in the shape of a day, and repeat to the byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.calls import numbers
from mock_alohub.calls.call import ENDED_BY, Agent, Call, Direction, Outcome, Party
from mock_alohub.calls.distributions import HOTLINE_PERCENT, SCENES, TRANSACTION_PERCENT
from mock_alohub.calls.simulator import AGENTS, MOST_AGENTS, Simulator
from mock_alohub.errors import BadOption
from mock_alohub.vietnam_time import VIETNAM

START = datetime(2026, 3, 2, 8, tzinfo=VIETNAM)
SOMEONE = Agent("888", "le.an", "Lê Thị An")
ENDINGS = [(outcome, party) for outcome, parties in ENDED_BY.items() for party in parties]

seeds = st.integers()
starts = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - local times have no zone
seconds = st.integers(0, 20_000)


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, Any]:
    """Any wishes that can be true together."""
    outcome, ended_by = draw(st.sampled_from(ENDINGS))
    wished: dict[str, Any] = {
        "outcome": outcome,
        "ended_by": ended_by,
        "direction": draw(st.sampled_from(Direction)),
        "ring_s": draw(seconds),
        "at": draw(starts),
        "agent": SOMEONE if ended_by is Party.AGENT else draw(st.sampled_from([SOMEONE, None])),
        "hotline": draw(st.sampled_from(["", "19001234"])),
        "transaction_id": draw(st.sampled_from(["", "TRANSID_1111"])),
    }
    if outcome is Outcome.ANSWERED:
        wished["talk_s"] = draw(seconds)
        wished["held_s"] = draw(st.integers(0, wished["talk_s"]))
    kept = draw(st.sets(st.sampled_from(sorted(wished))))
    if "talk_s" in kept and "held_s" in wished:
        kept.add("held_s")
    return {name: value for name, value in wished.items() if name in kept}


def simulator(seed: int = 7, **options: Any) -> Simulator:
    return Simulator(seed, **{"start": START, **options})


def drawn(count: int = 20_000) -> list[Call]:
    return list(simulator().calls(count))


def contradictions(call: Call) -> Iterable[str]:
    """Every invariant of a call that `call` breaks."""
    answered = call.outcome is Outcome.ANSWERED
    answered_at = call.answered_at or call.ended_at
    checks = {
        "starts, is answered, ends": call.started_at <= answered_at <= call.ended_at,
        "held no longer than the talk": 0 <= call.held_s <= call.talk_s,
        "id begins with the start": call.id.startswith(f"{call.started_at:%Y%m%d%H%M%S}"),
        "id has twenty digits": len(call.id) == 20 and call.id.isdigit() and call.id.isascii(),
        "answer time when answered": (call.answered_at is not None) == answered,
        "recording when answered": bool(call.recording) == answered,
        "ended by one who can": call.ended_by in ENDED_BY[call.outcome],
        "ended by an agent who is there": call.agent is not None or call.ended_by is not Party.AGENT,
        "whole seconds": not call.started_at.microsecond and not call.ended_at.microsecond,
        "no zone": call.started_at.tzinfo is None,
    }
    return [name for name, holds in checks.items() if not holds]


@given(seeds, starts)
def test_no_drawn_call_contradicts_itself(seed: int, start: datetime) -> None:
    assert not [found for call in Simulator(seed, start=start).calls(200) for found in contradictions(call)]


@given(seeds, wishes(), st.booleans())
def test_no_wished_for_call_contradicts_itself(seed: int, wished: dict[str, Any], after_midnight: bool) -> None:
    if after_midnight and wished.get("ring_s") == 0:
        wished["ring_s"] = 1
    after_midnight = after_midnight and wished.get("outcome") is Outcome.ANSWERED
    assert not contradictions(simulator(seed).call(**wished, after_midnight=after_midnight))


@given(seeds, wishes())
def test_a_wish_comes_true(seed: int, wished: dict[str, Any]) -> None:
    call = simulator(seed).call(**wished)
    granted = {
        "ring_s": ((call.answered_at or call.ended_at) - call.started_at) // timedelta(seconds=1),
        "at": call.started_at,
    }
    asked = wished | ({"at": wished["at"].replace(microsecond=0)} if "at" in wished else {})
    assert asked == {name: granted[name] if name in granted else getattr(call, name) for name in wished}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(("outcome", "ended_by"), ENDINGS)
def test_every_ending_can_be_had(outcome: Outcome, ended_by: Party, direction: Direction) -> None:
    call = simulator().call(outcome=outcome, ended_by=ended_by, direction=direction)
    assert (call.outcome, call.ended_by, call.direction) == (outcome, ended_by, direction)


@pytest.mark.parametrize("ended_by", Party)
def test_an_ending_alone_draws_an_outcome_that_allows_it(ended_by: Party) -> None:
    maker = simulator()
    assert {maker.call(ended_by=ended_by).outcome for _ in range(300)} <= {
        outcome for outcome, parties in ENDED_BY.items() if ended_by in parties
    }


def test_talk_alone_makes_an_answered_call() -> None:
    assert simulator().call(talk_s=60).outcome is Outcome.ANSWERED


def test_a_wish_for_hold_lengthens_the_talk_to_hold_it() -> None:
    assert simulator().call(held_s=10_000).talk_s >= 10_000


def test_a_call_wished_without_an_agent_is_never_ended_by_one() -> None:
    maker = simulator()
    assert Party.AGENT not in {maker.call(agent=None).ended_by for _ in range(500)}


def test_a_customers_number_can_be_wished() -> None:
    assert simulator().call(customer_number="84912345678").customer_number == "84912345678"


def test_an_instant_in_another_zone_starts_a_call_at_its_local_time() -> None:
    call = simulator().call(at=datetime(2024, 1, 13, 20, tzinfo=UTC))
    assert call.started_at.isoformat(" ") == "2024-01-14 03:00:00"


@given(seeds, st.sampled_from(Outcome), st.integers(1, 20_000))
def test_a_call_after_midnight_ends_on_the_day_after_it_started(seed: int, outcome: Outcome, ring_s: int) -> None:
    call = simulator(seed).call(outcome=outcome, ring_s=ring_s, at=START, after_midnight=True)
    assert call.started_at.date() == START.date()
    assert call.ended_at.date() == START.date() + timedelta(days=1)


@given(seeds)
def test_a_failed_call_can_run_over_midnight(seed: int) -> None:
    call = simulator(seed).call(outcome=Outcome.FAILED, after_midnight=True)
    assert call.started_at.date() < call.ended_at.date()


def test_a_call_longer_than_a_day_can_run_over_the_midnight_after_its_day() -> None:
    call = simulator().call(talk_s=200_000, at=START, after_midnight=True)
    assert call.started_at.date() == START.date()


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        (
            {"outcome": Outcome.FAILED, "ended_by": Party.AGENT},
            "a call with outcome `failed` cannot be ended by `agent`; allowed: `system`",
        ),
        (
            {"outcome": Outcome.BUSY, "talk_s": 5},
            "a call with outcome `busy` has no talk and no hold time; allowed: 0 seconds",
        ),
        (
            {"outcome": Outcome.BUSY, "held_s": 5},
            "a call with outcome `busy` has no talk and no hold time; allowed: 0 seconds",
        ),
        ({"talk_s": 10, "held_s": 11}, "a talk of 10 s cannot be on hold for 11 s; allowed: up to 10 s"),
        ({"ring_s": -1}, "a duration cannot be negative; allowed: 0 seconds or more"),
        ({"talk_s": -1, "outcome": Outcome.ANSWERED}, "a duration cannot be negative; allowed: 0 seconds or more"),
        ({"held_s": -1, "outcome": Outcome.ANSWERED}, "a duration cannot be negative; allowed: 0 seconds or more"),
        ({"ring_s": 10, "talk_s": 604_791}, "a call cannot last 604801 s; allowed: up to 604800 s"),
        (
            {"agent": None, "ended_by": Party.AGENT, "outcome": Outcome.CANCELED},
            "a call without an agent cannot be ended by `agent`; allowed: `system`",
        ),
        (
            {"outcome": Outcome.FAILED, "ring_s": 0, "after_midnight": True},
            "a call of 0 seconds cannot run over midnight; allowed: 1 second or more in all",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_an_impossible_wish_is_a_mistake_that_says_what_is_allowed(wished: dict[str, Any], said: str) -> None:
    with pytest.raises(BadOption) as caught:
        simulator().call(**wished)
    assert caught.value.message == said


@pytest.mark.parametrize("options", [{"agents": 0}, {"agents": MOST_AGENTS + 1}, {"calls_per_day": 0}])
def test_a_call_centre_without_people_or_calls_is_a_mistake(options: dict[str, int]) -> None:
    with pytest.raises(BadOption, match="allowed: 1 "):
        simulator(**options)


def test_the_same_seed_and_start_give_the_same_calls() -> None:
    assert list(simulator(3).calls(500)) == list(simulator(3).calls(500))


def test_another_seed_gives_other_calls() -> None:
    assert next(simulator(3).calls(1)) != next(simulator(4).calls(1))


def test_the_start_changes_times_and_ids_but_not_the_people() -> None:
    early, late = simulator(), simulator(start=START + timedelta(days=1))
    assert [call.agent for call in early.calls(100)] == [call.agent for call in late.calls(100)]


def test_no_two_calls_share_an_id() -> None:
    calls = drawn()
    assert len({call.id for call in calls}) == len(calls)


def test_calls_of_one_second_have_different_ids() -> None:
    maker = simulator()
    assert len({maker.call(at=START).id for _ in range(20_000)}) == 20_000


def test_runs_that_start_a_microsecond_apart_share_no_id() -> None:
    runs = [simulator(start=START + timedelta(microseconds=shift)) for shift in range(20)]
    ids = [run.call(at=START).id for run in runs for _ in range(50)]
    assert len(set(ids)) == len(ids)


def test_an_id_has_six_digits_after_the_start_even_when_the_counter_wraps() -> None:
    maker = simulator()
    serials = [int(maker.call(at=START).id[14:]) for _ in range(3)]
    assert all(later in (earlier + 1, 100_000) for earlier, later in pairwise(serials))


def test_calls_come_in_the_order_in_which_they_start() -> None:
    assert all(earlier.started_at <= later.started_at for earlier, later in pairwise(drawn(2_000)))


def test_no_call_starts_before_the_simulator() -> None:
    assert next(simulator().calls(1)).started_at >= START.replace(tzinfo=None)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.direction} {scene.outcome}")
def test_each_scene_comes_by_its_share(scene: Any) -> None:
    found = Counter((call.direction, call.outcome) for call in drawn())
    expected = scene.per_mille * 20
    assert abs(found[scene.direction, scene.outcome] - expected) < 4 * expected**0.5


def test_half_of_the_answered_calls_talk_for_less_than_a_minute_and_a_half() -> None:
    talks = sorted(call.talk_s for call in drawn() if call.outcome is Outcome.ANSWERED)
    assert talks[len(talks) // 2] == pytest.approx(95, rel=0.05)


def test_an_eighth_of_the_answered_calls_is_held() -> None:
    answered = [call for call in drawn() if call.outcome is Outcome.ANSWERED]
    assert sum(call.held_s > 0 for call in answered) / len(answered) == pytest.approx(0.12, abs=0.01)


@pytest.mark.parametrize("direction", Direction)
def test_hotlines_come_by_their_share(direction: Direction) -> None:
    calls = [call for call in drawn() if call.direction is direction]
    share = 100 * sum(call.hotline != "" for call in calls) / len(calls)
    assert share == pytest.approx(HOTLINE_PERCENT[direction], abs=2)


@pytest.mark.parametrize("direction", Direction)
def test_transaction_ids_come_by_their_share(direction: Direction) -> None:
    calls = [call for call in drawn() if call.direction is direction]
    share = 100 * sum(call.transaction_id != "" for call in calls) / len(calls)
    assert share == pytest.approx(TRANSACTION_PERCENT[direction], abs=2)


def test_some_calls_of_a_month_run_over_midnight() -> None:
    month = islice(simulator().calls(60_000), 60_000)
    assert any(call.started_at.date() != call.ended_at.date() for call in month)


def test_every_agent_has_an_extension_and_an_account_of_their_own() -> None:
    agents = {call.agent for call in drawn() if call.agent}
    assert len(agents) == len({one.extension for one in agents}) == len({one.account for one in agents}) == AGENTS


def test_namesakes_are_told_apart_by_a_number() -> None:
    calls = simulator(agents=400).calls(8_000)
    accounts = {call.agent.account for call in calls if call.agent}
    assert any(account.endswith("2") for account in accounts)
    assert len(accounts) == 400


def test_customers_call_from_mobile_numbers() -> None:
    assert all(numbers.MOBILE.fullmatch(call.customer_number) for call in drawn(500))
