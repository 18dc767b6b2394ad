"""Run every benchmark and write `docs/performance.md`: `python -m benchmarks [--seconds 2] [--only NAME]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import attempts, check, durable, generate, lists, load, server, startup, validate
from benchmarks.targets import kept, table

BENCHMARKS = (generate, validate, attempts, startup, check, durable, lists, server, load)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
MARK = "<!-- measured -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and put the table behind the mark in the page. 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [benchmark.NAME for benchmark in BENCHMARKS]
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds per round (default 2)")
    parser.add_argument("--only", choices=names, action="append", help="print this one; nothing is written")
    options = parser.parse_args(arguments)
    chosen = [one for one in BENCHMARKS if one.NAME in (options.only or names)]
    rows = [row for benchmark in chosen for row in benchmark.measure(options.seconds)]
    text = table(rows)
    print(text)
    if not options.only:
        head, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
        PAGE.write_text(f"{head}{mark}\n\n{_circumstances()}\n\n{text}\n", encoding="utf-8")
    return 0 if all(kept(row) for row in rows) else 1


def _circumstances() -> str:
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}. Absolute figures change with the machine; ratios hardly do."
    )


if __name__ == "__main__":
    sys.exit(main())
