"""Which worker makes which departures, also after one was lost.

Every generator walks the whole schedule and makes the departures whose number is `index` modulo `count`. When a worker
is lost, the others get other numbers from a moment of the schedule on; between its last sign and that moment its
departures were nobody's, and are counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Turn:
    """From this second of the schedule on, these workers share it, in this order."""

    from_s: float
    workers: tuple[str, ...]


@dataclass(slots=True)
class Shares:
    """The turns of one step, in order of time. The first begins at 0."""

    turns: list[Turn] = field(default_factory=list)

    @classmethod
    def among(cls, workers: Iterable[str]) -> Shares:
        """Shares of a step that these workers begin together."""
        return cls([Turn(0.0, tuple(workers))])

    @property
    def workers(self) -> tuple[str, ...]:
        """Those who share the schedule from the last turn on."""
        return self.turns[-1].workers

    def place(self, worker: str) -> tuple[int, int]:
        """The `index` and `count` of a worker from the last turn on. Raises `ValueError` if it has no share."""
        return self.workers.index(worker), len(self.workers)

    def without(self, worker: str, from_s: float) -> None:
        """Let the others make what would be this worker's from a second on, no earlier than the last turn."""
        others = tuple(one for one in self.workers if one != worker)
        self.turns.append(Turn(max(from_s, self.turns[-1].from_s), others))

    def owed(self, worker: str, departures: Iterable[float]) -> Counter[int]:
        """How many of `departures` (seconds, rising, all of the step) were this worker's, by whole second."""
        counts: Counter[int] = Counter()
        turns = iter(self.turns)
        turn, following = next(turns), next(turns, None)
        for number, at_s in enumerate(departures):
            while following is not None and at_s >= following.from_s:
                turn, following = following, next(turns, None)
            if turn.workers and turn.workers[number % len(turn.workers)] == worker:
                counts[int(at_s)] += 1
        return counts
