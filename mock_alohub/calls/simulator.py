"""Calls as a call centre makes them, drawn from one seed.

The same seed and start give the same calls on every machine and Python: the only source of chance is
`random.Random.random`, whose sequence is fixed, and every quantity is looked up in a table of whole numbers
(`distributions.py`). No clock is read here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from itertools import chain, repeat
from random import Random
from typing import Any, Final, Literal, NamedTuple, TypeVar

import orjson

from mock_alohub.calls import numbers
from mock_alohub.calls.arrivals import arrivals
from mock_alohub.calls.call import ENDED_BY, Agent, Call, Direction, Outcome, Party
from mock_alohub.calls.distributions import (
    HELD_PERCENT,
    HOTLINE_PERCENT,
    SCENES,
    TALK_S,
    TRANSACTION_PERCENT,
    Scene,
    weighted,
)
from mock_alohub.errors import BadOption
from mock_alohub.vietnam_time import local

AGENTS: Final = 40
MOST_AGENTS: Final = 1_000
LONGEST_S: Final = 7 * 86_400
CUSTOMERS: Final = 4_000
HOTLINES: Final = 6
CALLS_PER_DAY: Final = 2_000

_SERIALS: Final = range(100_000, 1_000_000)  # the last six digits of a call's id; the first fourteen are its start

# Looked up once: Python 3.11 takes longer for a member of an enum than for a draw.
_ANSWERED: Final = Outcome.ANSWERED
_AGENT: Final = Party.AGENT

T = TypeVar("T")


class Drawn(Enum):
    """Stands for "draw it" where None is a wish of its own."""

    DRAWN = "drawn"


DRAWN: Final = Drawn.DRAWN


class Simulator:
    """A call centre: its agents, hotlines and customers, and the calls between them from `start` on.

    `start` is a local time of Vietnam, or any instant with a zone; it can be read back as the former. `calls_per_day`
    is the mean of the Poisson arrivals.
    People, numbers and facts depend on `seed` alone, times and ids on `seed` and `start`. No two calls share an id,
    unless 900,000 lie between two that start in the same second. Raises `BadOption` without agents or calls.
    """

    def __init__(self, seed: int, *, start: datetime, agents: int = AGENTS, calls_per_day: int = CALLS_PER_DAY) -> None:
        if not 1 <= agents <= MOST_AGENTS:
            raise BadOption(f"a call centre cannot have {agents} agents; allowed: 1 to {MOST_AGENTS}")
        if calls_per_day < 1:
            raise BadOption(f"a call centre cannot have {calls_per_day} calls a day; allowed: 1 or more")
        self.start = local(start)
        hotlines, self._customers, self._agents, state = _people(seed, agents)
        random = Random()
        random.setstate(state)
        self._hotlines = {
            direction: hotlines * percent + ("",) * (HOTLINES * (100 - percent))
            for direction, percent in HOTLINE_PERCENT.items()
        }
        self._random = random.random
        self._pick = _picker(random.random)
        self._arrivals = arrivals(random.random, self.start, calls_per_day)
        # Drawn from the start as well, to the microsecond: two runs with one seed hardly ever share an id.
        offset = int(Random(f"{seed} {self.start.isoformat()}").random() * len(_SERIALS))
        self._serials = chain(_SERIALS[offset:], chain.from_iterable(repeat(_SERIALS)))

    def calls(self, count: int) -> Iterator[Call]:
        """The next `count` calls of the day, in the order in which they start."""
        return (self.call() for _ in range(count))

    def call(
        self,
        *,
        outcome: Outcome | None = None,
        direction: Direction | None = None,
        ended_by: Party | None = None,
        at: datetime | None = None,
        after_midnight: bool = False,
        ring_s: int | None = None,
        talk_s: int | None = None,
        held_s: int | None = None,
        agent: Agent | Literal[Drawn.DRAWN] | None = DRAWN,
        hotline: str | None = None,
        customer_number: str | None = None,
        transaction_id: str | None = None,
    ) -> Call:
        """A call with the facts wished for, the others drawn to suit them.

        `at` is when it starts (default: the next arrival); `after_midnight` moves it so that it runs over the next
        midnight. `agent=None`, `hotline=""` and `transaction_id=""` ask for a call without one. Durations are whole
        seconds. Raises `BadOption` for wishes that cannot be true together.
        """
        pick = self._pick
        scene = pick(_scenes(direction, outcome, ended_by, bool(talk_s or held_s)))
        answered = scene.outcome is _ANSWERED
        if ended_by is None:
            ended_by = pick(scene.ended_by if agent is not None else _without_agent(scene.ended_by))
        if agent is DRAWN:
            reached = scene.reaches_agent == 100 or ended_by is _AGENT or self._chance(scene.reaches_agent)
            someone = pick(self._agents) if reached else None
        else:
            someone = agent
            if agent is None and ended_by is _AGENT:
                allowed = _words(_without_agent(ENDED_BY[scene.outcome]))
                raise BadOption(f"a call without an agent cannot be ended by `agent`; allowed: {allowed}")
        if ring_s is None:
            ring_s = pick(scene.ring_s) or int(after_midnight)  # a call of no time cannot run over midnight
        if talk_s is None:
            talk_s = pick(TALK_S) + (held_s or 0) if answered else 0
        if held_s is None:
            held_s = talk_s * pick(HELD_PERCENT) // 100 if answered else 0
        if ring_s < 0 or not 0 <= held_s <= talk_s <= LONGEST_S - ring_s:
            raise _impossible(ring_s, talk_s, held_s)
        at = next(self._arrivals) if at is None else local(at).replace(microsecond=0)
        if after_midnight:
            at = _before_midnight(at, ring_s + talk_s)
        serial = next(self._serials)
        call_id = f"{_digits(at)}{serial}"
        if customer_number is None:
            customer_number = pick(self._customers)
        if hotline is None:
            hotline = pick(self._hotlines[scene.direction])
        if transaction_id is None:
            transaction_id = f"TRANSID_{serial}" if self._chance(TRANSACTION_PERCENT[scene.direction]) else ""
        return Call(  # by position: names would add a tenth to the cost of a call
            call_id,
            scene.outcome,
            scene.direction,
            customer_number,
            someone,
            hotline,
            at,
            at + _span(ring_s) if answered else None,
            at + _span(ring_s + talk_s),
            ended_by,
            held_s,
            f"{call_id}.mp3" if answered else "",
            transaction_id,
        )

    def _chance(self, percent: int) -> bool:
        return self._random() * 100 < percent


class _People(NamedTuple):
    hotlines: tuple[str, ...]
    customers: tuple[str, ...]
    agents: tuple[Agent, ...]
    state: Any
    """Where the source of chance stands after them."""


@lru_cache(maxsize=8)
def _people(seed: int, agents: int) -> _People:
    """Who is in a call centre. A check has a dozen simulators of one seed, and 4,000 customers take a while."""
    random = Random(seed)
    hotlines = numbers.hotlines(random, HOTLINES)
    return _People(hotlines, numbers.mobiles(random, CUSTOMERS), _staff(random, agents), random.getstate())


def _staff(random: Random, count: int) -> tuple[Agent, ...]:
    staff: list[Agent] = []
    namesakes: Counter[str] = Counter()
    for extension, name in zip(numbers.extensions(random, count), numbers.names(random), strict=False):
        account = numbers.account_of(name)
        namesakes[account] += 1
        number = str(namesakes[account]) if namesakes[account] > 1 else ""
        staff.append(Agent(extension, account + number, name))
    return tuple(staff)


@cache
def _scenes(
    direction: Direction | None, outcome: Outcome | None, ended_by: Party | None, talks: bool
) -> tuple[Scene, ...]:
    """The scenes that fit the wishes, each as often as it happens. Raises `BadOption` when none does."""
    if talks and outcome not in {None, Outcome.ANSWERED}:
        raise BadOption(f"a call with outcome `{outcome}` has no talk and no hold time; allowed: 0 seconds")
    if outcome is not None and ended_by is not None and ended_by not in ENDED_BY[outcome]:
        allowed = _words(ENDED_BY[outcome])
        raise BadOption(f"a call with outcome `{outcome}` cannot be ended by `{ended_by}`; allowed: {allowed}")
    fitting = (
        scene
        for scene in SCENES
        if direction in {None, scene.direction}
        and outcome in {None, scene.outcome}
        and (ended_by is None or ended_by in ENDED_BY[scene.outcome])
        and not (talks and scene.outcome is not Outcome.ANSWERED)
    )
    return weighted({scene: scene.per_mille for scene in fitting})


def _without_agent(ended_by: tuple[Party, ...]) -> tuple[Party, ...]:
    return tuple(party for party in ended_by if party is not Party.AGENT)


def _words(parties: tuple[Party, ...]) -> str:
    return ", ".join(f"`{party}`" for party in parties)


def _impossible(ring_s: int, talk_s: int, held_s: int) -> BadOption:
    if min(ring_s, talk_s, held_s) < 0:
        return BadOption("a duration cannot be negative; allowed: 0 seconds or more")
    if ring_s + talk_s > LONGEST_S:
        return BadOption(f"a call cannot last {ring_s + talk_s} s; allowed: up to {LONGEST_S} s")
    return BadOption(f"a talk of {talk_s} s cannot be on hold for {held_s} s; allowed: up to {talk_s} s")


def _before_midnight(at: datetime, total_s: int) -> datetime:
    """The start on the day of `at` from which a call of `total_s` seconds runs over midnight."""
    if not total_s:
        raise BadOption("a call of 0 seconds cannot run over midnight; allowed: 1 second or more in all")
    midnight = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    return midnight - min(timedelta(seconds=(total_s + 1) // 2), timedelta(days=1))


@lru_cache(4_096)
def _span(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)


def _digits(at: datetime) -> str:
    """`yyyyMMddHHmmss`, in a fifth of the time of `strftime`."""
    return orjson.dumps(at).translate(None, b'"-T:').decode()


def _picker(draw: Callable[[], float]) -> Callable[[Sequence[T]], T]:
    return lambda table: table[int(draw() * len(table))]
