"""Rows of measurements beside their targets, as Markdown, and whether they were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| what | ours | peer | times the peer | target | |", "|---|---:|---:|---:|---:|---|"]
    for row in rows:
        if row["ours"] is None:
            lines.append(f"| {row['what']} | not measured: {row['skipped']} | | | | |")
            continue
        peer = f"{_number(row['peer'])} ({row['peer_name']})" if row["peer"] is not None else ""
        ratio = f"{row['ratio']:.2f}" if row["ratio"] is not None else ""
        wanted = f"{row['target']:.3g}" if row["ratio"] is not None else _figure(row["target"], row["unit"])
        ours = _figure(row["ours"], row["unit"])
        word = "kept" if kept(row) else "**missed**"
        lines.append(f"| {row['what']} | {ours} | {peer} | {ratio} | {_sign(row)} {wanted} | {word} |")
    return "\n".join(lines)


def kept(row: Mapping[str, Any]) -> bool:
    """Whether the row keeps its target; one that could not be measured breaks none."""
    if row["ours"] is None:
        return True
    measured = row["ours"] if row["ratio"] is None else row["ratio"]
    return bool(measured >= row["target"] if _sign(row) == "≥" else measured <= row["target"])


def _sign(row: Mapping[str, Any]) -> str:
    return "≥" if row["ratio"] is not None or row.get("more_is_better") else "≤"


def _figure(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
