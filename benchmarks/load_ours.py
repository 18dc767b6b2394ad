"""Our own load as a tool among the others: the generator alone, or the whole command with locust in the middle."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from math import inf
from threading import Timer
from typing import Any

from benchmarks.load_peers import Job, Told, Tool, told
from benchmarks.receiver import KEY, started
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.schedule import departures

SEED = 7
WEBHOOK = "alohub.call-ended"
BEGINS_IN_S = 0.5


def generator(arrivals: str, count: int = 1) -> Tool:
    """Generators without a coordinator, each with its share."""
    return Tool(f"generator, {arrivals}", partial(_generators, arrivals, count), partial(_schedule, arrivals))


def command(arrivals: str, workers: int = 1) -> Tool:
    """`mock-alohub load`, as a user runs it."""
    run, schedule = partial(_command, arrivals, workers), partial(_schedule, arrivals)
    return Tool(f"mock-alohub load, {arrivals}", run, schedule, before=1)  # it tries one call first


def _plan(arrivals: str, job: Job) -> LoadPlan:
    return LoadPlan(
        job.url, (WEBHOOK,), job.rate, job.seconds, arrivals=arrivals, seed=SEED, retries=False, drain_s=6.0
    )


def _schedule(arrivals: str, job: Job) -> list[float]:
    return list(departures(_plan(arrivals, job)))


def _command(arrivals: str, workers: int, job: Job) -> Told:
    report = job.folder / "load.json"
    words = [
        sys.executable, "-m", "mock_alohub", "load", job.url, "--rate", f"{job.rate:g}",
        "--duration", f"{job.seconds:g}s", "--arrivals", arrivals, "--workers", str(workers), "--seed", str(SEED),
        "--webhook", WEBHOOK, "--no-retries", "--max-rate", "1000000", "--report", f"json={report}",
    ]  # fmt: skip
    # 1 and 3 are verdicts, on the endpoint and on the generator: what they say is in the report.
    environment = {**os.environ, "MOCK_ALOHUB_KEY": KEY}
    _, cpu_s = told(words, job, environment, fine=(0, 1, 3))
    record = json.loads(report.read_text(encoding="utf-8"))
    if record["latency_ms"]["p99"] is None:
        print(f"{job.rate:g} calls/s were not offered: {record['reason']}", file=sys.stderr)
        return Told(inf, cpu_s)
    return Told(record["latency_ms"]["p99"], cpu_s, record["lag_ms"]["p99"])


def _generators(arrivals: str, count: int, job: Job) -> Told:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "MOCK_ALOHUB_KEY": KEY}
    words = [sys.executable, "-m", "mock_alohub.load.generator"]
    total = RunCounts()
    with ExitStack() as stack:
        running = []
        for _ in range(count):
            process = started(words, job.cores, stdin=subprocess.PIPE, environment=environment)
            stack.callback(_ended, process)
            watchdog = Timer(job.seconds + 60, process.kill)
            watchdog.start()
            stack.callback(watchdog.cancel)
            running.append(process)
        for process in running:
            _heard(process, "ready")
        for index, process in enumerate(running):
            share = {"index": index, "count": count, "worker": index}
            plan = _plan(arrivals, job).as_dict()
            _tell(process, {"go": {"step": 1, "plan": plan, "begins_in_s": BEGINS_IN_S, **share}})
        for process in running:
            total.merge(_heard(process, "done"), beside=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Told((total.latencies.percentile(0.99) or 0.0) * 1000, cpu_s, (total.lag.percentile(0.99) or 0.0) * 1000)


def _tell(process: subprocess.Popen[str], order: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()


def _heard(process: subprocess.Popen[str], word: str) -> RunCounts:
    """All that a generator has counted until it says `word`."""
    assert process.stdout is not None
    run_counts = RunCounts()
    for line in process.stdout:
        news = json.loads(line)
        if "mistake" in news:
            raise SystemExit(f"the generator cannot: {news['mistake']['message']}")
        for heard, said in news.items():
            if "counts" in said:
                run_counts.merge(RunCounts.of_dict(said["counts"]))
            if heard == word:
                return run_counts
    raise SystemExit(f"the generator ended before it was {word}")


def _ended(process: subprocess.Popen[str]) -> None:
    """End of input is its order to end."""
    try:
        process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
