"""A step while it runs: who takes part, what each has counted, who was lost, and what it all comes to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Final, Self

from mock_alohub.load.counts import RunCounts
from mock_alohub.load.figures import milliseconds
from mock_alohub.load.lost_worker import account_for
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.protocol import Share
from mock_alohub.load.result import Progress, Result, WorkerShare
from mock_alohub.load.schedule import departures
from mock_alohub.load.sharding import Shares

LEAD_S: Final = 0.5
"""How far ahead of the schedule a share is moved, so that the word of it reaches every worker before."""


@dataclass(slots=True)
class StepRun:
    """Times are those of the coordinator's clock, in seconds; workers are named as locust names them."""

    number: int
    plan: LoadPlan
    begins_at: float
    names: dict[str, str]
    """What each worker is called in front of people, in the order in which they share."""
    shares: Shares
    heard_at: dict[str, float]
    all_counts: dict[str, RunCounts]
    live: RunCounts = field(default_factory=RunCounts)
    """The sum of the beats so far: for looking on. What a step comes to is the sum of the last words."""
    done: set[str] = field(default_factory=set)
    lost: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    stopped: bool = False

    @classmethod
    def among(cls, names: dict[str, str], *, number: int, plan: LoadPlan, begins_at: float) -> Self:
        """The `number`-th step, shared by the workers of `names`."""
        return cls(
            number,
            plan,
            begins_at,
            names,
            Shares.among(names),
            dict.fromkeys(names, begins_at),
            {worker: RunCounts() for worker in names},
        )

    @property
    def pending(self) -> list[str]:
        """Those whose last word is to come."""
        return [one for one in self.all_counts if one not in self.done and one not in self.lost]

    def at_s(self, now: float) -> float:
        """Seconds of the schedule gone by."""
        return max(0.0, now - self.begins_at)

    def beat(self, worker: str, since: RunCounts, now: float) -> None:
        """Add what a worker has counted since its last word."""
        self.heard_at[worker] = now
        self.all_counts[worker].merge(since)
        self.live.merge(since)

    def finish(self, worker: str, whole: RunCounts) -> None:
        """Take a worker's last word: all that it counted."""
        self.all_counts[worker] = whole
        self.done.add(worker)

    def lose(self, worker: str, now: float, why: str) -> dict[str, Share]:
        """Go on without a worker; what comes back are the shares of those that are told to make its departures."""
        at_s = self.at_s(now)
        self.lost[worker] = round(at_s, 1)
        self.notes.append(f"worker {self.names[worker]} was lost after {at_s:.0f} s: {why}")
        from_s = at_s + LEAD_S
        heirs = [one for one in self.shares.workers if one != worker]
        if self.stopped or not heirs or from_s >= self.plan.duration_s:
            return {}
        self.shares.without(worker, from_s)
        self.notes[-1] += f"; {_others(len(heirs))} took its share over from second {from_s:.1f} on"
        return {heir: Share(self.number, from_s, *self.shares.place(heir)) for heir in heirs}

    def result(self, now: float) -> Result:
        """What it came to. Departures that nobody made as workers were lost count as not sent."""
        if self.lost or self.pending:
            self._account_for_losses(now)
        total = RunCounts()
        for run_counts in self.all_counts.values():
            total.merge(run_counts, beside=True)
        shares = tuple(
            WorkerShare(self.names[worker], run_counts.sent, self.lost.get(worker), _cpu_percent(run_counts))
            for worker, run_counts in self.all_counts.items()
        )
        return Result(total, shares, interrupted=self.stopped, notes=tuple(self.notes))

    def progress(self, now: float) -> Progress:
        """How it stands."""
        at_s = self.at_s(now)
        return replace(
            summary(self.live),
            phase="running" if at_s < self.plan.duration_s else "draining",
            step=self.number,
            at_s=min(at_s, self.plan.duration_s),
            of_s=self.plan.duration_s,
            rate=self.plan.rate,
            workers=len(self.pending),
        )

    def _account_for_losses(self, now: float) -> None:
        # When the run was stopped, what nobody was to make any more is nobody's fault.
        until_s = self.at_s(now) if self.stopped else self.plan.duration_s
        due = list(takewhile(lambda at_s: at_s < until_s, departures(self.plan)))
        for worker, run_counts in self.all_counts.items():
            # Those that are there may have heard too late that a share is theirs: what they missed is counted as well.
            if worker not in self.done or not self.stopped:
                account_for(run_counts, self.shares.owed(worker, due), known_to_end=worker in self.done)


def summary(run_counts: RunCounts) -> Progress:
    """The counts that are worth showing while they still grow."""
    first = run_counts.first
    return Progress(
        "running",
        scheduled=run_counts.scheduled,
        sent=run_counts.sent,
        acknowledged=first.acknowledged,
        late=first.late,
        refused=first.refused,
        failed=first.failed,
        retried=run_counts.retries.total,
        lost=run_counts.lost,
        unsent=sum(run_counts.unsent.values()),
        p50_ms=milliseconds(run_counts.latencies, 0.5),
        p99_ms=milliseconds(run_counts.latencies, 0.99),
        lag_p99_ms=milliseconds(run_counts.lag, 0.99),
    )


def _others(count: int) -> str:
    return "the other worker" if count == 1 else f"the {count} other workers"


def _cpu_percent(run_counts: RunCounts) -> float | None:
    return round(100 * run_counts.cpu_s / run_counts.elapsed_s, 1) if run_counts.elapsed_s else None
