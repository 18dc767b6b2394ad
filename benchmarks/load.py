"""`mock-alohub load` beside k6, plain locust and wrk, judged by what comes in at a neutral receiver.

python -m benchmarks --only load               # the targets
python -m benchmarks.load [--seconds 10]       # all tables, the targets last, written into docs/performance.md
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import load_ceiling, load_fidelity, load_memory, load_stall, targets
from benchmarks.load_ceiling import Climber
from benchmarks.load_fidelity import Kept
from benchmarks.load_ours import command, generator
from benchmarks.load_peers import K6, METRONOME
from benchmarks.load_stall import Stall

NAME = "load"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- load -->", "<!-- end of load -->"
CONSTANT, POISSON = command("constant"), command("poisson")
ENOUGH_CORES = 4
"""For the receiver, two generators and the processes that lead them; with fewer, the second one has no core."""

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured, for rows and tables."""

    kept: list[Kept]
    stalls: list[Stall]
    ours_ceiling: float
    generator_ceiling: float
    k6_ceiling: float | None
    one_worker: float
    two_workers: float
    memory_mb: dict[str, tuple[float, float]]


def measure(seconds: float) -> list[Row]:
    """A row for each target; rounds last `seconds`, and five at least: the edges of a run do not count."""
    if shutil.which("cc") is None:
        return [_row("load, judged at a receiver", 0.0, 0.0, "") | {"ours": None, "skipped": "`cc` is not installed"}]
    return rows(measured(max(5.0, seconds), memory_s=max(30.0, seconds)))


def measured(seconds: float, memory_s: float) -> Measured:
    """Everything, one after the other: the machine has few cores."""
    kept = load_fidelity.measure((CONSTANT, POISSON), seconds)
    stalls = load_stall.measure((CONSTANT, POISSON))
    climbers = [Climber(CONSTANT, 9000.0), Climber(generator("constant"), 9000.0)]
    climbers += [] if K6.missing() else [Climber(K6, 3000.0)]
    ours, alone, *k6 = load_ceiling.ceilings(climbers, seconds)
    both = load_ceiling.shared_cores()
    one, two = load_ceiling.ceilings(
        [Climber(command("constant", 1), 9000.0, both), Climber(command("constant", 2), 9000.0, both)], seconds
    )
    return Measured(kept, stalls, ours, alone, k6[0] if k6 else None, one, two, load_memory.growth_mb(memory_s))


def rows(found: Measured) -> list[Row]:
    """The targets."""
    return [*_fidelity_rows(found.kept), *_stall_rows(found.stalls), *_ceiling_rows(found), _memory_row(found)]


def _fidelity_rows(kept: Sequence[Kept]) -> list[Row]:
    result = []
    k6 = {one.rate: one.trial.found for one in kept if one.tool is K6 and one.trial}
    # What a program that only sleeps and writes cannot keep to is the machine's doing.
    machine = {one.rate: one.trial.found for one in kept if one.tool is METRONOME and one.trial}
    for one in kept:
        if one.tool not in (CONSTANT, POISSON) or one.trial is None:
            continue
        found, peer = one.trial.found, k6.get(one.rate)
        error, deviation, dispersion = (
            (peer.error * 100, peer.deviation_p99_ms, peer.dispersion) if peer else (None, None, None)
        )
        floor = machine[one.rate]
        what = f"load, {one.rate:,.0f} calls/s, {'constant' if one.tool is CONSTANT else 'poisson'}"
        result.append(_row(f"{what}: rate error", found.error * 100, 0.5, "%", error))
        result.append(
            _row(
                f"{what}: send deviation p99", found.deviation_p99_ms, max(3.0, floor.deviation_p99_ms), "ms", deviation
            )
        )
        what += ": variance/mean per 10 ms"
        if one.tool is CONSTANT:
            result.append(_row(what, found.dispersion, max(0.5, floor.dispersion), "", dispersion))
        else:
            result.append(_row(f"{what}, distance from 1", abs(found.dispersion - 1), max(0.2, floor.dispersion), ""))
    return result


def _stall_rows(stalls: Sequence[Stall]) -> list[Row]:
    ours = next(one.trial for one in stalls if one.name == CONSTANT.name and one.trial)
    truth_ms = load_stall.true_p99_ms()
    what = f"load, endpoint freezes 2 s of 10, {load_stall.RATE:g} calls/s"
    return [
        _row(f"{what}: rate error", ours.found.error * 100, 1.0, "%"),
        _row(f"{what}: p99, distance from the true one", abs(ours.told.p99_ms / truth_ms - 1) * 100, 5.0, "%"),
    ]


def _ceiling_rows(found: Measured) -> list[Row]:
    what = "load, highest rate on one core with deviation p99 under 10 ms"
    row = _row(what, found.ours_ceiling, 1.0, "calls/s", found.k6_ceiling, more_is_better=True)
    if found.k6_ceiling:
        row["ratio"] = found.ours_ceiling / found.k6_ceiling
    else:
        row |= {"ours": None, "skipped": "`k6` is not installed"}
    workers = _row("load, the same with two workers", found.two_workers, 1.7, "calls/s", more_is_better=True)
    workers |= {"peer": found.one_worker, "peer_name": "one worker", "ratio": found.two_workers / found.one_worker}
    if (os.cpu_count() or 1) < ENOUGH_CORES:
        skipped = f"two workers have no cores of their own here ({workers['ratio']:.2f} times one on two shared cores)"
        workers |= {"ours": None, "skipped": skipped}
    return [row, workers]


def _memory_row(found: Measured) -> Row:
    grown_mb = max(late - early for early, late in found.memory_mb.values())
    return _row("load, memory grown by, second to last quarter of a run", max(grown_mb, 0.0), 5.0, "MB")


def _row(
    what: str, ours: float, target: float, unit: str, peer: float | None = None, *, more_is_better: bool = False
) -> Row:
    row: Row = {"what": what, "ours": ours, "peer": peer, "peer_name": "k6", "ratio": None, "target": target}
    return row | {"unit": unit} | ({"more_is_better": True} if more_is_better else {})


def page(found: Measured) -> str:
    """All tables, as Markdown."""
    k6 = f"{found.k6_ceiling:,.0f}" if found.k6_ceiling else "not installed"
    ceiling = (
        "| highest rate on one core, deviation p99 under 10 ms | calls/s |\n|---|---:|\n"
        f"| mock-alohub load, all its processes | {found.ours_ceiling:,.0f} |\n"
        f"| its generator alone | {found.generator_ceiling:,.0f} |\n"
        f"| k6 constant-arrival-rate | {k6} |\n"
        f"| `--workers 1`, on the same {os.cpu_count()} cores as the receiver | {found.one_worker:,.0f} |\n"
        f"| `--workers 2`, likewise | {found.two_workers:,.0f} |"
    )
    memory = "\n".join(
        f"| {name} | {early:.1f} MB | {late:.1f} MB |" for name, (early, late) in sorted(found.memory_mb.items())
    )
    memory = f"| memory at 1,000 calls/s | second quarter | last quarter |\n|---|---:|---:|\n{memory}"
    runs = [one.trial for one in found.kept if one.trial] + [one.trial for one in found.stalls if one.trial]
    disturbed = max(run.disturbed for run in runs)
    circumstances = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, {os.cpu_count()} cores; "
        f"in the most disturbed run of the first two tables others took {disturbed:.0%} of them."
    )
    judged = targets.table(rows(found))
    tables = (load_fidelity.table(found.kept), load_stall.table(found.stalls), ceiling, memory, judged)
    return "\n\n".join((circumstances, *tables))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round (default 10)")
    parser.add_argument("--memory-minutes", type=float, default=1.0)
    options = parser.parse_args()
    found = measured(options.seconds, options.memory_minutes * 60)
    text = page(found)
    print(text)
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    PAGE.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
    return 0 if all(targets.kept(row) for row in rows(found)) else 1


if __name__ == "__main__":
    sys.exit(main())
