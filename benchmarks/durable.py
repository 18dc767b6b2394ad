"""Durable deliveries per second: enqueued, attempted and recorded, each on disk (SQLite, WAL, synchronous FULL).

The receiver of `benchmarks.attempts` and the whole engine share the machine's first two cores. Two hundred
producers enqueue one delivery at a time, as clients of the server would, and hold on while 2,000 are not delivered yet.
A second measurement hands over 100,000 calls as fast as they are taken, a hundred at a time, and then waits for all to
be delivered. The log is at its default level, so there is no line per attempt. Needs a C compiler. The rate is judged
beside the yardstick, where there is one.

    python -m benchmarks --only durable
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks import yardstick
from benchmarks.receiver import KEY, body, output, receiver
from mock_alohub.delivery.destination import Registration
from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.delivery.outbox import Outbox
from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.transport import Transport, run
from mock_alohub.delivery.view import Wanted
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.message import Message
from mock_alohub.specification.specification import Specification

NAME = "durable"
TARGET = 12_000.0
MEMORY_TARGET_MB = 200.0
BURST = 100_000
BURST_TARGET_S = 20.0
PRODUCERS = 200
BACKLOG = 2_000
WEBHOOK = "alohub.call-ended"


def measure(seconds: float) -> list[dict[str, object]]:
    """Three rows: deliveries per second, memory at the end (MB), seconds until a burst is accepted."""
    what = f"durable deliveries per second, FULL, two cores with the receiver, {seconds:g} s"
    if shutil.which("cc") is None:
        row = _row(what, 0.0, TARGET, "1/s", more_is_better=True)
        return [row | {"ours": None, "skipped": "`cc` is not installed"}]
    cores = set(sorted(os.sched_getaffinity(0))[:2])
    with tempfile.TemporaryDirectory() as folder, receiver(Path(folder), cores) as port:
        steady = _measured("steady", port, seconds, cores)
        burst = _measured("burst", port, seconds, cores)
    rate = _row(what, steady["rate"], TARGET, "1/s", more_is_better=True)
    if not yardstick.missing():
        peer = yardstick.measured(min(seconds, 3.0))
        rate |= {"peer": peer, "ratio": steady["rate"] / peer, "target": TARGET / yardstick.STANDARD}
    return [
        rate,
        _row("… peak memory of that process", steady["memory_mb"], MEMORY_TARGET_MB, "MB"),
        _row(f"burst of {BURST:,} calls, until all are accepted", burst["accepted_s"], BURST_TARGET_S, "s"),
        _row("… of which were lost", burst["lost"], 0.0, "calls"),
    ]


def _row(what: str, ours: float, target: float, unit: str, *, more_is_better: bool = False) -> dict[str, object]:
    row = {"what": what, "ours": ours, "target": target, "unit": unit, "ratio": None}
    row |= {"peer": None, "peer_name": yardstick.NAME}
    return row | ({"more_is_better": True} if more_is_better else {})


def _measured(what: str, port: int, seconds: float, cores: set[int]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.durable", what, str(port), str(seconds)]
    found: dict[str, float] = json.loads(output(command, cores))
    return found


Work = Callable[[Engine, int], Awaitable[dict[str, Any]]]


async def _delivering(port: int, work: Work) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        async with Transport() as transport, Outbox(Path(folder) / "deliveries.sqlite3") as outbox:
            engine = Engine(outbox, transport, Specification.load())
            await engine.start()
            endpoint = Endpoint(parse_url(f"http://127.0.0.1:{port}/webhook"), Key(KEY))
            destination = await engine.register(Registration(endpoint))
            found = await work(engine, destination.id)
            await engine.stop()
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"memory_mb": memory_mb}


def _parcel(endpoint: int, number: int) -> NewDelivery:
    headers = (("Content-Type", "application/json"),)
    return NewDelivery(endpoint, Message(WEBHOOK, f"17000{number:08}", "POST", headers, body(number)))


def _steady(seconds: float) -> Work:
    async def work(engine: Engine, endpoint: int) -> dict[str, Any]:
        enqueued = 0
        over = False

        async def produce() -> None:
            nonlocal enqueued
            while not over:
                if enqueued - engine.ended >= BACKLOG:
                    await asyncio.sleep(0.02)
                    continue
                enqueued += 1
                await engine.enqueue([_parcel(endpoint, enqueued)])

        producers = [asyncio.create_task(produce()) for _ in range(PRODUCERS)]
        await asyncio.sleep(0.5)
        first, began, cpu = engine.ended, time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        count, elapsed_s, cpu_s = engine.ended - first, time.perf_counter() - began, time.process_time() - cpu
        over = True
        await asyncio.gather(*producers)
        return {"rate": count / elapsed_s, "cpu_us": cpu_s / count * 1e6}

    return work


async def _burst(engine: Engine, endpoint: int) -> dict[str, Any]:
    began = time.perf_counter()
    for first in range(0, BURST, 100):
        await engine.enqueue([_parcel(endpoint, number) for number in range(first, first + 100)])
    accepted_s = time.perf_counter() - began
    delivered = await engine.until(Wanted(state=StateName.DELIVERED), BURST, timeout_s=60.0)
    return {"accepted_s": accepted_s, "delivered_s": time.perf_counter() - began, "lost": BURST - delivered}


if __name__ == "__main__":
    _what, _port, _seconds = sys.argv[1:]
    print(json.dumps(run(_delivering(int(_port), _steady(float(_seconds)) if _what == "steady" else _burst))))
