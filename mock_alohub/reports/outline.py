"""What every rendering says in the same words: the headline, the families, which rules weigh how much, the units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from mock_alohub.reports.record import BODY_LIMIT, FindingRecord, Received, Record, RuleRecord, SourceRecord


class Weight(StrEnum):
    """What a rule's outcome means for the verdict."""

    KEPT = "kept"
    BROKEN = "broken"
    """A MUST was broken, or a SHOULD in a strict run: the contract is broken."""
    WARNING = "warning"
    """A SHOULD was broken in a run that is not strict."""
    SKIPPED = "skipped"
    CRASHED = "crashed"
    """The rule itself failed: a defect of mock-alohub, never of the endpoint."""


Ending = Literal["pass", "fail", "unreachable", "interrupted", "crashed"]

HEADLINES: Final[dict[Ending, str]] = {
    "pass": "The contract is kept",
    "fail": "The contract is broken",
    "unreachable": "The endpoint could not be reached",
    "interrupted": "The check was interrupted",
    "crashed": "Nothing broken was seen, but not all could be judged",
}
"""By `ending`."""

_NAMED: Final = 3
"""Webhooks that share an assumption and are named; more are counted."""
_WEIGHTS = {"pass": Weight.KEPT, "skip": Weight.SKIPPED, "crash": Weight.CRASHED}


@dataclass(frozen=True, slots=True)
class Family:
    """The rules that share the first word of their id, in the order of the record, each with its weight."""

    name: str
    rules: tuple[tuple[Weight, RuleRecord], ...]

    def tally(self) -> str:
        """How many rules came out how: `5 kept, 1 broken`."""
        found = Counter(weight for weight, _ in self.rules)
        return ", ".join(f"{found[weight]} {_plural(weight, found[weight])}" for weight in Weight if found[weight])


def ending(record: Record) -> Ending:
    """The verdict, save that a crash keeps a run from reading as kept: what the rule would have found is unknown."""
    return "crashed" if record["verdict"] == "pass" and record["counts"]["crashed"] else record["verdict"]


def headline(record: Record) -> str:
    """The verdict in words."""
    return HEADLINES[ending(record)]


def reason(record: Record) -> str:
    """The reason of the verdict as a sentence."""
    return record["reason"][:1].upper() + record["reason"][1:]


def moment(started_at: str) -> str:
    """When a run began, for people: `2025-03-14 09:26:53 UTC`."""
    date, _, clock = started_at.partition("T")
    return f"{date} {clock.removesuffix('Z').removesuffix('+00:00').partition('.')[0]} UTC" if clock else date


def weight(record: Record, rule: RuleRecord) -> Weight:
    """How `rule` weighs in `record`."""
    if rule["outcome"] != "fail":
        return _WEIGHTS[rule["outcome"]]
    return Weight.BROKEN if rule["level"] == "MUST" or record["strict"] else Weight.WARNING


def families(record: Record) -> list[Family]:
    """All rules of `record`, family by family."""
    grouped: dict[str, list[tuple[Weight, RuleRecord]]] = {}
    for rule in record["rules"]:
        grouped.setdefault(rule["family"], []).append((weight(record, rule), rule))
    return [Family(name, tuple(rules)) for name, rules in grouped.items()]


def of_weight(record: Record, *weights: Weight) -> list[RuleRecord]:
    """The rules that weigh one of `weights`, those of the first weight first."""
    return [rule for wanted in weights for rule in record["rules"] if weight(record, rule) is wanted]


def by_reason(rules: Iterable[RuleRecord]) -> list[tuple[str, list[RuleRecord]]]:
    """`rules` grouped by their reason, the largest group first."""
    grouped: dict[str, list[RuleRecord]] = {}
    for rule in rules:
        grouped.setdefault(rule["reason"], []).append(rule)
    return sorted(grouped.items(), key=lambda item: -len(item[1]))


def tally(record: Record) -> str:
    """The rules of `record` in numbers: `46 rules: 38 kept, 3 broken, 5 skipped`."""
    found = Counter(weight(record, rule) for rule in record["rules"])
    parts = [f"{found[one]} {_plural(one, found[one])}" for one in Weight if found[one]]
    return f"{number(len(record['rules']), 'rule')}: {', '.join(parts)}" if parts else "no rule was tried"


def _plural(weight: Weight, count: int) -> str:
    return "warnings" if weight is Weight.WARNING and count != 1 else weight.value


def number(count: int, noun: str) -> str:
    """A count with its noun: `1 rule`, `1,200 requests`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def source(source: SourceRecord) -> str:
    """Where a requirement comes from: `Alohub, Call event webhook: Response (assumed)`."""
    words = ": ".join(part for part in (source["document"], source["section"]) if part)
    return f"{words} (assumed)" if source["assumed"] else words


def assumptions(assumed: Mapping[str, str], webhooks: Sequence[str]) -> list[tuple[str, str, str]]:
    """What is assumed, of which of the run's webhooks, and why; what several have in common is said once."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, why in assumed.items():
        webhook, _, what = name.rpartition(": ")  # without a webhook it is said of all
        found.setdefault((what, why), []).append(webhook)
    return [(what, _of_which(names, webhooks), why) for (what, why), names in found.items()]


def assumed_in_short(assumed: Mapping[str, str], webhooks: Sequence[str]) -> str:
    """The same without the reasons: `every webhook: deadline, retries; alohub.auto-call: fires`."""
    found: dict[str, list[str]] = {}
    for what, names, _ in assumptions(assumed, webhooks):
        found.setdefault(names, []).append(what)
    return "; ".join(f"{names}: {', '.join(dict.fromkeys(promises))}" for names, promises in found.items())


def _of_which(names: Sequence[str], webhooks: Sequence[str]) -> str:
    if names == [""] or (len(webhooks) > 1 and set(names) == set(webhooks)):
        return "every webhook"
    rest = len(names) - _NAMED
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:_NAMED])} and {rest} more"


def duration(seconds: float) -> str:
    """A time span for people: `850 ms`, `12.4 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 1:
        return milliseconds(seconds * 1000)
    if seconds < 60:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes + (rest >= 30), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def percentiles(record: Record) -> list[tuple[str, float | None]]:
    """The latency figures of `record` in milliseconds, by name."""
    latency = record["latency_ms"]
    return [("p50", latency["p50"]), ("p95", latency["p95"]), ("p99", latency["p99"]), ("max", latency["max"])]


def milliseconds(value: float | None) -> str:
    """A latency for people: `4.2 ms`, `84 ms`, `1.24 s`, a dash when there is none."""
    if value is None:
        return "–"  # noqa: RUF001 - an en dash stands for an empty cell
    if value < 9.95:
        return f"{value:.1f} ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    return f"{value / 1000:.2f} s".replace(".00 s", " s")


def reply_line(received: Received | None) -> str:
    """What came back, in a few words: `HTTP 204 after 12 ms`, `deadline after 5 s: …`."""
    if received is None:
        return ""
    what = f"HTTP {received['status']}" if received["status"] is not None else f"no answer ({received['cause']})"
    detail = f": {received['detail']}" if received["detail"] else ""
    return f"{what} after {milliseconds(received['elapsed_ms'])}{detail}"


def headers_and_body(headers: Iterable[Iterable[str]], body: str, body_size: int) -> str:
    """A message as people read it: header lines, an empty line, the body, and a word when the body was cut."""
    head = "\n".join(": ".join(pair) for pair in headers)
    tail = f"{body}\n… cut, {body_size:,} bytes in all" if body_size > BODY_LIMIT else body
    return "\n\n".join(part for part in (head, tail) if part)


def summary(finding: FindingRecord) -> str:
    """A finding in one sentence: the case, what was got, what was wanted."""
    return f"{finding['case']}: got {finding['got']}, wanted {finding['wanted']}"
