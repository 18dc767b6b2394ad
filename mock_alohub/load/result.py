"""What a load run hands to whoever started it: progress while it runs, and at the end what was counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from mock_alohub.load.capacity import StepResult
from mock_alohub.load.counts import RunCounts

Phase = Literal["waiting", "running", "draining"]


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """One generator: how many first attempts it made, and when it was lost (seconds of its step), if it was."""

    name: str
    sent: int
    lost_after_s: float | None = None
    cpu_percent: float | None = None
    """Of one core, the mean over the run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a run stands.

    Counts are of the step that runs, all workers together; `word` is news, a sentence on each line.
    """

    phase: Phase
    step: int = 0
    at_s: float = 0.0
    """Seconds of the schedule gone by."""
    of_s: float = 0.0
    """Its whole length; retries may be waited for after it."""
    rate: float = 0.0
    """Calls per second that the step was planned with (the highest of its profile)."""
    workers: int = 0
    scheduled: int = 0
    sent: int = 0
    acknowledged: int = 0
    late: int = 0
    refused: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    unsent: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    lag_p99_ms: float | None = None
    word: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return asdict(self)

    @classmethod
    def of_dict(cls, document: dict[str, Any]) -> Progress:
        """The opposite of `as_dict`. Raises `TypeError`."""
        return cls(**document)


@dataclass(frozen=True, slots=True)
class Result:
    """What was counted, over all workers. After a search for the capacity: the counts of the last step."""

    run_counts: RunCounts
    workers: tuple[WorkerShare, ...]
    interrupted: bool = False
    steps: tuple[StepResult, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences the reader of a report should know, e.g. that a worker was lost."""

    @classmethod
    def nothing(cls) -> Result:
        """Of a run that was stopped before it began."""
        return cls(RunCounts(), (), interrupted=True)

    def as_dict(self) -> dict[str, Any]:
        """As JSON can carry it."""
        return {
            "counts": self.run_counts.as_dict(),
            "workers": [asdict(worker) for worker in self.workers],
            "interrupted": self.interrupted,
            "steps": [asdict(step) for step in self.steps],
            "notes": list(self.notes),
        }

    @classmethod
    def of_dict(cls, document: dict[str, Any]) -> Result:
        """The opposite of `as_dict`."""
        return cls(
            RunCounts.of_dict(document["counts"]),
            tuple(WorkerShare(**worker) for worker in document["workers"]),
            document["interrupted"],
            tuple(StepResult(**step) for step in document["steps"]),
            tuple(document["notes"]),
        )
