"""How fast this machine is: what an ASGI application that does nothing makes on one core, on the uvicorn of ours.

Figures that depend on nothing but the machine's speed are targets for a machine on which it makes `STANDARD` requests a
second, and are judged beside it. Needs `wrk`.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.receiver import started

NAME = "empty app on uvicorn"
STANDARD = 57_000
CONNECTIONS = 32
ROUNDS = 3

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


def missing() -> str:
    """Why there is no measure, "" where there is."""
    return "" if shutil.which("wrk") else "`wrk` is not installed"


def measured(seconds: float) -> float:
    """Requests per second of the empty application, the median of some rounds."""
    cores = sorted(os.sched_getaffinity(0))
    with running([sys.executable, "-c", EMPTY], {cores[0]}) as url:
        return statistics.median(rate(url, seconds, {cores[1 % len(cores)]}) for _ in range(ROUNDS))


def rate(url: str, seconds: float, cores: set[int]) -> float:
    """Requests per second that wrk makes at `url`."""
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", url]
    process = started(wrk, cores)
    text, _ = process.communicate()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if rate is None or "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"wrk did not measure what it should:\n{text}")
    return float(rate[1])


@contextmanager
def running(command: list[str], cores: set[int]) -> Iterator[str]:
    """A server as a process of its own, which prints its URL when it is ready."""
    process = started(command, cores, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()
