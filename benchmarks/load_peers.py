"""The other load generators, each run as its own documents would have it, and what each says of itself."""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.receiver import KEY, body, started

HERE = Path(__file__).parent
BUILT = Path("~/.cache/mock-alohub-bench/bin").expanduser()
"""Where a k6 is looked for that is not on the PATH: `GOBIN=… go install go.k6.io/k6@v1.8.1`."""

_PR_SET_CHILD_SUBREAPER = 36
ORPHANS_S = 0.4
"""For processes to end whose parent has just ended."""

FEW = 20
"""Users, and VUs of k6: enough for an endpoint that answers at once, and idle ones cost k6 its punctuality."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a tool is asked for: `rate` calls a second for `seconds`, by `users` where it works with users."""

    port: int
    rate: float
    seconds: float
    cores: set[int]
    folder: Path
    users: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool says of its run, and the CPU time it took; `lag_p99_ms` is how late it says it was."""

    p99_ms: float
    cpu_s: float
    lag_p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A load generator and how to run it.

    `schedule` knows when its calls are due, where that is not evenly; `before` is how many requests it makes before
    the load; `missing` why it cannot run here, "" if it can.
    """

    name: str
    run: Callable[[Job], Told]
    schedule: Callable[[Job], list[float]] | None = None
    before: int = 0
    missing: Callable[[], str] = str


def told(
    command: Sequence[str], job: Job, environment: dict[str, str] | None = None, fine: Sequence[int] = (0,)
) -> tuple[str, float]:
    """What a tool printed, and the CPU seconds of it and of its children. `fine`: exit codes that are."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = started(list(command), job.cores, environment=environment, stderr=subprocess.PIPE)
    try:
        text, said = process.communicate(timeout=job.seconds + 60)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    _bury_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in fine:
        raise SystemExit(f"{command[0]} ended with {process.returncode}:\n{said or text}")
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _bury_orphans() -> None:
    """Wait for processes that a tool left behind: only who is waited for is in the account of CPU time."""
    ends_at = time.monotonic() + ORPHANS_S
    while time.monotonic() < ends_at:
        if os.waitpid(-1, os.WNOHANG) == (0, 0):
            time.sleep(0.02)


def k6_path() -> str | None:
    """The k6 to run, if there is one."""
    return shutil.which("k6") or shutil.which("k6", path=str(BUILT))


def k6(job: Job) -> Told:
    """Constant arrival rate, without what a run of it need not do: no usage report, thresholds or control server."""
    example, summary = job.folder / "body.json", job.folder / "k6.json"
    example.write_bytes(body(0))
    given = {
        "RATE": f"{job.rate:g}", "SECONDS": f"{job.seconds:g}", "USERS": str(job.users or FEW),
        "URL": job.url, "KEY": KEY, "BODY": str(example),
    }  # fmt: skip
    quiet = ["--quiet", "--no-color", "--no-usage-report", "--no-thresholds", "--address", "", "--log-output", "none"]
    variables = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    program = k6_path()
    assert program is not None
    script = str(HERE / "load_k6.js")
    _, cpu_s = told([program, "run", *quiet, "--summary-export", str(summary), *variables, script], job)
    return Told(float(json.loads(summary.read_text())["metrics"]["http_req_duration"]["p(99)"]), cpu_s)


def locust(job: Job) -> Told:
    """Plain locust: `FastHttpUser`s with `constant_throughput`, as many as the job says, or few."""
    users = job.users or FEW
    report = job.folder / "locust.json"
    command = [
        sys.executable, "-m", "locust", "--locustfile", str(HERE / "load_locustfile.py"), "--host",
        f"http://127.0.0.1:{job.port}", "--headless", "--users", str(users), "--spawn-rate", str(users),
        "--run-time", f"{job.seconds:g}s", "--stop-timeout", "5", "--only-summary", "--loglevel", "ERROR",
        "--json-file", str(report.with_suffix("")),
    ]  # fmt: skip
    environment = {**os.environ, "RATE_PER_USER": f"{job.rate / users:g}", "PYTHONPATH": str(HERE.parent)}
    _, cpu_s = told(command, job, environment)
    counted = {float(ms): count for ms, count in json.loads(report.read_text())[0]["response_times"].items()}
    return Told(_percentile(counted, 0.99), cpu_s)


def metronome(job: Job) -> Told:
    """A program in C that sleeps and writes: what it cannot keep to, nothing on this machine can."""
    program = job.folder / "metronome"
    subprocess.run(["cc", "-O2", "-w", "-o", str(program), str(HERE / "metronome.c")], check=True)
    example = job.folder / "body.json"
    example.write_bytes(body(0))
    words = f'exec "{program}" {job.port} {job.rate:g} {job.seconds:g} < "{example}"'
    _, cpu_s = told(["sh", "-c", words], job)
    return Told(0.0, cpu_s)


def wrk(job: Job) -> Told:
    """A closed model, as fast as 50 connections go; there is no rate to ask it for."""
    script = job.folder / "post.lua"
    script.write_text(
        'wrk.method = "POST"\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "{KEY}"\n'
        f"wrk.body = [[{body(0).decode()}]]\n",
        encoding="utf-8",
    )
    duration = f"-d{max(1, round(job.seconds))}s"
    text, cpu_s = told(
        ["wrk", "-t1", "-c50", duration, "--timeout", "5s", "--latency", "-s", str(script), job.url], job
    )
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    if found is None:
        raise SystemExit(f"wrk did not measure what it should:\n{text}")
    return Told(float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]], cpu_s)


def _percentile(counted: dict[float, int], share: float) -> float:
    left = share * sum(counted.values())
    for value in sorted(counted):
        left -= counted[value]
        if left <= 0:
            return value
    return 0.0


def _no_k6() -> str:
    return "" if k6_path() else "`k6` is not installed"


def _no_wrk() -> str:
    return "" if shutil.which("wrk") else "`wrk` is not installed"


K6 = Tool("k6 constant-arrival-rate", k6, missing=_no_k6)
METRONOME = Tool("the machine itself: C, sleep and write", metronome)
LOCUST = Tool("locust FastHttpUser", locust)
WRK = Tool("wrk", wrk, missing=_no_wrk)
