"""What each tool makes of an endpoint that freezes: what it goes on to offer, and the p99 it reports.

The receiver stops for 2 s in every 10 s. Whoever goes on at 200 calls a second has a p99 of 1.9 s (in one period: 400
of 2,000 calls wait, and a hundredth of all are those that come in the first tenth of a second of the freeze).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from benchmarks.load_peers import K6, LOCUST, WRK, Tool
from benchmarks.load_trial import Freeze, Trial, trial

RATE = 200.0
FREEZE = Freeze(2.0, 10.0)
PEERS = ((K6, 600), (K6, 10), (LOCUST, 200), (LOCUST, 5), (WRK, 0))
"""With the users (k6: VUs) that their documents would have, and with few."""


@dataclass(frozen=True, slots=True)
class Stall:
    """What came of one tool; `trial` is None where the tool is missing."""

    name: str
    trial: Trial | None


def measure(ours: Sequence[Tool], periods: int = 1) -> list[Stall]:
    """Every tool for as many freezes as there are `periods`."""
    seconds = periods * FREEZE.period_s + 2.0
    found = []
    for tool, users in (*((one, 0) for one in ours), *PEERS):
        name = f"{tool.name}, {users} users" if users else tool.name
        run = None if tool.missing() else trial(tool, RATE, seconds, users=users, freeze=FREEZE)
        found.append(Stall(name, run))
    return found


def true_p99_ms(seconds: float = FREEZE.period_s) -> float:
    """The p99 of calls that go on evenly through whole periods."""
    calls = [number / RATE % FREEZE.period_s for number in range(int(RATE * seconds))]
    thaw = FREEZE.period_s / 2 + FREEZE.freeze_s
    waits = sorted(max(0.0, thaw - at) if at >= FREEZE.period_s / 2 else 0.0 for at in calls)
    return waits[ceil(0.99 * len(waits)) - 1] * 1000


def table(found: Sequence[Stall]) -> str:
    """As Markdown."""
    lines = [
        f"| at {RATE:g} calls/s, 2 s of every 10 s frozen | offered, of what was asked | p99 it reports |",
        "|---|---:|---:|",
    ]
    for one in found:
        if one.trial is None:
            lines.append(f"| {one.name} | not installed | |")
            continue
        offered = "" if one.name == WRK.name else f"{one.trial.found.offered:.1%}"
        lines.append(f"| {one.name} | {offered} | {one.trial.told.p99_ms:,.0f} ms |")
    lines.append(f"| *what is true* | *100.0%* | *{true_p99_ms():,.0f} ms* |")
    return "\n".join(lines)
