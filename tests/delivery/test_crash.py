"""A process that is killed at any moment loses nothing that it promised, and leaves nothing stuck."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import orjson
import pytest

from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.outbox import Outbox
from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.transport import Transport, run
from mock_alohub.specification.specification import Specification
from tests.delivery import crashing

KILLS = 50
MOST_PROMISES = 100
"""A process is killed after at most so many, and between two of them."""
LONGEST_START_S = 0.1
PATIENCE_S = 100.0


class Partner:
    """A real endpoint on loopback that refuses every fifth call at first, and remembers what it acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self._refused: set[str] = set()
        self._lock = threading.Lock()

    def status(self, body: bytes) -> int:
        with self._lock:
            call_id = orjson.loads(body)["call_id"]
            if call_id.endswith(("0", "5")) and call_id not in self._refused:
                self._refused.add(call_id)
                return 503
            self.acknowledged[call_id] += 1
            return 200

    @contextmanager
    def serving(self) -> Iterator[str]:
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % partner.status(body))

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                """The sender was killed in the middle of a request."""

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/hook"
            finally:
                server.shutdown()
                thread.join()


def killed_after(promises: int, more_s: float, folder: Path, url: str, name: str) -> list[str]:
    """Let a process make `promises` and live for `more_s` seconds, kill it, and give the calls that it had promised."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.delivery.crashing"])
    reading, writing = context.Pipe(duplex=False)
    process = context.Process(target=crashing.live, args=(folder, url, name, writing), daemon=True)
    process.start()
    writing.close()
    promised = list(islice(heard(reading, time.monotonic() + PATIENCE_S), promises))
    time.sleep(more_s)
    process.kill()
    promised.extend(heard(reading, time.monotonic() + PATIENCE_S))
    process.join()
    assert process.exitcode == -9, "it ended before it was killed"
    process.close()
    reading.close()
    return promised


def heard(reading: Connection, until: float) -> Iterator[str]:
    while (left_s := until - time.monotonic()) > 0 and reading.poll(left_s):
        try:
            yield reading.recv_bytes().decode()
        except (EOFError, OSError):
            return


async def delivered_to_the_end(folder: Path) -> dict[StateName, int]:
    """Start once more and let everything that waits be delivered; how many deliveries are in each state then."""
    async with Transport() as transport, Outbox(folder / "deliveries.sqlite3") as outbox:
        engine = Engine(outbox, transport, Specification.load(), time_scale=crashing.TIME_SCALE)
        await engine.start()
        async with asyncio.timeout(PATIENCE_S):
            while (counts := engine.counts("default"))[StateName.WAITING] or counts[StateName.ATTEMPTING]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await engine.stop()
        return dict(counts)


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
def test_a_process_killed_fifty_times_loses_nothing_and_leaves_nothing_stuck(tmp_path: Path) -> None:
    partner, random, promised = Partner(), Random(50), list[str]()
    with partner.serving() as url:
        for kill in range(KILLS):
            # Every fifth while it starts; the others at any moment of their work, however fast the machine is.
            promises = random.randint(1, MOST_PROMISES) if kill % 5 else 0
            more_s = random.uniform(0, 0.005 if promises else LONGEST_START_S)
            promised += killed_after(promises, more_s, tmp_path, url, f"life-{kill}")
        counts = run(delivered_to_the_end(tmp_path))
    lost = set(promised) - partner.acknowledged.keys()
    assert not lost
    assert len(promised) > 10 * KILLS
    assert counts[StateName.DELIVERED] == sum(counts.values()) >= len(promised)
