"""One run of one tool against a receiver of its own, told by both."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.load_arrivals import Fidelity, fidelity_to_rate, fidelity_to_schedule
from benchmarks.load_peers import Job, Told, Tool
from benchmarks.receiver import stamping_receiver


@dataclass(frozen=True, slots=True)
class Freeze:
    """The receiver freezes for `freeze_s` in every `period_s`, from the middle of each period on."""

    freeze_s: float
    period_s: float


STEADY = Freeze(0.0, 10.0)
MOST_DISTURBED = 0.05
TRIES = 4
PATIENCE_S = 5.0
GLANCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Trial:
    """What came in, and what the tool says of it.

    `per_call_us`: CPU time per request, the tool's start included; `disturbed`: the share of the machine that others
    took meanwhile.
    """

    told: Told
    found: Fidelity
    per_call_us: float
    disturbed: float


def cores() -> tuple[set[int], set[int]]:
    """One for the receiver, another for the tool."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[1 % len(usable)]}


def trial(
    tool: Tool,
    rate: float,
    seconds: float,
    *,
    users: int = 0,
    freeze: Freeze = STEADY,
    on: tuple[set[int], set[int]] | None = None,
) -> Trial:
    """Let `tool` make `rate` calls a second; `on`: cores of the receiver and of the tool, one each unless said.

    A run that others disturbed is made again, up to three times; the one that was disturbed least counts.
    """
    found: list[Trial] = []
    while len(found) < TRIES and (not found or found[-1].disturbed > MOST_DISTURBED):
        wait_for_calm()
        found.append(once(tool, rate, seconds, users=users, freeze=freeze, on=on))
    return min(found, key=lambda one: one.disturbed)


def once(
    tool: Tool,
    rate: float,
    seconds: float,
    *,
    users: int = 0,
    freeze: Freeze = STEADY,
    on: tuple[set[int], set[int]] | None = None,
) -> Trial:
    """As `trial`, but one run, disturbed or not."""
    receiving, sending = on or cores()
    before, began = cpu_account(), time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with stamping_receiver(folder, receiving, freeze_s=freeze.freeze_s, period_s=freeze.period_s) as receiver:
            job = Job(receiver.port, rate, seconds, sending, folder, users)
            told = tool.run(job)
        # Now that the receiver has ended too, what it took is known not to be others'.
        disturbed = (cpu_account() - before) / ((time.monotonic() - began) * (os.cpu_count() or 1))
        arrivals = receiver.arrivals()[tool.before :]
    if tool.schedule is None:
        found = fidelity_to_rate(arrivals, rate, seconds)
    else:
        found = fidelity_to_schedule(arrivals, tool.schedule(job), seconds)
    return Trial(told, found, told.cpu_s / max(len(arrivals), 1) * 1e6, disturbed)


def cpu_account() -> float:
    """CPU seconds the machine has spent on others than this process and the children it has waited for."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, _stat()[:8])
    everybody = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return everybody - sum(usage.ru_utime + usage.ru_stime for usage in usages)


def wait_for_calm() -> None:
    """Until others leave the machine alone for a moment, or patience ends."""
    ends_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_at:
        before = cpu_account()
        time.sleep(GLANCE_S)
        if cpu_account() - before <= MOST_DISTURBED * GLANCE_S * (os.cpu_count() or 1):
            return


def _stat() -> list[str]:
    return Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]


def middle(trials: Sequence[Trial]) -> Trial:
    """The median of each figure by itself."""
    lags = [one.told.lag_p99_ms for one in trials if one.told.lag_p99_ms is not None]
    return Trial(
        Told(
            median(one.told.p99_ms for one in trials),
            median(one.told.cpu_s for one in trials),
            median(lags) if lags else None,
        ),
        Fidelity(
            median(one.found.offered for one in trials),
            median(one.found.deviation_p50_ms for one in trials),
            median(one.found.deviation_p99_ms for one in trials),
            median(one.found.dispersion for one in trials),
        ),
        median(one.per_call_us for one in trials),
        max(one.disturbed for one in trials),
    )
