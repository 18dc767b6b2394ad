"""Reads of the control API per second and core, beside an ASGI application that does nothing on the same uvicorn.

Server and wrk have a core each; rounds of ours and the peer's alternate, so that what else the machine does meets both.
The targets are for a core on which the empty application makes 57,000 requests a second, and stand here as shares of
that. The database has a hundred deliveries. Needs `wrk`.

    python -m benchmarks --only server
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import urllib.request
from typing import Any

from benchmarks.yardstick import EMPTY, STANDARD, missing, rate, running
from benchmarks.yardstick import NAME as YARDSTICK

NAME = "server"
ROUNDS = 5
DELIVERIES = 100
TARGETS = {"one delivery": 10_000 / STANDARD, "a list of ten": 10_000 / STANDARD, "/healthz": 20_000 / STANDARD}


def measure(seconds: float) -> list[dict[str, object]]:
    """A row for each kind of read; without figures (`skipped` says why) where wrk is missing."""
    if missing():
        return [_row(what, skipped=missing()) for what in TARGETS]
    cores = sorted(os.sched_getaffinity(0))
    first, second = {cores[0]}, {cores[1 % len(cores)]}
    serve = [sys.executable, "-m", "mock_alohub", "serve", "--ephemeral", "--port", "0", "--quiet"]
    rates: dict[str, list[float]] = {"peer": [], **{what: [] for what in TARGETS}}
    with running(serve, first) as ours, running([sys.executable, "-c", EMPTY], first) as peer:
        urls = {
            "peer": peer,
            "one delivery": f"{ours}/api/v1/deliveries/{_delivery(ours)}",
            "a list of ten": f"{ours}/api/v1/deliveries?limit=10",
            "/healthz": f"{ours}/healthz",
        }
        for _ in range(ROUNDS):
            for what, url in urls.items():
                rates[what].append(rate(url, seconds, second))
    medians = {what: statistics.median(found) for what, found in rates.items()}
    return [_row(what, medians[what], medians["peer"]) for what in TARGETS]


def _row(what: str, ours: float = 0.0, peer: float = 0.0, *, skipped: str = "") -> dict[str, object]:
    row: dict[str, object] = {
        "what": f"control API, reads of {what} per second and core",
        "peer_name": YARDSTICK,
        "ratio": ours / peer if peer else None,
        "target": TARGETS[what],
        "unit": "1/s",
    }
    if skipped:
        return row | {"ours": None, "peer": None, "skipped": skipped}
    return row | {"ours": ours, "peer": peer}


def _delivery(url: str) -> int:
    """The number of one of a hundred deliveries that have been attempted, to an inbox of the server at `url`."""
    _asked(f"{url}/api/v1/endpoints", {"url": f"{url}/inbox/mine", "key": "a-key-to-send"})
    calls = _asked(f"{url}/api/v1/calls", {"seed": 1, "count": DELIVERIES})["calls"]
    _asked(f"{url}/api/v1/wait?state=delivered&count={DELIVERIES}")
    return int(calls[0]["deliveries"][0])


def _asked(url: str, content: Any = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)
