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
    trials: Sequence[RuleResult]
    evidence: Evidence
    ending: Literal["unreachable", "interrupted"] | None = None
    ending_reason: str = ""
    notes: Sequence[str] = ()
    options: Sequence[str] = ()


def exit_code(record: Record) -> ExitCode:
    """What the process says to the shell. A rule that crashed is our defect, and never reads as kept or broken."""
    code = _EXIT_CODES[record["verdict"]]
    return ExitCode.INTERNAL if code is ExitCode.KEPT and record["counts"]["crashed"] else code


def record_of(story: RunData) -> Record:
    """The whole record of a run; the key is masked wherever an endpoint may have repeated it."""
    counts = _counts(story)
    word = _word(story, counts)
    secrets = secrets_of(story.endpoint)
    return {
        "format": 1,
        "tool": {"name": "mock-alohub", "version": __version__},
        "target": {
            "url": masked(story.endpoint.url.shown(), secrets),
            "webhooks": [subject.name for subject in story.subjects],
            "key": "masked" if story.endpoint.key else "none",
        },
        "contract": contract_of({subject.name: subject.policy for subject in story.subjects}),
        "seed": story.seed,
        "strict": story.strict,
        "started_at": story.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration_s": round(story.duration_s, 3),
        "verdict": word,
        "reason": masked(story.ending_reason, secrets) or _reason(story, counts),
        "counts": counts,
        "latency_ms": _latency(story.evidence),
        "samples": _samples(story),
        "rules": [_rule_record(trial, story, secrets) for trial in story.trials],
        "options": [masked(word, secrets) for word in story.options],
        "notes": list(story.notes),
    }


def _word(story: RunData, counts: Counts) -> Word:
    if story.ending is not None:
        return story.ending
    broken = counts["must_failed"] or (story.strict and counts["should_failed"])
    return "fail" if broken or _untaken(story) else "pass"


def _untaken(story: RunData) -> list[str]:
    """The webhooks of which calls were sent and not one was taken: no level of a rule makes that a contract kept."""
    probes = story.evidence.meant_to_be_taken()
    tried = dict.fromkeys(one.webhook for one in probes)
    taken_of = {one.webhook for one in probes if taken(one.attempt)}
    return [name for name in tried if name not in taken_of]


def _reason(story: RunData, counts: Counts) -> str:
    broken = [trial for trial in story.trials if trial.outcome == "fail"]
    weighty = [trial for trial in broken if story.strict or _level(trial, story.subjects) is Level.MUST]
    if weighty:
        first = max(weighty, key=lambda trial: _weight(trial, story)).rule
        others = len(weighty) - 1
        more = f", and {others} more {'rule' if others == 1 else 'rules'}" if others else ""
        return f"does not hold: {first.title[:1].lower()}{first.title[1:]} ({first.id}){more}"
    if untaken := _untaken(story):
        return f"not one call of {', '.join(untaken)} was taken"
    if counts["crashed"]:
        return "no broken rule was seen, but some rules crashed: that is a defect of mock-alohub"
    if broken:
        warnings = "one SHOULD rule is" if len(broken) == 1 else f"{len(broken)} SHOULD rules are"
        return f"every MUST rule that could be tried is kept; {warnings} not"
    if not counts["passed"]:
        return "no rule could be tried"
    return "every rule that could be tried is kept"


def _weight(trial: RuleResult, story: RunData) -> tuple[bool, bool, int]:
    """A MUST weighs more than a SHOULD; then the ordinary call; then what the most other rules build on."""
    built_on = sum(trial.rule.id in other.rule.builds_on for other in story.trials)
    return _level(trial, story.subjects) is Level.MUST, trial.rule.stage is Stage.FIRST, built_on


def _bound(trial: RuleResult, subjects: Sequence[WebhookUnderTest]) -> Rule:
    """The rule as it is for the webhook that it binds most, of those it was broken for (or of all)."""
    broken = {finding.exchange.webhook for finding in trial.findings if finding.exchange is not None}
    return trial.rule.as_for(subject.webhook for subject in subjects if not broken or subject.name in broken)


def _level(trial: RuleResult, subjects: Sequence[WebhookUnderTest]) -> Level:
    return _bound(trial, subjects).level


def _counts(story: RunData) -> Counts:
    def failed(level: Level) -> int:
        return sum(trial.outcome == "fail" and _level(trial, story.subjects) is level for trial in story.trials)

    outcomes = [trial.outcome for trial in story.trials]
    return {
        "must_failed": failed(Level.MUST),
        "should_failed": failed(Level.SHOULD),
        "passed": outcomes.count("pass"),
        "skipped": outcomes.count("skip"),
        "crashed": outcomes.count("crash"),
        "requests": len(story.evidence),
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


def _samples(story: RunData) -> list[Sample]:
    began = story.started_at.timestamp()
    return [
        {
            "at_ms": _ms(max(0.0, one.attempt.started_at - began)),
            "elapsed_ms": _ms(one.attempt.elapsed_s),
            "rule": one.rule,
            "acknowledged": taken(one.attempt),
        }
        for one in story.evidence.meant_to_be_taken()[:_MOST_SAMPLES]
    ]


def _rule_record(trial: RuleResult, story: RunData, secrets: Secrets) -> RuleRecord:
    rule, exchanges = trial.rule, story.evidence.of_rule(trial.rule.id)
    bound = _bound(trial, story.subjects)
    source = bound.source_for(story.subjects[0].webhook)
    key_headers = {subject.name: subject.webhook.key_header for subject in story.subjects}
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
        "outcome": trial.outcome,
        "reason": masked(trial.reason, secrets),
        "requests": len(exchanges),
        "slowest_ms": max((_ms(one.attempt.elapsed_s) for one in exchanges), default=None),
        "findings": [
            masked(_finding_record(finding, trial, key_headers, secrets), secrets) for finding in trial.findings
        ],
    }


def _finding_record(
    finding: Finding, trial: RuleResult, key_headers: Mapping[str, str | None], secrets: Secrets
) -> FindingRecord:
    exchange = finding.exchange
    return {
        "case": finding.case,
        "webhook": exchange.webhook if exchange else "",
        "got": finding.got,
        "wanted": finding.wanted,
        "hint": finding.hint or trial.rule.fix,
        "reproduce": curl(exchange, key_headers[exchange.webhook]) if exchange else "",
        "sent": _sent(exchange, key_headers[exchange.webhook], secrets) if exchange else None,
        "received": _received(exchange, secrets) if exchange else None,
    }


def _sent(exchange: Exchange, key_header: str | None, secrets: Secrets) -> Sent:
    request, credential = exchange.request, exchange.plan.credential
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
