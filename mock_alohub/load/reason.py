"""Why a load run has its verdict, in one sentence that a partner understands.

What is counted is called by its `noun`: a call, or a message where a webhook sends several of one call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mock_alohub.load import wording
from mock_alohub.load.record import LoadRecord, ThresholdRecord, Verdict
from mock_alohub.reports.outline import duration, milliseconds


def passed(record: LoadRecord, noun: str) -> str:
    """`200 calls/s for 60 s: every call acknowledged, p99 84 ms`."""
    if record["capacity"] is not None:
        return capacity(record, noun)
    return f"{wording.load(record)}: {_acknowledged(record, noun)}"


def failed(record: LoadRecord, noun: str) -> str:
    """`late: 3.1 % of 12,000 calls had no 200 within 5 s (allowed: none)`, and which other limits were broken."""
    if record["capacity"] is not None:
        return capacity(record, noun)
    broken = sorted((one for one in record["thresholds"] if not one["kept"]), key=_weight)
    first, others = broken[0], [one["name"] for one in broken[1:]]
    also = f"; over their limits too: {', '.join(others)}" if len(others) > 1 else ""
    also = f"; over its limit too: {others[0]}" if len(others) == 1 else also
    allowed = wording.limit(first["limit"], first["unit"])
    return f"{first['name']}: {_sentence(first, record, noun)} (allowed: {allowed}){also}"


def inconclusive(record: LoadRecord, noun: str) -> str:
    """What could not be offered, why not, and what to do: `this machine could not offer 3,000 calls/s: …`."""
    if not record["first_attempts"]["sent"] and not record["generator"]["bottleneck"]:
        little = f"{wording.load(record)} is too little to have one"
        return f"no {wording.noun(record)} departed: {little}; raise --rate or --duration"
    if record["capacity"] is not None:
        return f"no rate could be judged: {record['capacity']['because']}"
    lost = any(one["lost_after_s"] is not None for one in record["generator"]["workers"])
    workers = record["plan"]["workers"]
    who = "this machine" if workers == 1 else f"the {workers} workers"
    advice = (
        "see why a worker was lost, and run it again" if lost else f"use --workers {workers + 1}, or another machine"
    )
    return f"{who} could not offer {wording.peak(record)}: {record['generator']['reason']}; {advice}"


def unreachable(record: LoadRecord, noun: str) -> str:
    """`no connection could be made: connection refused: no one listens at 127.0.0.1:8000`."""
    kind, _, detail = record["causes"][0]["cause"].partition(": ")
    return f"no connection could be made: {detail or kind}"


def interrupted(record: LoadRecord, noun: str) -> str:
    """`interrupted after 12 s of 60 s; until then every call acknowledged, p99 84 ms`."""
    when = f"interrupted after {duration(record['duration_s'])}"
    if record["capacity"] is not None:
        return f"{when} of a search for the capacity"
    when += f" of {wording.span(record['plan']['duration_s'])}"
    first = record["first_attempts"]
    return f"{when}; until then {_acknowledged(record, noun)}" if first["sent"] else f"{when}; no {noun} had been sent"


def capacity(record: LoadRecord, noun: str) -> str:
    """`180 calls/s, breaks at 210 (late answers); a call centre of 5,400 agents makes 180 calls/s`."""
    found = record["capacity"]
    if found is None or found["holds_per_s"] is None:
        return f"none of the rates that were tried holds: {found['because'] if found else ''}"
    holds = wording.per_second(found["holds_per_s"])
    breaks = found["because"]
    if found["breaks_per_s"] is not None:
        breaks = f"breaks at {wording.per_second(found['breaks_per_s'])} ({found['because']})"
    size = f"; a call centre of {found['agents']:,} agents makes as many" if found["agents"] else ""
    return f"{holds} {wording.rates(record)}, {breaks}{size}"


def _acknowledged(record: LoadRecord, noun: str) -> str:
    first = record["first_attempts"]
    p99 = record["latency_ms"]["p99"]
    every = first["acknowledged"] == first["sent"]
    said = f"every {noun}" if every else f"{wording.percent(first['acknowledged'], first['sent'])} of the {noun}s"
    return (
        f"{said} acknowledged" + ("" if every else " at once") + ("" if p99 is None else f", p99 {milliseconds(p99)}")
    )


def _weight(one: ThresholdRecord) -> tuple[bool, float]:
    """Shares before latencies, the largest first; what was never measured, as nothing was answered, comes last."""
    return one["unit"] == "ms", -(one["measured"] or 0.0)


def _sentence(one: ThresholdRecord, record: LoadRecord, noun: str) -> str:
    first = record["first_attempts"]
    status, deadline = wording.statuses(record), milliseconds(record["contract"]["deadline_ms"])
    match one["name"]:
        case "late":
            return f"{wording.share(first['late'], first['sent'], noun)} had no {status} within {deadline}"
        case "refused":
            return f"{wording.share(first['refused'], first['sent'], noun)} got another answer than {status}"
        case "failed":
            return f"{wording.share(first['failed'], first['sent'], noun)} got no whole answer"
        case "lost":
            ends = record["deliveries"]
            share = wording.share(ends["lost"], ends["delivered"] + ends["lost"] + ends["undecided"], noun)
            return f"{share} had no {status}, not even after the last retry"
        case _:
            return wording.measured(one["measured"], one["unit"])


REASONS: Final[Mapping[Verdict, Callable[[LoadRecord, str], str]]] = {
    "pass": passed,
    "fail": failed,
    "inconclusive": inconclusive,
    "unreachable": unreachable,
    "interrupted": interrupted,
}
