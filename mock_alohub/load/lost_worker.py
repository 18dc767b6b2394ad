"""What a lost worker leaves behind: departures that nobody made, deliveries whose end nobody knows."""

from __future__ import annotations

from collections import Counter
from typing import Final

from mock_alohub.load.counts import RunCounts

WORKER_LOST: Final = "a worker was lost"
"""The reason for departures that were not made: see `RunCounts.unsent`."""


def account_for(run_counts: RunCounts, owed: Counter[int], *, known_to_end: bool = False) -> None:
    """Complete what a lost worker had counted when it last spoke; `owed` is the calls of its share by second.

    Those it has not told of count as not sent, though it may have made some in the second before it was lost:
    nobody knows what came of them. What it had told of and not seen the end of is undecided; that is not so where its
    count is `known_to_end`.
    """
    missing = max(0, owed.total() - run_counts.calls)
    run_counts.calls += missing
    run_counts.scheduled += missing
    run_counts.unsend(WORKER_LOST, missing)
    for second, count in _places(run_counts, owed, missing).items():
        run_counts.cell(second).scheduled += count
    if not known_to_end:
        run_counts.undecided += max(0, run_counts.sent - run_counts.delivered - run_counts.lost - run_counts.undecided)


def _places(run_counts: RunCounts, owed: Counter[int], missing: int) -> Counter[int]:
    """The cells that so many calls are missing from: the latest that hold fewer than were owed."""
    by_cell: Counter[int] = Counter()
    for second, count in owed.items():
        by_cell[second - second % run_counts.cell_s] += count
    places: Counter[int] = Counter()
    for second in sorted(by_cell, reverse=True):
        told = run_counts.timeline[second].scheduled if second in run_counts.timeline else 0
        places[second] = min(max(0, by_cell[second] - told), missing)
        missing -= places[second]
    # A call may have several messages, so a cell can hold enough of them and still lack a call.
    if missing:
        places[max(by_cell)] += missing
    return +places
