"""Run every benchmark and write `docs/performance.md`: `python -m benchmarks [--seconds 2] [--only NAME]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import attempts, check, durable, generate, lists, load, server, validate

BENCHMARKS = (generate, validate, attempts, check, durable, lists, server, load)
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
    return 0 if all(_kept(row) for row in rows) else 1


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | ours | peer | times the peer | target | |", "|---|---:|---:|---:|---:|---|"]
    for row in rows:
        if row["ours"] is None:
            lines.append(f"| {row['what']} | not measured: {row['skipped']} | | | | |")
            continue
        peer = f"{_number(row['peer'])} ({row['peer_name']})" if row["peer"] is not None else ""
        ratio = f"{row['ratio']:.2f}" if row["ratio"] is not None else ""
        wanted = f"{row['target']:.3g}" if row["ratio"] is not None else f"{_number(row['target'])} {row['unit']}"
        ours = f"{_number(row['ours'])} {row['unit']}"
        kept = "kept" if _kept(row) else "**missed**"
        lines.append(f"| {row['what']} | {ours} | {peer} | {ratio} | {_sign(row)} {wanted} | {kept} |")
    return "\n".join(lines)


def _kept(row: Mapping[str, Any]) -> bool:
    if row["ours"] is None:
        return True
    measured = row["ours"] if row["ratio"] is None else row["ratio"]
    return bool(measured >= row["target"] if _sign(row) == "≥" else measured <= row["target"])


def _sign(row: Mapping[str, Any]) -> str:
    return "≥" if row["ratio"] is not None or row.get("more_is_better") else "≤"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _circumstances() -> str:
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.machine()}. Absolute figures change with the machine; ratios hardly do."
    )


if __name__ == "__main__":
    sys.exit(main())
