"""The verdict: all findings of a run, as the record that every report is rendered from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from mock_alohub import __version__
from mock_alohub.check.curl import curl
from mock_alohub.check.evidence import Evidence, Exchange
from mock_alohub.check.expectation import taken
from mock_alohub.check.rule import Finding, Level, Rule, Stage
from mock_alohub.check.rule_result import RuleResult
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.errors import ExitCode
from mock_alohub.messages.endpoint import Endpoint
from mock_alohub.messages.masking import Secrets, masked, secrets_of
from mock_alohub.messages.policy import Policy
from mock_alohub.percentiles import nearest_rank
from mock_alohub.reports.record import (
    BODY_LIMIT,
    Contract,
    Counts,
    FindingRecord,
    Latency,
    Received,
    Record,
    RuleRecord,
    Sample,
    Sent,
)

_LOOKED_AT: Final = 4 * BODY_LIMIT
_MOST_SAMPLES: Final = 2000

Word = Literal["pass", "fail", "unreachable", "interrupted"]

_EXIT_CODES: Final[Mapping[Word, ExitCode]] = {
    "pass": ExitCode.KEPT,
    "fail": ExitCode.BROKEN,
    "unreachable": ExitCode.UNREACHABLE,
    "interrupted": ExitCode.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class RunData:
    """Everything a run knows when it is over. `ending` is set when it did not come to its end."""

    endpoint: Endpoint
    subjects: Sequence[WebhookUnderTest]
    seed: int
    strict: bool
    started_at: datetime
    duration_s: float
    results: Sequence[RuleResult]
    evidence: Evidence
    ending: Literal["unreachable", "interrupted"] | None = None
    ending_reason: str = ""
    notes: Sequence[str] = ()
    options: Sequence[str] = ()


def exit_code(record: Record) -> ExitCode:
    """What the process says to the shell. A rule that crashed is our defect, and never reads as kept or broken."""
    code = _EXIT_CODES[record["verdict"]]
    return ExitCode.INTERNAL if code is ExitCode.KEPT and record["counts"]["crashed"] else code


def record_of(run_data: RunData) -> Record:
    """The whole record of a run; the key is masked wherever an endpoint may have repeated it."""
    counts = _counts(run_data)
    word = _word(run_data, counts)
    secrets = secrets_of(run_data.endpoint)
    return {
        "format": 1,
        "tool": {"name": "mock-alohub", "version": __version__},
        "target": {
            "url": masked(run_data.endpoint.url.shown(), secrets),
            "webhooks": [subject.name for subject in run_data.subjects],
            "key": "masked" if run_data.endpoint.key else "none",
        },
        "contract": contract_of({subject.name: subject.policy for subject in run_data.subjects}),
        "seed": run_data.seed,
        "strict": run_data.strict,
        "started_at": run_data.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_s": round(run_data.duration_s, 3),
        "verdict": word,
        "reason": masked(run_data.ending_reason, secrets) or _reason(run_data, counts),
        "counts": counts,
        "latency_ms": _latency(run_data.evidence),
        "samples": _samples(run_data),
        "rules": [_rule_record(result, run_data, secrets) for result in run_data.results],
        "options": [masked(word, secrets) for word in run_data.options],
        "notes": list(run_data.notes),
    }


def _word(run_data: RunData, counts: Counts) -> Word:
    if run_data.ending is not None:
        return run_data.ending
    broken = counts["must_failed"] or (run_data.strict and counts["should_failed"])
    return "fail" if broken or _untaken(run_data) else "pass"


def _untaken(run_data: RunData) -> list[str]:
    """The webhooks of which calls were sent and not one was taken: no level of a rule makes that a contract kept."""
    probes = run_data.evidence.meant_to_be_taken()
    tried = dict.fromkeys(one.webhook for one in probes)
    taken_of = {one.webhook for one in probes if taken(one.attempt)}
    return [name for name in tried if name not in taken_of]


def _reason(run_data: RunData, counts: Counts) -> str:
    broken = [result for result in run_data.results if result.outcome == "fail"]
    weighty = [result for result in broken if run_data.strict or _level(result, run_data.subjects) is Level.MUST]
    if weighty:
        first = max(weighty, key=lambda result: _weight(result, run_data)).rule
        others = len(weighty) - 1
        more = f", and {others} more {'rule' if others == 1 else 'rules'}" if others else ""
        return f"does not hold: {first.title[:1].lower()}{first.title[1:]} ({first.id}){more}"
    if untaken := _untaken(run_data):
        return f"not one call of {', '.join(untaken)} was taken"
    if counts["crashed"]:
        return "no broken rule was seen, but some rules crashed: that is a defect of mock-alohub"
    if broken:
        warnings = "one SHOULD rule is" if len(broken) == 1 else f"{len(broken)} SHOULD rules are"
        return f"every MUST rule that could be tried is kept; {warnings} not"
    if not counts["passed"]:
        return "no rule could be tried"
    return "every rule that could be tried is kept"


def _weight(result: RuleResult, run_data: RunData) -> tuple[bool, bool, int]:
    """A MUST weighs more than a SHOULD; then the ordinary call; then what the most other rules build on."""
    built_on = sum(result.rule.id in other.rule.builds_on for other in run_data.results)
    return _level(result, run_data.subjects) is Level.MUST, result.rule.stage is Stage.FIRST, built_on


def _bound(result: RuleResult, subjects: Sequence[WebhookUnderTest]) -> Rule:
    """The rule as it is for the webhook that it binds most, of those it was broken for (or of all)."""
    broken = {finding.exchange.webhook for finding in result.findings if finding.exchange is not None}
    return result.rule.as_for(subject.webhook for subject in subjects if not broken or subject.name in broken)


def _level(result: RuleResult, subjects: Sequence[WebhookUnderTest]) -> Level:
    return _bound(result, subjects).level


def _counts(run_data: RunData) -> Counts:
    def failed(level: Level) -> int:
        return sum(
            result.outcome == "fail" and _level(result, run_data.subjects) is level for result in run_data.results
        )

    outcomes = [result.outcome for result in run_data.results]
    return {
        "must_failed": failed(Level.MUST),
        "should_failed": failed(Level.SHOULD),
        "passed": outcomes.count("pass"),
        "skipped": outcomes.count("skip"),
        "crashed": outcomes.count("crash"),
        "requests": len(run_data.evidence),
    }


def contract_of(policies: Mapping[str, Policy]) -> Contract:
    """What was held to, from the policies of the webhooks by name: where they differ, the shortest deadline."""
    acknowledged_by = frozenset[int]().union(*(policy.acknowledged_by for policy in policies.values()))
    return {
        "deadline_ms": min(policy.deadline_s for policy in policies.values()) * 1000,
        "acknowledged_by": sorted(acknowledged_by),
        "assumed": {
            f"{webhook}: {what}": why for webhook, policy in policies.items() for what, why in policy.assumed.items()
        },
    }


def _latency(evidence: Evidence) -> Latency:
    times = sorted(_ms(one.attempt.elapsed_s) for one in evidence.meant_to_be_taken() if taken(one.attempt))
    if not times:
        return {"p50": None, "p95": None, "p99": None, "max": None}
    return {
        "p50": nearest_rank(times, 0.50),
        "p95": nearest_rank(times, 0.95),
        "p99": nearest_rank(times, 0.99),
        "max": times[-1],
    }


def _samples(run_data: RunData) -> list[Sample]:
    began = run_data.started_at.timestamp()
    return [
        {
            "at_ms": _ms(max(0.0, one.attempt.started_at - began)),
            "elapsed_ms": _ms(one.attempt.elapsed_s),
            "rule": one.rule,
            "acknowledged": taken(one.attempt),
        }
        for one in run_data.evidence.meant_to_be_taken()[:_MOST_SAMPLES]
    ]


def _rule_record(result: RuleResult, run_data: RunData, secrets: Secrets) -> RuleRecord:
    rule, exchanges = result.rule, run_data.evidence.of_rule(result.rule.id)
    bound = _bound(result, run_data.subjects)
    source = bound.source_for(run_data.subjects[0].webhook)
    key_headers = {subject.name: subject.webhook.key_header for subject in run_data.subjects}
    return {
        "id": rule.id,
        "family": rule.family,
        "level": bound.level.value,
        "title": rule.title,
        "requirement": rule.requirement,
        "source": {
            "document": source.document,
            "section": source.section,
            "assumed": source.assumed,
        },
        "outcome": result.outcome,
        "reason": masked(result.reason, secrets),
        "requests": len(exchanges),
        "slowest_ms": max((_ms(one.attempt.elapsed_s) for one in exchanges), default=None),
        "findings": [
            masked(_finding_record(finding, result, key_headers, secrets), secrets) for finding in result.findings
        ],
    }


def _finding_record(
    finding: Finding, result: RuleResult, key_headers: Mapping[str, str | None], secrets: Secrets
) -> FindingRecord:
    exchange = finding.exchange
    return {
        "case": finding.case,
        "webhook": exchange.webhook if exchange else "",
        "got": finding.got,
        "wanted": finding.wanted,
        "hint": finding.hint or result.rule.fix,
        "reproduce": curl(exchange, key_headers[exchange.webhook]) if exchange else "",
        "sent": _sent(exchange, key_headers[exchange.webhook], secrets) if exchange else None,
        "received": _received(exchange, secrets) if exchange else None,
    }


def _sent(exchange: Exchange, key_header: str | None, secrets: Secrets) -> Sent:
    request, credential = exchange.request, exchange.transmission.credential
    headers = [
        (name, f"({credential.says})" if credential and name == key_header else value)
        for name, value in request.headers
    ]
    return {
        "method": request.method,
        "url": request.url.shown(),
        "headers": headers,
        "body": _text(request.body, secrets),
        "body_size": len(request.body),
    }


def _received(exchange: Exchange, secrets: Secrets) -> Received:
    attempt = exchange.attempt
    reply = attempt.reply
    return {
        "status": attempt.status,
        "headers": list(reply.headers[:100]) if reply else [],
        "body": _text(reply.body, secrets) if reply else "",
        "body_size": reply.body_size if reply else 0,
        "cause": attempt.cause.value if attempt.cause else None,
        "detail": attempt.detail,
        "elapsed_ms": _ms(attempt.elapsed_s),
    }


def _text(body: bytes, secrets: Secrets) -> str:
    # Masked before it is cut: of a key that stands across the cut, the half before it would stay.
    text: str = masked(body[:_LOOKED_AT].decode("utf-8", "backslashreplace"), secrets)
    return text.encode()[:BODY_LIMIT].decode("utf-8", "ignore")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
