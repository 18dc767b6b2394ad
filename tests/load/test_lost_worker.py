"""What a lost worker leaves behind."""

from __future__ import annotations

from collections import Counter

from mock_alohub.load.counts import Counts, RunCounts
from mock_alohub.load.lost_worker import WORKER_LOST, account_for


def _tally(per_second: int, seconds: int, answered: int) -> RunCounts:
    run_counts = RunCounts(
        calls=per_second * seconds, scheduled=per_second * seconds, sent=per_second * seconds, delivered=answered
    )
    run_counts.first = Counts(acknowledged=answered)
    for second in range(seconds):
        run_counts.cell(second).scheduled = run_counts.cell(second).sent = per_second
    return run_counts


def test_departures_it_did_not_tell_of_were_not_sent() -> None:
    run_counts = _tally(10, 3, 30)
    account_for(run_counts, Counter(dict.fromkeys(range(5), 10)))
    assert run_counts.scheduled == 50
    assert run_counts.sent == 30
    assert run_counts.unsent == {WORKER_LOST: 20}


def test_they_stand_in_the_timeline_where_they_were_due() -> None:
    run_counts = _tally(10, 3, 30)
    account_for(run_counts, Counter(dict.fromkeys(range(5), 10)))
    assert {second: (cell.scheduled, cell.sent) for second, cell in run_counts.timeline.items()} == {
        0: (10, 10), 1: (10, 10), 2: (10, 10), 3: (10, 0), 4: (10, 0),
    }  # fmt: skip


def test_what_it_had_sent_and_not_seen_the_end_of_is_undecided() -> None:
    run_counts = _tally(10, 3, 26)
    account_for(run_counts, Counter(dict.fromkeys(range(3), 10)))
    assert run_counts.undecided == 4
    assert not run_counts.unsent


def test_in_a_long_run_cells_of_several_seconds_are_completed() -> None:
    run_counts = _tally(10, 350, 3_500)
    run_counts.merge(RunCounts())
    assert run_counts.cell_s == 2
    account_for(run_counts, Counter(dict.fromkeys(range(352), 10)))
    assert run_counts.unsent == {WORKER_LOST: 20}
