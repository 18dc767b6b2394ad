"""What is fed into locust's statistics, which are real, in a process that locust may patch."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_PROGRAM = """
import json, time
from locust.stats import RequestStats, StatsError
from mock_alohub.load.locust_statistics import feed
from mock_alohub.load.counts import Counts, RunCounts

stats = RequestStats()
def tally(late, refused, failed, seconds):
    made = RunCounts()
    made.first = Counts(len(seconds) - late - refused, late, refused, failed)
    for value in seconds:
        made.latencies.add(value)
    made.retries = Counts(acknowledged=2, refused=1)
    made.blame("status 503", refused + 1)
    if late:
        made.blame("deadline", late)
    return made
feed(stats, tally(1, 2, 3, [0.0042] * 96 + [0.25, 1.234, 4.949, 5.0]), time.time(), StatsError)
feed(stats, tally(0, 0, 0, [0.0042] * 100), time.time(), StatsError)
feed(stats, RunCounts(), time.time(), StatsError)
first = stats.get("first attempts", "POST")
print(json.dumps({
    "first": first.to_dict(), "retries": stats.get("retries", "POST").to_dict(), "total": stats.total.to_dict(),
    "p97": first.get_response_time_percentile(0.97), "p99": first.get_response_time_percentile(0.99),
    "errors": {error.error: error.occurrences for error in stats.errors.values()},
    "times": sorted(first.response_times.items()),
}))
"""


def _fed() -> dict[str, Any]:
    run = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=120, check=True)
    return dict(json.loads(run.stdout))


def test_locusts_statistics_hold_the_same_counts_and_whole_milliseconds() -> None:
    fed = _fed()
    assert (fed["first"]["num_requests"], fed["first"]["num_failures"]) == (203, 6)
    assert (fed["retries"]["num_requests"], fed["retries"]["num_failures"]) == (6, 2)
    assert (fed["total"]["num_requests"], fed["total"]["num_failures"]) == (209, 8)
    assert fed["errors"] == {"status 503": 4, "deadline": 1}
    # Not 5,000 for 4,949, as locust's own event would round it.
    assert fed["times"] == [[4, 196], [250, 1], [1234, 1], [4949, 1], [5000, 1]]
    assert (fed["p97"], fed["first"]["min_response_time"], fed["first"]["max_response_time"]) == (4, 4, 5000)
