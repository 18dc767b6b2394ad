"""The books of one leg: every departure and every end of an attempt is entered once, as a whole number."""

from __future__ import annotations

from time import perf_counter, process_time

from mock_alohub.load.counts import Cell, Counts, RunCounts
from mock_alohub.load.outcome import Outcome
from mock_alohub.load.workload import PreparedMessage


class Delivery:
    """A delivery: its letter, when it was to depart, and how often it was tried.

    `opens`: it is the first message about its call. Times are of `perf_counter`.
    """

    __slots__ = ("due_at", "letter", "opens", "sent_at", "tries")

    def __init__(self, letter: PreparedMessage, due_at: float, *, opens: bool) -> None:
        self.letter = letter
        self.due_at = due_at
        self.opens = opens
        self.sent_at = 0.0
        self.tries = 0


class Recorder:
    """Fills a tally, and begins a new one whenever it is `taken`. The timeline's second 0 is at `begins_at`."""

    def __init__(self, begins_at: float) -> None:
        self._begins_at = begins_at
        self._cpu_s = process_time()
        self.tally = RunCounts()

    def taken(self, in_flight: int) -> RunCounts:
        """What was entered since the last time; `in_flight` attempts are under way now."""
        tally, self.tally = self.tally, RunCounts()
        cpu_s = process_time()
        tally.cpu_s, self._cpu_s = cpu_s - self._cpu_s, cpu_s
        tally.elapsed_s = max(0.0, perf_counter() - self._begins_at)
        self.tally.in_flight_max = in_flight
        return tally

    def departed(self, shot: Delivery) -> None:
        """A first attempt has been made."""
        tally, lag_s = self.tally, shot.sent_at - shot.due_at
        cell = self._cell(shot.due_at)
        tally.scheduled += 1
        tally.sent += 1
        cell.scheduled += 1
        cell.sent += 1
        if shot.opens:
            tally.calls += 1
            tally.calls_sent += 1
        tally.lag.add(lag_s)
        if lag_s > cell.lag_max_s:
            cell.lag_max_s = lag_s

    def unsent(self, due_at: float, reason: str, *, opens: bool) -> None:
        """A first attempt fell due and was not made."""
        self.tally.scheduled += 1
        self.tally.calls += opens
        self._cell(due_at).scheduled += 1
        self.tally.unsend(reason)

    def retried(self, shot: Delivery) -> None:
        """A retry has been made."""
        self._cell(shot.sent_at).retried += 1

    def taken_back(self, shot: Delivery, reason: str) -> None:
        """An attempt that was entered as made could not be: nothing left this machine."""
        if shot.tries > 1:
            self._cell(shot.sent_at).retried -= 1
            return
        self.tally.sent -= 1
        self.tally.calls_sent -= shot.opens
        self._cell(shot.due_at).sent -= 1
        self.tally.unsend(reason)

    def in_flight(self, count: int, now: float) -> None:
        """So many attempts are under way."""
        if count > self.tally.in_flight_max:
            self.tally.in_flight_max = count
        cell = self._cell(now)
        if count > cell.in_flight:
            cell.in_flight = count

    def ended(self, shot: Delivery, outcome: Outcome, done_at: float) -> None:
        """An attempt has come to its end."""
        tally = self.tally
        if shot.tries > 1:
            _add(tally.retries, outcome)
            return
        _add(tally.first, outcome)
        of_webhook = tally.by_webhook.get(shot.letter.route.name)
        if of_webhook is None:
            of_webhook = tally.by_webhook[shot.letter.route.name] = Counts()
        _add(of_webhook, outcome)
        cell = self._cell(done_at)
        _add(cell, outcome)
        if outcome != "failed":
            latency_s = done_at - shot.due_at
            tally.latencies.add(latency_s)
            cell.latencies.add(latency_s)

    def _cell(self, at: float) -> Cell:
        return self.tally.cell(int(at - self._begins_at))


def _add(counts: Counts | Cell, outcome: Outcome) -> None:
    # Spelled out: this runs four times per call, and to set an attribute by its name takes as long as all four.
    if outcome == "acknowledged":
        counts.acknowledged += 1
    elif outcome == "late":
        counts.late += 1
    elif outcome == "refused":
        counts.refused += 1
    else:
        counts.failed += 1
