"""Feeds what a generator counted into locust's own statistics: its tables, charts, CSV files and reports.

In batches, every second, a histogram at a time: 0.9 µs an attempt, where locust's event for each request costs 3.0
(at 3,000 calls/s a quarter of a percent of a core, not one), on a machine that should send. Locust's event rounds
response times to two figures; what is fed in here is whole milliseconds. Its percentiles are near; ours are exact.
"""

from __future__ import annotations

from typing import Any, Final

from mock_alohub.load.counts import Counts, RunCounts

FIRST: Final = "first attempts"
RETRIES: Final = "retries"
_METHOD: Final = "POST"
_ANY: Final = "any attempt"


def feed(stats: Any, since: RunCounts, now: float, error_type: Any) -> None:
    """Add what was counted since the last beat to locust's `stats` (a `RequestStats`).

    `now` is the time of day in seconds, `error_type` locust's `StatsError`, so that locust is not imported here.
    """
    if since.first.total:
        entry = _entry(stats, FIRST, since.first, now)
        # Those that got no whole answer have no response time.
        entry.num_none_requests = max(0, since.first.total - since.latencies.count)
        _time(entry, since)
        _add(stats, entry)
    if since.retries.total:
        entry = _entry(stats, RETRIES, since.retries, now)
        entry.num_none_requests = since.retries.total
        _add(stats, entry)
    for cause, count in since.causes.items():
        _fail(stats, cause, count, error_type)


def _entry(stats: Any, name: str, counts: Counts, now: float) -> Any:
    entry = type(stats.total)(stats, name, _METHOD)
    bad = counts.total - counts.acknowledged
    entry.num_requests, entry.num_failures = counts.total, bad
    entry.last_request_timestamp = now
    entry.num_reqs_per_sec[int(now)] = counts.total
    if bad:
        entry.num_fail_per_sec[int(now)] = bad
    return entry


def _time(entry: Any, since: RunCounts) -> None:
    for edge_s, count in since.latencies.pairs():
        milliseconds = edge_s * 1_000
        rounded = round(milliseconds)
        entry.response_times[rounded] += count
        entry.total_response_time += milliseconds * count
        entry.min_response_time = min(entry.min_response_time or rounded, rounded)
        entry.max_response_time = max(entry.max_response_time, rounded)


def _add(stats: Any, entry: Any) -> None:
    stats.get(entry.name, entry.method).extend(entry)
    stats.total.extend(entry)


def _fail(stats: Any, cause: str, count: int, error_type: Any) -> None:
    error = stats.errors.setdefault(error_type.create_key(_METHOD, _ANY, cause), error_type(_METHOD, _ANY, cause))
    error.occurred()
    error.occurrences += count - 1
