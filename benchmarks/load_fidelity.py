"""How well each tool keeps to the rate it was asked for, by what came in at the receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.load_peers import K6, LOCUST, METRONOME, Tool
from benchmarks.load_trial import Trial, middle, trial

RATES = (200.0, 1000.0, 3000.0)
PEERS = (K6, LOCUST, METRONOME)


@dataclass(frozen=True, slots=True)
class Kept:
    """One tool at one rate, medians of all rounds; `trial` is None where the tool is missing."""

    tool: Tool
    rate: float
    trial: Trial | None


def measure(ours: Sequence[Tool], seconds: float, rounds: int = 3) -> list[Kept]:
    """Rounds of all tools alternate, so that what else the machine does meets each of them."""
    tools = (*ours, *PEERS)
    found: dict[tuple[float, str], list[Trial]] = {}
    for _ in range(rounds):
        for rate in RATES:
            for tool in tools:
                if not tool.missing():
                    found.setdefault((rate, tool.name), []).append(trial(tool, rate, seconds))
    return [
        Kept(tool, rate, middle(trials) if (trials := found.get((rate, tool.name))) else None)
        for rate in RATES
        for tool in tools
    ]


def table(found: Sequence[Kept]) -> str:
    """As Markdown."""
    lines = [
        "| calls/s | tool | rate error | send deviation p50 / p99 | variance/mean per 10 ms | p99 it reports |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for one in found:
        if one.trial is None:
            lines.append(f"| {one.rate:,.0f} | {one.tool.name} | not installed | | | |")
            continue
        kept, told = one.trial.found, one.trial.told
        lines.append(
            f"| {one.rate:,.0f} | {one.tool.name} | {kept.error:.2%} "
            f"| {kept.deviation_p50_ms:.2f} / {kept.deviation_p99_ms:.2f} ms | {kept.dispersion:.2f} "
            f"| {f'{told.p99_ms:.2f} ms' if told.p99_ms else ''} |"
        )
    return "\n".join(lines)
