"""The books of one step: every departure and every end of an attempt is entered once, as a whole number."""

from __future__ import annotations

from time import perf_counter, process_time

from mock_alohub.load.counts import Cell, Counts, RunCounts
from mock_alohub.load.outcome import Outcome
from mock_alohub.load.workload import PreparedMessage


class Delivery:
    """A delivery under load: its message, when it was to depart, and how often it was tried.

    `opens`: it is the first message about its call. Times are of `perf_counter`.
    """

    __slots__ = ("due_at", "message", "opens", "sent_at", "tries")

    def __init__(self, message: PreparedMessage, due_at: float, *, opens: bool) -> None:
        self.message = message
        self.due_at = due_at
        self.opens = opens
        self.sent_at = 0.0
        self.tries = 0


class Recorder:
    """Fills counts, and begins a new one whenever it is `taken`. The timeline's second 0 is at `begins_at`."""

    def __init__(self, begins_at: float) -> None:
        self._begins_at = begins_at
        self._cpu_s = process_time()
        self.run_counts = RunCounts()

    def taken(self, in_flight: int) -> RunCounts:
        """What was entered since the last time; `in_flight` attempts are under way now."""
        run_counts, self.run_counts = self.run_counts, RunCounts()
        cpu_s = process_time()
        run_counts.cpu_s, self._cpu_s = cpu_s - self._cpu_s, cpu_s
        run_counts.elapsed_s = max(0.0, perf_counter() - self._begins_at)
        self.run_counts.in_flight_max = in_flight
        return run_counts

    def departed(self, delivery: Delivery) -> None:
        """A first attempt has been made."""
        run_counts, lag_s = self.run_counts, delivery.sent_at - delivery.due_at
        cell = self._cell(delivery.due_at)
        run_counts.scheduled += 1
        run_counts.sent += 1
        cell.scheduled += 1
        cell.sent += 1
        if delivery.opens:
            run_counts.calls += 1
            run_counts.calls_sent += 1
        run_counts.lag.add(lag_s)
        if lag_s > cell.lag_max_s:
            cell.lag_max_s = lag_s

    def unsent(self, due_at: float, reason: str, *, opens: bool) -> None:
        """A first attempt fell due and was not made."""
        self.run_counts.scheduled += 1
        self.run_counts.calls += opens
        self._cell(due_at).scheduled += 1
        self.run_counts.unsend(reason)

    def retried(self, delivery: Delivery) -> None:
        """A retry has been made."""
        self._cell(delivery.sent_at).retried += 1

    def taken_back(self, delivery: Delivery, reason: str) -> None:
        """An attempt that was entered as made could not be: nothing left this machine."""
        if delivery.tries > 1:
            self._cell(delivery.sent_at).retried -= 1
            return
        self.run_counts.sent -= 1
        self.run_counts.calls_sent -= delivery.opens
        self._cell(delivery.due_at).sent -= 1
        self.run_counts.unsend(reason)

    def in_flight(self, count: int, now: float) -> None:
        """So many attempts are under way."""
        if count > self.run_counts.in_flight_max:
            self.run_counts.in_flight_max = count
        cell = self._cell(now)
        if count > cell.in_flight:
            cell.in_flight = count

    def ended(self, delivery: Delivery, outcome: Outcome, done_at: float) -> None:
        """An attempt has come to its end."""
        run_counts = self.run_counts
        if delivery.tries > 1:
            _add(run_counts.retries, outcome)
            return
        _add(run_counts.first, outcome)
        of_webhook = run_counts.by_webhook.get(delivery.message.route.name)
        if of_webhook is None:
            of_webhook = run_counts.by_webhook[delivery.message.route.name] = Counts()
        _add(of_webhook, outcome)
        cell = self._cell(done_at)
        _add(cell, outcome)
        if outcome != "failed":
            latency_s = done_at - delivery.due_at
            run_counts.latencies.add(latency_s)
            cell.latencies.add(latency_s)

    def _cell(self, at: float) -> Cell:
        return self.run_counts.cell(int(at - self._begins_at))


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
