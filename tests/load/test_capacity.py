"""The search for the highest rate that holds, over endpoints whose capacity is known here and hidden from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.errors import BadOption
from mock_alohub.load.capacity import (
    LEAST_RATE,
    Answer,
    CapacityOptions,
    StepPlan,
    StepResult,
    answer_of,
    growing,
    growth,
    next_step,
    rounded,
)

OPTIONS = CapacityOptions()
PATIENT = CapacityOptions(time_budget_s=3_600)
CAPACITIES = st.floats(1.0, 900.0)


@dataclass
class Hidden:
    """An endpoint that takes `capacity` calls/s; of the steps it could take, `whims` (a share) break by a little."""

    capacity: float
    whims: float = 0.0
    generator: float = 1e9
    random: Random = field(default_factory=lambda: Random(1))

    def step(self, planned: StepPlan) -> StepResult:
        rate, seconds = planned.rate, planned.duration_s
        if rate > self.generator:
            return StepResult(rate, seconds, kept=False, because="no CPU left", offered=False)
        if rate > self.capacity:
            waits_s = seconds * (rate / self.capacity - 1)
            late = int(rate * seconds * max(0.0, 1 - 5 / waits_s))
            return StepResult(rate, seconds, kept=False, because="late answers", late=late)
        if self.random.random() < self.whims:
            return StepResult(rate, seconds, kept=False, because="a whim", refused=1)
        return StepResult(rate, seconds, kept=True)


@dataclass
class Searched:
    answer: Answer
    steps: list[StepResult]
    spent_s: float


def search(endpoint: Hidden, options: CapacityOptions = OPTIONS) -> Searched:
    steps: list[StepResult] = []
    spent_s = 0.0
    for _ in range(500):
        found = next_step(steps, options, spent_s)
        if isinstance(found, Answer):
            return Searched(found, steps, spent_s)
        spent_s += found.pause_s + found.duration_s
        steps.append(endpoint.step(found))
    raise AssertionError("the search does not end")


@given(CAPACITIES)
def test_what_holds_is_within_the_capacity_and_what_breaks_is_beyond(capacity: float) -> None:
    answer = search(Hidden(capacity), PATIENT).answer
    assert answer.holds_per_s is not None
    assert answer.breaks_per_s is not None
    assert answer.holds_per_s <= capacity < answer.breaks_per_s


@given(CAPACITIES)
def test_what_holds_and_what_breaks_are_near_each_other(capacity: float) -> None:
    answer = search(Hidden(capacity), PATIENT).answer
    assert answer.holds_per_s is not None
    assert answer.breaks_per_s is not None
    # Two figures below 100: from 1 to 1.1 there is nothing between.
    assert answer.breaks_per_s <= answer.holds_per_s * 1.11


@given(CAPACITIES)
def test_five_minutes_suffice_for_an_endpoint_without_whims(capacity: float) -> None:
    assert search(Hidden(capacity)).answer.confirmed


@given(CAPACITIES, st.randoms(use_true_random=False))
def test_an_endpoint_with_whims_is_never_said_to_hold_more_than_it_can(capacity: float, random: Random) -> None:
    answer = search(Hidden(capacity, whims=0.2, random=random), PATIENT).answer
    assert answer.holds_per_s is None or answer.holds_per_s <= capacity


def test_an_endpoint_with_few_whims_is_mostly_given_what_it_can() -> None:
    answers = [search(Hidden(180, whims=0.1, random=Random(seed)), PATIENT).answer for seed in range(200)]
    fair = sum(answer.holds_per_s is not None and answer.holds_per_s >= 150 for answer in answers)
    assert fair > 160


def test_one_whim_does_not_end_the_rise() -> None:
    whim = StepResult(40, 8, kept=False, because="a whim", refused=1)
    history = [StepResult(10, 8, kept=True), StepResult(20, 8, kept=True), whim]
    assert next_step(history, OPTIONS, 30) == StepPlan(40, 8, OPTIONS.recovery_s)


def test_a_step_that_broke_by_much_is_not_tried_again() -> None:
    gross = StepResult(40, 8, kept=False, because="late answers", late=200)
    found = next_step([StepResult(20, 8, kept=True), gross], OPTIONS, 30)
    assert isinstance(found, StepPlan)
    assert 20 < found.rate < 40


def test_the_rate_doubles_while_it_holds() -> None:
    assert [step.rate for step in search(Hidden(1e6)).steps][:5] == [10, 20, 40, 80, 160]


def test_the_answer_was_held_for_longer_than_a_step() -> None:
    found = search(Hidden(180))
    assert max(step.seconds for step in found.steps if step.rate == found.answer.holds_per_s) == OPTIONS.confirm_s


def test_what_does_not_hold_for_longer_is_not_the_answer() -> None:
    history = [StepResult(10, 8, kept=True), StepResult(20, 8, kept=False, because="late answers", late=80)]
    tired = [StepResult(rate, 8, kept=True) for rate in (14, 17, 18, 19)]
    broken = StepResult(19, 24, kept=False, because="late answers", late=300)
    found = next_step([*history, *tired, broken], OPTIONS, 100)
    assert found == StepPlan(18, OPTIONS.confirm_s, OPTIONS.recovery_s)


@given(st.floats(1_000, 1e6))
def test_no_rate_above_the_highest_allowed_is_tried(capacity: float) -> None:
    found = search(Hidden(capacity))
    assert max(step.rate for step in found.steps) == OPTIONS.max_rate
    assert (found.answer.holds_per_s, found.answer.breaks_per_s) == (OPTIONS.max_rate, None)
    assert "--max-rate 1000" in found.answer.because


@given(st.floats(0.5, 2_000), st.floats(0.0, 0.9), st.floats(32, 400), st.randoms(use_true_random=False))
def test_the_search_keeps_to_its_time(capacity: float, whims: float, budget_s: float, random: Random) -> None:
    options = CapacityOptions(time_budget_s=budget_s)
    assert search(Hidden(capacity, whims, random=random), options).spent_s <= budget_s


def test_a_search_without_time_says_what_it_knows() -> None:
    found = search(Hidden(500), CapacityOptions(time_budget_s=60))
    assert found.answer == Answer(80, None, "the time for the search was up (--time-budget 60s)", confirmed=True)


def test_an_endpoint_that_holds_nothing_is_tried_down_to_the_least_rate() -> None:
    found = search(Hidden(0.1))
    assert found.answer.holds_per_s is None
    assert found.answer.because == "late answers"
    assert min(step.rate for step in found.steps) == LEAST_RATE


def test_the_search_goes_down_from_a_beginning_that_is_too_high() -> None:
    answer = search(Hidden(30), CapacityOptions(start_rate=400)).answer
    assert answer.holds_per_s is not None
    assert 26 <= answer.holds_per_s <= 30


def test_a_generator_at_its_end_is_not_the_endpoints_breaking() -> None:
    answer = search(Hidden(1e6, generator=300)).answer
    assert answer.holds_per_s is not None
    assert 270 <= answer.holds_per_s <= 300
    assert (answer.breaks_per_s, answer.because) == (None, "more could not be offered (no CPU left)")


def test_a_generator_that_can_offer_nothing_finds_neither() -> None:
    answer = search(Hidden(1e6, generator=0.1)).answer
    assert (answer.holds_per_s, answer.breaks_per_s) == (None, None)
    assert answer.because == "not even the lowest rate could be offered (no CPU left)"


def test_an_endpoint_that_answers_nothing_any_more_is_left_alone() -> None:
    dead = [StepResult(rate, 8, kept=False, because="failed calls", failed=int(8 * rate)) for rate in (20, 14)]
    history = [StepResult(10, 8, kept=True, p99_ms=5.0), *dead]
    assert isinstance(next_step(history[:2], OPTIONS, 20), StepPlan)
    assert next_step(history, OPTIONS, 30) == Answer(
        10, 14, "it answers nothing any more: failed calls", confirmed=False
    )


def test_the_endpoint_rests_longer_after_it_broke() -> None:
    gross = StepResult(20, 8, kept=False, because="late answers", late=100)
    after_good = next_step([StepResult(10, 8, kept=True)], OPTIONS, 10)
    after_bad = next_step([StepResult(10, 8, kept=True), gross], OPTIONS, 20)
    assert isinstance(after_good, StepPlan)
    assert isinstance(after_bad, StepPlan)
    assert (after_good.pause_s, after_bad.pause_s) == (OPTIONS.rest_s, OPTIONS.recovery_s)


def test_a_search_that_was_cut_short_has_an_answer() -> None:
    assert answer_of([StepResult(10, 8, kept=True)], OPTIONS).holds_per_s == 10
    assert not answer_of([StepResult(10, 8, kept=True)], OPTIONS).confirmed


@pytest.mark.parametrize(("rate", "said"), [(0.5, 0.5), (14.14, 14), (141.42, 141), (1_414.2, 1_410)])
def test_rates_are_easily_said(rate: float, said: float) -> None:
    assert rounded(rate) == said


def test_the_growth_of_a_queue_is_the_share_of_calls_that_are_too_many() -> None:
    assert growth([(at_s, 0.05 + 0.1 * at_s) for at_s in range(1, 8)]) == pytest.approx(0.1)


def test_a_growing_queue_is_told() -> None:
    assert growing([(at_s, 0.05 + 0.1 * at_s) for at_s in range(1, 8)]) == (
        "a queue grows: latency rises by 100 ms every second"
    )


@pytest.mark.parametrize("slope", [0.0, 0.01, -0.2])
def test_latency_that_stays_is_no_queue(slope: float) -> None:
    assert growing([(at_s, 4.0 + slope * at_s) for at_s in range(1, 24)]) == ""


def test_a_second_or_two_say_nothing_of_a_queue() -> None:
    assert growing([(1, 0.1), (2, 3.0)]) == ""


def test_a_search_cannot_begin_above_its_highest_rate() -> None:
    with pytest.raises(BadOption, match="cannot begin at 50"):
        CapacityOptions(start_rate=50, max_rate=20)


def test_a_search_needs_time_for_a_step_and_its_confirmation() -> None:
    with pytest.raises(BadOption, match="too short for a search; allowed: 32 s or more"):
        CapacityOptions(time_budget_s=10)
