"""How the rate of calls goes over the time of a run: steady, ramp, spike, soak, campaign, busy-hour.

Every profile is a line through points in time, so that the calls due by any moment are known exactly, and the moment
of any call as well. The rate a user asks for is the highest that a profile reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Final

from mock_alohub.calls.call import Direction, Outcome
from mock_alohub.errors import UnknownName

Point = tuple[float, float]
"""A time in seconds and the rate then. Two points at one time are a step."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A way the rate goes. `shape` gives, for a duration in seconds, points whose rates are shares of the highest.

    `duration_s` is how long a run of it is when nobody says. Where `outcomes` has weights (in percent) or there
    is a `direction`, the calls are drawn by them; elsewhere as the simulator draws them.
    """

    name: str
    summary: str
    shape: Callable[[float], tuple[Point, ...]]
    duration_s: float
    outcomes: tuple[tuple[Outcome, int], ...] = ()
    direction: Direction | None = None

    def curve(self, rate: float, duration_s: float) -> Curve:
        """The rate of a run of so many seconds that reaches `rate` calls per second."""
        return Curve(tuple((at_s, share * rate) for at_s, share in self.shape(duration_s)))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of time in which the rate goes straight from `first` to `last`; `before`: calls due until then."""

    begin_s: float
    end_s: float
    first: float
    last: float
    before: float

    @property
    def slope(self) -> float:
        return (self.last - self.first) / (self.end_s - self.begin_s)

    @property
    def calls(self) -> float:
        return (self.first + self.last) / 2 * (self.end_s - self.begin_s)


@dataclass(frozen=True, slots=True)
class Curve:
    """A rate over time: calls per second through `points`, nothing before the first and after the last."""

    points: tuple[Point, ...]

    @property
    def pieces(self) -> tuple[_Piece, ...]:
        """The stretches between the points, steps left out."""
        pieces: list[_Piece] = []
        before = 0.0
        for (begin_s, first), (end_s, last) in pairwise(self.points):
            if end_s > begin_s:
                pieces.append(_Piece(begin_s, end_s, first, last, before))
                before += pieces[-1].calls
        return tuple(pieces)

    @property
    def duration_s(self) -> float:
        """When it ends."""
        return self.points[-1][0]

    @property
    def peak(self) -> float:
        """The highest rate."""
        return max(rate for _, rate in self.points)

    @property
    def total(self) -> float:
        """How many calls are due until the end, on average."""
        return sum(piece.calls for piece in self.pieces)

    def rate_at(self, at_s: float) -> float:
        """The rate at a time; at a step, the later one."""
        for piece in reversed(self.pieces):
            if piece.begin_s <= at_s < piece.end_s:
                return piece.first + piece.slope * (at_s - piece.begin_s)
        return 0.0

    def calls_by(self, at_s: float) -> float:
        """How many calls are due until a time, on average: the integral of the rate."""
        due = 0.0
        for piece in self.pieces:
            spent_s = min(max(at_s - piece.begin_s, 0.0), piece.end_s - piece.begin_s)
            due += (piece.first + piece.slope * spent_s / 2) * spent_s
        return due

    def times(self, calls: Iterable[float]) -> Iterator[float]:
        """When each of `calls` (rising, in calls due until then) is due, in seconds; ends with the curve.

        The inverse of `calls_by`, walked forward, so that a schedule costs a square root a call at most.
        """
        numbers = iter(calls)
        number = next(numbers, None)
        for piece in self.pieces:
            begin_s, first, slope = piece.begin_s, piece.first, piece.slope
            before, end = piece.before, piece.before + piece.calls
            while number is not None and number < end:
                into = number - before
                # Of the two ways to write the root of the quadratic, the one that takes no difference of near numbers.
                yield begin_s + (2 * into / (first + sqrt(first * first + 2 * slope * into)) if into > 0 else 0.0)
                number = next(numbers, None)


def _steady(duration_s: float) -> tuple[Point, ...]:
    return (0.0, 1.0), (duration_s, 1.0)


def _ramp(duration_s: float) -> tuple[Point, ...]:
    return (0.0, 0.0), (0.8 * duration_s, 1.0), (duration_s, 1.0)


def _spike(duration_s: float) -> tuple[Point, ...]:
    begin_s, end_s = 0.4 * duration_s, 0.55 * duration_s
    return (0.0, 0.2), (begin_s, 0.2), (begin_s, 1.0), (end_s, 1.0), (end_s, 0.2), (duration_s, 0.2)


def _soak(duration_s: float) -> tuple[Point, ...]:
    return (0.0, 0.0), (min(60.0, 0.05 * duration_s), 1.0), (duration_s, 1.0)


CAMPAIGN_CYCLE_S: Final = 10.0
"""A dialler starts a round of calls about this often; what is not answered ends nearly at once, line by line."""
_CAMPAIGN_BURST: Final = 0.25


def _campaign(duration_s: float) -> tuple[Point, ...]:
    rounds = max(1, round(duration_s / CAMPAIGN_CYCLE_S))
    cycle_s = duration_s / rounds
    points: list[Point] = []
    for number in range(rounds):
        begin_s, end_s = number * cycle_s, (number + 1) * cycle_s
        burst_s = end_s - _CAMPAIGN_BURST * cycle_s
        points += [(begin_s, 0.05), (burst_s, 0.05), (burst_s, 1.0), (end_s, 1.0)]
    return tuple(points)


_OPENS, _CLOSES = 6, 22


def _busy_hour(duration_s: float) -> tuple[Point, ...]:
    from mock_alohub.calls.distributions import HOURS_PER_MILLE  # here, for the other tables there take long to be made

    hours = HOURS_PER_MILLE[_OPENS:_CLOSES]
    hour_s = duration_s / len(hours)
    busiest = max(hours)
    return tuple(
        ((number + side) * hour_s, per_mille / busiest) for number, per_mille in enumerate(hours) for side in (0, 1)
    )


_DIALLED: Final = (
    (Outcome.ANSWERED, 25),
    (Outcome.NO_ANSWER, 50),
    (Outcome.BUSY, 15),
    (Outcome.FAILED, 8),
    (Outcome.CANCELED, 2),
)
"""What comes of a call that a dialler places; an estimate, as no provider publishes such statistics."""

PROFILES: Final = (
    Profile("steady", "the rate from the first second to the last", _steady, 30),
    Profile("ramp", "rises from nothing to the rate in four fifths of the time, and stays there", _ramp, 60),
    Profile("spike", "a fifth of the rate; the whole of it at once, for a while; a fifth again", _spike, 60),
    Profile("soak", "the rate for an hour, after a minute of rising", _soak, 3_600),
    Profile(
        "campaign",
        "dialled in rounds: every 10 seconds a burst of calls that end together, most of them not answered",
        _campaign,
        60,
        _DIALLED,
        Direction.OUTBOUND,
    ),
    Profile(
        "busy-hour", "a working day, 6 to 22 o'clock, in a few minutes; its busiest hour has the rate", _busy_hour, 300
    ),
)
"""All profiles; the first is the one taken when nobody says."""
NAMES: Final = tuple(profile.name for profile in PROFILES)


def named(name: str) -> Profile:
    """The profile called `name`. Raises `UnknownName`."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    raise UnknownName("profile", name, NAMES)
