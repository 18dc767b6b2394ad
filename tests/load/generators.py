"""A generator in its own process, as locust's processes start it, and what it counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mock_alohub.load.counts import RunCounts
from mock_alohub.load.plan import LoadPlan

News = dict[str, Any]


def plan(url: str, **changes: Any) -> LoadPlan:
    """A short, even load without retries, save for `changes`."""
    usual: dict[str, Any] = {"webhooks": ("alohub.call-ended",), "rate": 100, "duration_s": 1, "arrivals": "constant"}
    return LoadPlan(url=url, **{**usual, **changes})


class Worker:
    """A running generator: `order` it, and read its news."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def order(self, **order: Any) -> None:
        """Send one order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def go(self, plan: LoadPlan, *, step: int = 1, begins_in_s: float = 1.0, index: int = 0, count: int = 1) -> None:
        """Begin a step."""
        go = {"step": step, "plan": plan.as_dict(), "begins_in_s": begins_in_s, "index": index, "count": count}
        self.order(go={**go, "worker": index})

    def news(self) -> News:
        """Its next word."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the generator has ended"
        news: News = json.loads(line)
        return news

    def done(self) -> tuple[RunCounts, News]:
        """All that it counts until the step is done, and its last word."""
        run_counts = RunCounts()
        while True:
            news = self.news()
            assert "mistake" not in news, news
            (word,) = news.values()
            run_counts.merge(RunCounts.of_dict(word["counts"]))
            if "done" in news:
                return run_counts, word


@contextmanager
def worker(*before: str, **environment: str) -> Iterator[Worker]:
    """A generator that is ready for orders; its command stands behind the words `before`."""
    process = subprocess.Popen(
        [*before, sys.executable, "-m", "mock_alohub.load.generator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    try:
        running = Worker(process)
        assert "ready" in running.news()
        yield running
    finally:
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()


def run(plan: LoadPlan, **environment: str) -> RunCounts:
    """What one generator counts of the whole plan."""
    with worker(**environment) as running:
        running.go(plan)
        return running.done()[0]
