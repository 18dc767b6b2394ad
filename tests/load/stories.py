"""Stories of load runs to be judged: all is well, save what a test changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mock_alohub.load.counts import Cell, Counts, RunCounts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.result import WorkerShare
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.load.verdict import RunData
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.specification import Specification

KEY = "a-key-nobody-may-see"


def plan(**changes: Any) -> LoadPlan:
    """200 calls/s for 60 s."""
    values = {"url": "http://127.0.0.1:8000/hook", "webhooks": ("alohub.call-ended",), "rate": 200, "duration_s": 60}
    return LoadPlan(**{**values, **changes})


def run_counts(
    sent: int = 12_000,
    *,
    late: int = 0,
    refused: int = 0,
    failed: int = 0,
    lost: int = 0,
    undecided: int = 0,
    latencies: Iterable[float] = (0.02, 0.03, 0.084),
    lags: Iterable[float] = (0.0004,),
    causes: dict[str, int] | None = None,
    unsent: dict[str, int] | None = None,
) -> RunCounts:
    """A run in which `sent` calls departed, acknowledged unless told otherwise. Latencies and lags in seconds."""
    first = Counts(sent - late - refused - failed, late, refused, failed)
    made = RunCounts(
        scheduled=sent + sum((unsent or {}).values()),
        sent=sent,
        calls=sent + sum((unsent or {}).values()),
        calls_sent=sent,
        unsent=unsent or {},
        first=first,
        delivered=sent - lost - undecided,
        lost=lost,
        undecided=undecided,
        by_webhook={"alohub.call-ended": first},
        causes=causes or {},
        in_flight_max=7,
        timeline={0: Cell(scheduled=sent, sent=sent, acknowledged=first.acknowledged)},
        elapsed_s=60.0,
    )
    for one in latencies:
        made.latencies.add(one)
        made.timeline[0].latencies.add(one)
    for one in lags:
        made.lag.add(one)
    return made


def run_data(counted: RunCounts | None = None, **changes: Any) -> RunData:
    """A run that came to its end, with one worker and the default limits."""
    offered = changes.pop("plan", plan())
    counted = counted or run_counts()
    return RunData(
        **{
            "plan": offered,
            "endpoint": Endpoint(parse_url(offered.url), Key(KEY)),
            "policies": {name: policy_of(Specification.load().webhook(name)) for name in offered.webhooks},
            "thresholds": Thresholds(),
            "run_counts": counted,
            "workers": (WorkerShare("local", counted.sent, cpu_percent=20.0),),
            "started_at": datetime(2025, 3, 14, 9, 26, 53, 250_000, tzinfo=UTC),
            "duration_s": 60.4,
            **changes,
        }
    )
