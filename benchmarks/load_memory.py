"""Whether the memory of each process of a load run stays flat.

python -m benchmarks.load_memory --minutes 10
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from threading import Event, Thread

from benchmarks.load_ours import command
from benchmarks.load_trial import once

RATE = 1_000.0
EVERY_S = 0.5
PARTS = (("mock_alohub.load.generator", "generator"), ("locustfile", "locust"), ("mock_alohub load", "command line"))


def growth_mb(seconds: float, *, show: bool = False) -> dict[str, tuple[float, float]]:
    """Per process of `mock-alohub load` at 1,000 calls/s: its memory in the second quarter of the run, and in the last.

    Megabytes, resident, medians. The first quarter fills what is filled once.
    """
    samples: dict[str, list[float]] = defaultdict(list)
    over = Event()

    def watch() -> None:
        while not over.wait(EVERY_S):
            for name, memory_mb in _processes():
                samples[name].append(memory_mb)
            if show and len(samples["generator"]) % 60 == 1:
                print({name: round(found[-1], 1) for name, found in samples.items()}, flush=True)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        once(command("poisson"), RATE, seconds)
    finally:
        over.set()
        watcher.join()
    return {name: _quarters(found) for name, found in samples.items() if len(found) >= 4}


def _quarters(found: list[float]) -> tuple[float, float]:
    quarter = len(found) // 4
    return median(found[quarter : 2 * quarter]), median(found[-quarter:])


def _processes() -> Iterator[tuple[str, float]]:
    for pid in _below(os.getpid()):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:  # it has just ended
            continue
        name = next((name for part, name in PARTS if part in words), None)
        resident = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), None)
        if name and resident:
            yield name, int(resident) / 1000


def _below(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = [int(child) for child in children.read_text().split()]
        except OSError:
            continue
        for child in found:
            yield child
            yield from _below(child)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_memory", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    found = growth_mb(parser.parse_args().minutes * 60, show=True)
    for name, (early, late) in found.items():
        print(f"{name}: {early:.1f} MB in the second quarter, {late:.1f} MB in the last")
    return 0


if __name__ == "__main__":
    sys.exit(main())
