"""Attempts per second and core: our sender beside wrk, against one receiver that is faster than both.

The receiver (one thread, epoll, written in C and compiled on the fly) is pinned to the first core, each client in turn
to the second; their rounds alternate so that what else the machine does meets both. Needs `wrk` and a C compiler.

    python -m benchmarks --only attempts
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.receiver import BODY_SIZE, KEY, body, output, receiver
from mock_alohub.delivery.transport import Transport, run
from mock_alohub.messages.endpoint import parse_url
from mock_alohub.messages.transmission import USER_AGENT, Request

NAME = "attempts"
CONNECTIONS = 50
ROUNDS = 3
TARGET = 0.40


def measure(seconds: float) -> list[dict[str, object]]:
    """One row: our attempts per second beside wrk's, medians of alternating rounds of `seconds` each.

    The row is empty of figures (`skipped` says why) where wrk or a C compiler is missing.
    """
    for tool in ("wrk", "cc"):
        if shutil.which(tool) is None:
            return [_row(skipped=f"`{tool}` is not installed")]
    first, second = _cores()
    ours: list[tuple[float, float]] = []
    peer: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder, receiver(Path(folder), first) as port:
        for _ in range(ROUNDS):
            ours.append(_ours(port, seconds, second))
            peer.append(_wrk(port, seconds, second, Path(folder)))
    rate, cpu_us = _medians(ours)
    peer_rate, peer_cpu_us = _medians(peer)
    return [_row(ours=rate, peer=peer_rate, cpu_us=cpu_us, peer_cpu_us=peer_cpu_us)]


def _row(
    *, ours: float = 0.0, peer: float = 0.0, cpu_us: float = 0.0, peer_cpu_us: float = 0.0, skipped: str = ""
) -> dict[str, object]:
    row: dict[str, object] = {
        "what": f"attempts per second and core, {CONNECTIONS} connections, {BODY_SIZE} B, not stored",
        "peer_name": "wrk",
        "target": TARGET,
        "unit": "1/s",
    }
    if skipped:
        return row | {"ours": None, "peer": None, "ratio": None, "skipped": skipped}
    return row | {"ours": ours, "peer": peer, "ratio": ours / peer, "cpu_us": cpu_us, "peer_cpu_us": peer_cpu_us}


def _cores() -> tuple[set[int], set[int]]:
    cores = sorted(os.sched_getaffinity(0))
    return {cores[0]}, {cores[1 % len(cores)]}


def _ours(port: int, seconds: float, cores: set[int]) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.attempts", str(port), str(seconds)]
    found = json.loads(output(command, cores))
    return found["rate"], found["cpu_us"]


def _wrk(port: int, seconds: float, cores: set[int], folder: Path) -> tuple[float, float]:
    script = folder / "post.lua"
    text = body(0).decode()
    script.write_text(
        'wrk.method = "POST"\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "{KEY}"\n'
        f"wrk.body = [[{text}]]\n",
        encoding="utf-8",
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    url = f"http://127.0.0.1:{port}/webhook"
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(script), url]
    text = output(wrk, cores)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    requests = re.search(r"(\d+) requests in", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    if requests is None or rate is None or "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"wrk did not measure what it should:\n{text}")
    return float(rate[1]), cpu_s / int(requests[1]) * 1e6


def _medians(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(rate for rate, _ in rounds), statistics.median(cpu_us for _, cpu_us in rounds)


def _client(port: int, seconds: float) -> dict[str, float]:
    """What one process of ours does in `seconds`: attempts per second, CPU time per attempt."""
    url = parse_url(f"http://127.0.0.1:{port}/webhook")
    fixed = (("Host", url.authority), ("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Authorization", KEY))
    # A thousand different requests, none of whose parts is shared, as different calls would be.
    requests = [
        Request(
            "POST",
            url,
            (*fixed, ("Content-Type", "application/json"), ("Content-Length", str(BODY_SIZE))),
            body(number),
        )
        for number in range(1000)
    ]

    async def user(transport: Transport, first: int, ends_at: float) -> int:
        count = 0
        while time.perf_counter() < ends_at:
            attempt = await transport.send(requests[(first + count) % 1000], deadline_s=5.0)
            if attempt.status != 200:
                raise SystemExit(f"an attempt failed: {attempt}")
            count += 1
        return count

    async def all_users() -> dict[str, float]:
        async with Transport() as transport:
            await asyncio.gather(
                *(user(transport, number * 20, time.perf_counter() + 0.2) for number in range(CONNECTIONS))
            )
            cpu_began, began = time.process_time(), time.perf_counter()
            counts = await asyncio.gather(
                *(user(transport, number * 20, began + seconds) for number in range(CONNECTIONS))
            )
            elapsed_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        return {"rate": sum(counts) / elapsed_s, "cpu_us": cpu_s / sum(counts) * 1e6}

    return run(all_users())


if __name__ == "__main__":
    print(json.dumps(_client(int(sys.argv[1]), float(sys.argv[2]))))
