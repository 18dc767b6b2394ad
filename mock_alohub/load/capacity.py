"""The search for the highest rate an endpoint holds: which rate to try next, and when the answer is known.

Pure: what was measured so far comes in (by `step.step_of`), the next step or the answer goes out. The rate
doubles while it holds; then the gap between what holds and what breaks is halved until it is narrow; then the answer is
held for longer. One broken step is no proof: an endpoint may have hiccuped, so a step that broke by little is tried
again before it is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, log10, sqrt
from statistics import fmean
from typing import Final

from mock_alohub.errors import BadOption
from mock_alohub.load.staffing import agents_for

LEAST_RATE: Final = 0.5
"""Calls per second; below this nobody needs to search."""
_GROSS: Final = 0.05
"""With more bad answers than this share, nobody needs to look twice."""
_GROWTH: Final = 2.0
_GROWING: Final = 0.015
"""Seconds of latency per second: the share by which the rate is above what the endpoint can do. No short step would
show it otherwise: with 5 % too many calls the first is late after 100 s."""
_GROWN_S: Final = 0.4
"""What latency must have risen by in a step before it counts: less may be chance."""


@dataclass(frozen=True, slots=True)
class CapacityOptions:
    """How to search. Rates in calls per second; `precision` is how far apart what holds and what breaks may stay.

    A step lasts `step_s`, the confirmation `confirm_s`; after a step that held the endpoint rests `rest_s`, after one
    that broke `recovery_s`. Raises `BadOption`.
    """

    start_rate: float = 10.0
    max_rate: float = 1_000.0
    time_budget_s: float = 300.0
    step_s: float = 8.0
    confirm_s: float = 24.0
    rest_s: float = 1.0
    recovery_s: float = 5.0
    precision: float = 0.08

    def __post_init__(self) -> None:
        if self.start_rate > self.max_rate:
            raise BadOption(f"the search cannot begin at {self.start_rate:g} calls/s, above {self.max_rate:g}")
        if self.time_budget_s < self.step_s + self.confirm_s:
            least_s = self.step_s + self.confirm_s
            raise BadOption(f"{self.time_budget_s:g} s is too short for a search; allowed: {least_s:g} s or more")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What to try next: wait `pause_s`, then offer `rate` for `duration_s`."""

    rate: float
    duration_s: float
    pause_s: float


@dataclass(frozen=True, slots=True)
class StepResult:
    """What came of a step. `kept`: all thresholds; `because` says what broke and is empty otherwise.

    `offered` is False when the generator could not make the departures: that says nothing about the endpoint.
    The counts are of first attempts.
    """

    rate: float
    seconds: float
    kept: bool
    because: str = ""
    p99_ms: float | None = None
    late: int = 0
    refused: int = 0
    failed: int = 0
    achieved_per_s: float = 0.0
    offered: bool = True

    @property
    def gross(self) -> bool:
        """Whether it broke by so much that chance cannot be the reason."""
        return self.offered and self.late + self.refused + self.failed > max(_GROSS * self.rate * self.seconds, 3)

    @property
    def unanswered(self) -> bool:
        """Whether the endpoint gave no answer at all, not even a late one."""
        return self.offered and self.p99_ms is None and self.failed > 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found: the highest rate that holds, the lowest that breaks, and why; None where there is none.

    `because` says why it breaks, or why nothing was found that does. `confirmed`: `holds_per_s` was held for longer.
    """

    holds_per_s: float | None
    breaks_per_s: float | None
    because: str
    confirmed: bool

    @property
    def agents(self) -> int | None:
        """The size of a call centre that makes as many calls."""
        return None if self.holds_per_s is None else agents_for(self.holds_per_s)


def next_step(history: Sequence[StepResult], options: CapacityOptions, spent_s: float) -> StepPlan | Answer:
    """The next step, or the answer. `history` is all that was tried, in order, in `spent_s` seconds."""
    search = _Search(tuple(history), options)
    if len(history) > 1 and all(step.unanswered for step in history[-2:]):
        # Whatever is tried next would break as well.
        found = search.answer()
        return replace(found, because=f"it answers nothing any more: {found.because}")
    left_s = options.time_budget_s - spent_s
    pause_s = 0.0 if not history else options.rest_s if history[-1].kept else options.recovery_s
    rate = search.next_rate()
    if rate is not None:
        reserved_s = options.rest_s + options.confirm_s if search.holds and not search.confirmed else 0.0
        if pause_s + options.step_s + reserved_s <= left_s:
            return StepPlan(rate, options.step_s, pause_s)
    if search.holds is not None and not search.confirmed and pause_s + options.confirm_s <= left_s:
        return StepPlan(search.holds, options.confirm_s, pause_s)
    return search.answer()


def answer_of(history: Sequence[StepResult], options: CapacityOptions) -> Answer:
    """What `history` says, also of a search that was cut short."""
    return _Search(tuple(history), options).answer()


@dataclass(frozen=True, slots=True)
class _Search:
    """What the history says about each rate."""

    history: tuple[StepResult, ...]
    options: CapacityOptions

    @property
    def rates(self) -> list[float]:
        return sorted({step.rate for step in self.history})

    def at(self, rate: float) -> list[StepResult]:
        return [step for step in self.history if step.rate == rate]

    def votes(self, rate: float) -> tuple[int, int]:
        """For and against: a long step counts twice for a rate, one that broke by much twice against it."""
        steps = self.at(rate)
        held = sum(2 if step.seconds >= self.options.confirm_s else 1 for step in steps if step.kept)
        return held, sum(2 if step.gross else 1 for step in steps if not step.kept)

    def broken(self, rate: float) -> bool:
        return self.votes(rate)[1] >= 2

    def doubtful(self, rate: float) -> bool:
        held, broke = self.votes(rate)
        return broke == 1 and held <= 1

    @property
    def breaks(self) -> float | None:
        """The lowest rate that is known to break."""
        return next((rate for rate in self.rates if self.broken(rate)), None)

    @property
    def holds(self) -> float | None:
        """The highest rate below all that break, and below every doubt, that was held."""
        good = None
        for rate in self.rates:
            if self.broken(rate) or self.doubtful(rate):
                break
            good = rate
        return good

    @property
    def confirmed(self) -> bool:
        holds = self.holds
        return holds is not None and any(
            step.kept and step.seconds >= self.options.confirm_s for step in self.at(holds)
        )

    def next_rate(self) -> float | None:
        """The rate whose trial tells most, or None when what holds and what breaks are near enough."""
        breaks = self.breaks
        doubtful = [rate for rate in self.rates if self.doubtful(rate) and (breaks is None or rate < breaks)]
        if doubtful:
            return doubtful[0]
        holds, most = self.holds, self.options.max_rate
        if holds is None:
            if breaks is None:
                return self.options.start_rate
            return max(rounded(breaks / _GROWTH), LEAST_RATE) if breaks > LEAST_RATE else None
        if breaks is None:
            return min(rounded(holds * _GROWTH), most) if holds < most else None
        between = rounded(sqrt(holds * breaks))
        near = breaks <= holds * (1 + self.options.precision)
        return None if near or not holds < between < breaks else between

    def answer(self) -> Answer:
        """What is known."""
        holds, breaks = self.holds, self.breaks
        if breaks is None:
            doubts = [step for step in self.history if not step.kept]
            because = doubts[-1].because if holds is None and doubts else _end(holds, self.options)
            return Answer(holds, None, because, self.confirmed)
        steps = [step for step in self.at(breaks) if not step.kept]
        if not any(step.offered for step in steps):
            how = "more could not" if holds is not None else "not even the lowest rate could"
            return Answer(holds, None, f"{how} be offered ({steps[-1].because})", self.confirmed)
        because = next(step.because for step in reversed(steps) if step.offered)
        return Answer(holds, breaks, because, self.confirmed)


def _end(holds: float | None, options: CapacityOptions) -> str:
    if holds is not None and holds >= options.max_rate:
        return f"more was not tried (--max-rate {options.max_rate:g})"
    return f"the time for the search was up (--time-budget {options.time_budget_s:g}s)"


def rounded(rate: float) -> float:
    """A rate that is easily said: two figures below 100, three above."""
    figures = 2 if rate < 100 else 3
    digits = figures - 1 - floor(log10(rate))
    return float(round(rate, digits))


def growth(medians: Sequence[tuple[float, float]]) -> float:
    """How fast latency rises, in seconds per second, from pairs of a time and the median latency then, in seconds.

    With more calls than an endpoint can take a queue grows before it, and each call waits longer than the one before:
    by so much per second as the rate is above what the endpoint can do, as a share.
    """
    if len(medians) < 3:
        return 0.0
    mean_at = fmean(at_s for at_s, _ in medians)
    mean = fmean(latency_s for _, latency_s in medians)
    spread = sum((at_s - mean_at) ** 2 for at_s, _ in medians)
    return sum((at_s - mean_at) * (latency_s - mean) for at_s, latency_s in medians) / spread if spread else 0.0


def growing(medians: Sequence[tuple[float, float]]) -> str:
    """Why a step does not hold though no call was late yet: its queue grows. Empty when it does not."""
    per_s = growth(medians)
    if per_s < _GROWING or per_s * (medians[-1][0] - medians[0][0]) < _GROWN_S:
        return ""
    return f"a queue grows: latency rises by {1_000 * per_s:.0f} ms every second"
