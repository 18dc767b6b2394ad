"""Reads of the control API per second and core, beside an ASGI application that does nothing on the same uvicorn.

Server and wrk have a core each; rounds of ours and the peer's alternate, so that what else the machine does meets both.
The targets are absolute, for a core on which the empty application makes 25,000 requests a second or more: the peer's
figure says whether this one does. The database has a hundred deliveries. Needs `wrk`.

    python -m benchmarks --only server
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.receiver import started

NAME = "server"
CONNECTIONS = 32
ROUNDS = 5
DELIVERIES = 100
TARGETS = {"one delivery": 10_000.0, "a list of ten": 5_000.0, "/healthz": 20_000.0}

EMPTY = """
import socket, uvicorn
async def app(scope, receive, send):
    head = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"ok"})
sock = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
plain = {"ws": "none", "lifespan": "off", "log_config": None, "access_log": False}
config = uvicorn.Config(app, http="httptools", loop="uvloop", **plain)
uvicorn.Server(config).run(sockets=[sock])
"""


def measure(seconds: float) -> list[dict[str, object]]:
    """A row for each kind of read; without figures (`skipped` says why) where wrk is missing."""
    if shutil.which("wrk") is None:
        return [_row(what, skipped="`wrk` is not installed") for what in TARGETS]
    cores = sorted(os.sched_getaffinity(0))
    first, second = {cores[0]}, {cores[1 % len(cores)]}
    serve = [sys.executable, "-m", "mock_alohub", "serve", "--ephemeral", "--port", "0", "--quiet"]
    rates: dict[str, list[float]] = {"peer": [], **{what: [] for what in TARGETS}}
    with _running(serve, first) as ours, _running([sys.executable, "-c", EMPTY], first) as peer:
        urls = {
            "peer": peer,
            "one delivery": f"{ours}/api/v1/deliveries/{_delivery(ours)}",
            "a list of ten": f"{ours}/api/v1/deliveries?limit=10",
            "/healthz": f"{ours}/healthz",
        }
        for _ in range(ROUNDS):
            for what, url in urls.items():
                rates[what].append(_rate(url, seconds, second))
    medians = {what: statistics.median(found) for what, found in rates.items()}
    return [_row(what, medians[what], medians["peer"]) for what in TARGETS]


def _row(what: str, ours: float = 0.0, peer: float = 0.0, *, skipped: str = "") -> dict[str, object]:
    row: dict[str, object] = {
        "what": f"control API, reads of {what} per second and core",
        "peer_name": "empty app on uvicorn",
        "ratio": None,
        "target": TARGETS[what],
        "unit": "1/s",
        "more_is_better": True,
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


def _rate(url: str, seconds: float, cores: set[int]) -> float:
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", url]
    process = started(wrk, cores)
    text, _ = process.communicate()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if rate is None or "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"wrk did not measure what it should:\n{text}")
    return float(rate[1])


@contextmanager
def _running(command: list[str], cores: set[int]) -> Iterator[str]:
    """A server as a process of its own, which prints its URL when it is ready."""
    process = started(command, cores)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()
