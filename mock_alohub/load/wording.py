"""How a load run's figures are said: the same words in the verdict, on the terminal and in every report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from mock_alohub.load.record import LoadRecord, PercentilesRecord
from mock_alohub.messages.policy import in_words
from mock_alohub.reports.outline import duration, milliseconds, number

WORDS: Final[Mapping[str, str]] = {
    "pass": "HOLDS",
    "fail": "FAIL",
    "inconclusive": "INCONCLUSIVE",
    "unreachable": "UNREACHABLE",
    "interrupted": "INTERRUPTED",
}
"""The verdict in one word."""

JUDGED: Final = ("pass", "fail", "interrupted")
"""The verdicts of runs whose limits say something about the endpoint."""

UNSENT: Final[Mapping[str, str]] = {
    "in-flight-limit": "too many in flight",
    "open-files-limit": "no more open files allowed",
    "behind": "more than 1 s late",
    "no-open-files": "no more open files allowed (ulimit -n)",
    "no-free-port": "no free port to connect from",
    "no-memory": "no memory left",
}
"""Why a departure was not made, where the record has a word for it that needs saying otherwise."""

_FLAT: Final = ("steady", "soak")

FEW: Final = 10
"""So many of a large number are said as a count: `3 of 12,000`."""


def percent(part: int, whole: int) -> str:
    """A share for people: `3.1 %`, `0.008 %`, `99.98 %`. Never 0 % of something, nor 100 % of less than all."""
    if not whole:
        return "–"  # noqa: RUF001 - an en dash stands for an empty cell
    return percentage(100 * part / whole)


def percentage(value: float) -> str:
    """A number of percent with two figures at least, and so many that it is told from 0 and from 100."""
    nearest = min(value, 100 - value)
    if nearest <= 0:
        return f"{value:g} %"
    decimals = max(1 - math.floor(math.log10(nearest)), 0) if nearest < 1 else 1
    text = f"{value:,.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def per_second(value: float) -> str:
    """A rate without its unit: `0.5`, `200`, `200.4`, `3,000`."""
    text = f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
    return text.removesuffix(".0") if value >= 0.05 or value == 0 else f"{value:.2g}"


def share(part: int, whole: int, noun: str) -> str:
    """`3.1 % of 12,000 calls`; few of many as a count: `3 of 12,000 calls`."""
    first = f"{part:,}" if part < FEW or whole < 100 else percent(part, whole)
    return f"{first} of {number(whole, noun)}"


def noun(record: LoadRecord) -> str:
    """What departs: a call, or a message where nobody knows what it tells of."""
    return "message" if "provider" in record["target"] else "call"


def rates(record: LoadRecord) -> str:
    """The unit of rates: `calls/s`."""
    return f"{noun(record)}s/s"


def load(record: LoadRecord) -> str:
    """What was offered, short: `200 calls/s for 60 s`, `up to 200 calls/s for 60 s (ramp)`."""
    plan = record["plan"]
    what = f"{peak(record)} for {span(plan['duration_s'])}"
    return what if plan["profile"] == "steady" else f"{what} ({plan['profile']})"


def offer(record: LoadRecord) -> str:
    """What the run offered, short; a search is called one, for its record has the load of its last step."""
    return "search for the capacity" if record["capacity"] else load(record)


def peak(record: LoadRecord) -> str:
    """The rate of a plan, or the highest that its profile reaches: `200 calls/s`, `up to 200 calls/s`."""
    plan = record["plan"]
    rate = f"{per_second(plan['rate'])} {noun(record)}{'' if plan['rate'] == 1 else 's'}/s"
    return rate if plan["profile"] in _FLAT else f"up to {rate}"


def span(seconds: float) -> str:
    """A length of time as one asks for it: `60 s`, `90 s`, `10 min`, `1 h`."""
    return f"{seconds:g} s" if seconds < 120 else duration(seconds)


def limit(record_limit: float, unit: str) -> str:
    """What is allowed: `none`, `0.1 %`, `2 s`."""
    if unit == "percent":
        return "none" if record_limit == 0 else percentage(record_limit)
    return milliseconds(record_limit)


def measured(value: float | None, unit: str) -> str:
    """What was measured, in the unit of its limit; a dash where there was nothing to measure."""
    return milliseconds(value) if unit == "ms" or value is None else percentage(value)


def webhooks(record: LoadRecord) -> str:
    """What was sent: names, and the title of the document that they are of."""
    names, provider = ", ".join(record["target"]["webhooks"]), record["target"].get("provider")
    return f"{names} ({provider})" if provider else names


def statuses(record: LoadRecord) -> str:
    """The acknowledging statuses: `200`, `200 or 202`, `2xx`."""
    return in_words(record["contract"]["acknowledged_by"])


def headline(record: LoadRecord) -> str:
    """The verdict in a few words, for the top of a page."""
    found, what = record["capacity"], peak(record)
    match record["verdict"]:
        case "pass" if found is not None and found["holds_per_s"] is not None:
            return f"Holds {per_second(found['holds_per_s'])} {rates(record)}"
        case "pass":
            return f"Holds {what}"
        case "fail" if found is not None:
            return "Holds none of the rates that were tried"
        case "fail":
            return f"Does not hold {what}"
        case "inconclusive":
            return "No verdict: the load could not be offered"
        case "unreachable":
            return "The endpoint could not be reached"
        case "interrupted":
            return "The run was interrupted"


def sentence(record: LoadRecord) -> str:
    """The reason of the verdict as a sentence."""
    return record["reason"][:1].upper() + record["reason"][1:]


THRESHOLDS: Final[Mapping[str, str]] = {
    "late": "late",
    "refused": "refused",
    "failed": "failed",
    "lost": "lost",
    "p50": "median latency",
    "p95": "p95 latency",
    "p99": "p99 latency",
}
"""What a threshold is about."""


def figures(of: PercentilesRecord) -> list[tuple[str, float | None]]:
    """Percentiles in milliseconds, by the name that people know."""
    return [
        ("p50", of["p50"]), ("p90", of["p90"]), ("p95", of["p95"]), ("p99", of["p99"]), ("p99.9", of["p99_9"]),
        ("max", of["max"]),
    ]  # fmt: skip


def unsent(reasons: Mapping[str, int]) -> str:
    """Why departures were not made, and how many: `too many in flight: 120`."""
    return ", ".join(f"{UNSENT.get(why, why)}: {count:,}" for why, count in reasons.items())


def generator(record: LoadRecord) -> str:
    """How the generator fared, in one line."""
    one = record["generator"]
    parts = [] if not one["bottleneck"] else [one["reason"]]
    if record["lag_ms"]["p99"] is not None:
        parts.append(f"departures late by {milliseconds(record['lag_ms']['p99'])} at p99")
    if one["cpu_percent"] is not None:
        parts.append(f"CPU {one['cpu_percent']:.0f} %")
    parts.append(f"at most {one['in_flight_max']:,} in flight")
    lost = [worker for worker in one["workers"] if worker["lost_after_s"] is not None]
    parts += [f"{worker['name']} was lost after {span(worker['lost_after_s'] or 0.0)}" for worker in lost]
    return "; ".join([parts[0], *parts[1:]])
