"""Records as a check writes them, one for each thing that can come of it. The same on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mock_alohub.reports.record import (
    Counts,
    FindingRecord,
    Latency,
    Received,
    Record,
    RuleRecord,
    Sample,
    Sent,
    SourceRecord,
    Verdict,
)

URL = "https://crm.example.vn/hooks/alohub"
CALL_EVENT = "Alohub, Call event webhook"
PRACTICE = "Webhook practice"

_CATALOGUE = """
ack.every-outcome|MUST|Every outcome of a call is acknowledged
ack.exactly-200|MUST|Nothing but 200 acknowledges
ack.running-call|MUST|Events of a running call are acknowledged
ack.status-changes|MUST|Every status change of one call is acknowledged
ack.unusual-calls|MUST|Unusual but documented values are acknowledged
ack.unusual-text|SHOULD|Text as people write it is acknowledged
ack.steady|MUST|No call in a row of ordinary ones is dropped
deadline.within-5s|MUST|Every acknowledgement is complete within the deadline
deadline.burst|MUST|The deadline holds when calls end together
deadline.headroom|SHOULD|Most answers come within a fifth of the deadline
auth.accepts-key|MUST|The agreed key is accepted
auth.rejects-missing|MUST|A message without the key is refused
auth.rejects-wrong|MUST|A message with another key is refused
auth.rejects-near-miss|MUST|Keys that merely resemble the agreed one are refused
auth.refusal-status|SHOULD|Refusals answer 401 or 403
auth.refused-has-no-effect|MUST|A refused event is not processed
idempotency.duplicate|MUST|A second, identical copy is acknowledged
idempotency.concurrent|MUST|Copies that arrive together are all acknowledged
idempotency.after-abort|MUST|A retry after the sender gave up is acknowledged
idempotency.processed-once|MUST|Duplicates are processed once
idempotency.distinct-calls|MUST|Two calls alike are both processed
order.reversed|MUST|A late earlier event is acknowledged
order.interleaved|MUST|Events of several calls may arrive mixed
order.old-call|SHOULD|A call that ended days ago is acknowledged
order.status-change-kept|SHOULD|A status change is not dropped as a duplicate
compat.unknown-field|SHOULD|An added field is ignored
compat.unknown-status|SHOULD|An unlisted status is acknowledged
compat.unknown-event-type|SHOULD|An unlisted event type is acknowledged
compat.json-layout|SHOULD|White space and key order make no difference
compat.content-type-charset|SHOULD|A charset in the content type is accepted
robust.malformed-json|SHOULD|Broken JSON is rejected
robust.wrong-shape|SHOULD|JSON of another shape is rejected
robust.missing-field|SHOULD|A missing field does no harm
robust.wrong-type|SHOULD|A field of another type does no harm
robust.bad-encoding|SHOULD|Invalid UTF-8 is rejected
robust.deep-nesting|SHOULD|Deep nesting does no harm
robust.large-body|SHOULD|A large body does no harm
robust.wrong-content-type|SHOULD|Another content type is rejected
robust.truncated-body|SHOULD|A sender that dies mid-body does no harm
robust.generated|SHOULD|Generated messages do no harm
robust.alive-afterwards|MUST|After all this an ordinary call is acknowledged
http.method|SHOULD|Other methods are not taken
http.https|SHOULD|The URL is https
http.tls|MUST|The certificate is valid, TLS is 1.2 or newer
http.no-leak|SHOULD|Answers leak neither stack traces nor the key
http.small-answer|SHOULD|Answers stay small
"""

_EFFECTS = "needs --effects, which says how to read how often a call was processed"
_NEEDS_EFFECTS = (
    "auth.refused-has-no-effect",
    "idempotency.processed-once",
    "idempotency.distinct-calls",
    "order.status-change-kept",
)
_ASSUMED = {
    "retries": "the provider speaks of growing gaps without their lengths; 10 s, 60 s, 300 s are used",
    "status spellings": "only `answered` is published; no_answer, busy, failed and canceled are used",
}


@dataclass
class _Builder:
    """A record in the making: first all is well, then rules are changed."""

    record: Record

    def rule(self, rule_id: str) -> RuleRecord:
        return next(rule for rule in self.record["rules"] if rule["id"] == rule_id)

    def fails(self, rule_id: str, *findings: FindingRecord) -> None:
        rule = self.rule(rule_id)
        rule["outcome"], rule["findings"] = "fail", list(findings)

    def crashes(self, rule_id: str, reason: str) -> None:
        rule = self.rule(rule_id)
        rule["outcome"], rule["reason"] = "crash", reason

    def skips(self, reason: str, rule_ids: Iterable[str]) -> None:
        for rule_id in rule_ids:
            rule = self.rule(rule_id)
            rule["outcome"], rule["reason"], rule["requests"], rule["slowest_ms"] = "skip", reason, 0, None

    def ends(self, verdict: Verdict, reason: str, duration_s: float) -> None:
        self.record["verdict"], self.record["reason"], self.record["duration_s"] = verdict, reason, duration_s

    def done(self) -> Record:
        rules = self.record["rules"]
        failed = [rule for rule in rules if rule["outcome"] == "fail"]
        self.record["counts"] = Counts(
            must_failed=sum(rule["level"] == "MUST" for rule in failed),
            should_failed=sum(rule["level"] == "SHOULD" for rule in failed),
            passed=sum(rule["outcome"] == "pass" for rule in rules),
            skipped=sum(rule["outcome"] == "skip" for rule in rules),
            crashed=sum(rule["outcome"] == "crash" for rule in rules),
            requests=sum(rule["requests"] for rule in rules),
        )
        return self.record


def _builder() -> _Builder:
    rules = [_rule(*line.split("|")) for line in _CATALOGUE.strip().splitlines()]
    record = Record(
        format=1,
        tool={"name": "mock-alohub", "version": "0.1.0"},
        target={"url": URL, "webhooks": ["alohub.call-ended", "alohub.auto-call"], "key": "masked"},
        contract={"deadline_ms": 5000, "acknowledged_by": [200], "assumed": dict(_ASSUMED)},
        seed=42,
        strict=False,
        started_at="2025-03-14T09:26:53.250Z",
        duration_s=12.4,
        verdict="pass",
        reason="Every rule that could be tried is kept.",
        counts=Counts(must_failed=0, should_failed=0, passed=0, skipped=0, crashed=0, requests=0),
        latency_ms=Latency(p50=None, p95=None, p99=None, max=None),
        samples=[],
        rules=rules,
        notes=[],
    )
    builder = _Builder(record)
    builder.skips(_EFFECTS, _NEEDS_EFFECTS)
    _measure(record, slow=())
    return builder


def _rule(rule_id: str, level: str, title: str) -> RuleRecord:
    documented = level == "MUST"
    return RuleRecord(
        id=rule_id,
        family=rule_id.partition(".")[0],
        level="MUST" if documented else "SHOULD",
        title=title,
        requirement=f"{title}.",
        source=SourceRecord(
            document=CALL_EVENT if documented else PRACTICE,
            section="Answer and retries" if documented else "What receivers meet",
            assumed=rule_id == "compat.unknown-status",
        ),
        outcome="pass",
        reason="",
        requests=3 + len(rule_id) % 5,
        slowest_ms=90.0 + len(rule_id),
        findings=[],
    )


def _measure(record: Record, slow: tuple[float, ...], refused: int = 0) -> None:
    """Samples drawn like those of a healthy endpoint, save the `slow` ones (ms) and the last `refused` ones."""
    draw = random.Random(7)
    elapsed = [round(draw.lognormvariate(3.1, 0.55), 1) for _ in range(160 - len(slow))]
    elapsed[100:100] = slow
    step = record["duration_s"] * 1000 / len(elapsed)
    record["samples"] = [
        Sample(at_ms=round(at * step, 1), elapsed_ms=value, rule="ack.steady", acknowledged=at >= refused)
        for at, value in enumerate(elapsed)
    ]
    ordered = sorted(elapsed)
    p50, p95, p99 = (ordered[int(len(ordered) * share)] for share in (0.5, 0.95, 0.99))
    record["latency_ms"] = Latency(p50=p50, p95=p95, p99=p99, max=ordered[-1])


def finding(
    case: str,
    got: str,
    wanted: str,
    hint: str,
    *,
    status: int | None = 200,
    body: str = "",
    cause: str | None = None,
    detail: str = "",
    elapsed_ms: float = 24.0,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
) -> FindingRecord:
    """A finding with what was sent (a call that ended) and what came back."""
    sent = (
        '{"call_id":"20250314162653000017","call_status":"no_answer","direction":"outbound",'
        '"caller_number":"0389912345","destination_number":"888","starttime":"2025-03-14 16:26:53",'
        '"answertime":"","endtime":"2025-03-14 16:27:23","hangup_by":"system","hotline":"",'
        '"total_duration":"30","holding_duration":"0","recording_url":"","objectId":1,'
        '"transactionID":"TRANSID_17","userName":"Nguyễn Thị Hồng","eventType":"call"}'
    )
    return FindingRecord(
        case=case,
        webhook="alohub.call-ended",
        got=got,
        wanted=wanted,
        hint=hint,
        reproduce=(
            "mock-alohub generate alohub.call-ended --seed 42 --outcome no_answer |\n"
            f'  curl -si {URL} -H "Authorization: $MOCK_ALOHUB_KEY" -H "Content-Type: application/json" -d @-'
        ),
        sent=Sent(
            method="POST",
            url=URL,
            headers=[("Authorization", "****"), ("Content-Type", "application/json")],
            body=sent,
            body_size=len(sent.encode()),
        ),
        received=Received(
            status=status,
            headers=list(headers) if status else [],
            body=body,
            body_size=len(body.encode("utf-8", "backslashreplace")),
            cause=cause,
            detail=detail,
            elapsed_ms=elapsed_ms,
        ),
    )


def passing() -> Record:
    """All is well; four rules could not be tried."""
    return _builder().done()


def failing() -> Record:
    """Three MUST and two SHOULD broken, one of them in many cases."""
    builder = _builder()
    fix_200 = "answer 200 itself, also where there is nothing to say; 204 makes the provider send the call again"
    builder.fails(
        "ack.every-outcome",
        *(
            finding(
                f"{direction} {outcome}, ended by {by}",
                "HTTP 500",
                "HTTP 200",
                "take calls without an answer: their answertime and recording_url are empty",
                status=500,
                body="{\"error\":\"time data '' does not match format '%Y-%m-%d %H:%M:%S'\"}",
            )
            for direction in ("inbound", "outbound")
            for outcome, by in (("no_answer", "system"), ("busy", "customer"), ("canceled", "agent"))
        ),
    )
    builder.fails("ack.exactly-200", finding("a call of a campaign", "HTTP 204", "HTTP 200", fix_200, status=204))
    late = finding(
        "20 different calls at once",
        "no whole answer within 5 s, 3 of 20",
        "20 answers within 5 s",
        "answer first and work afterwards, in a queue; a single slow worker serves one call at a time",
        status=None,
        cause="deadline",
        detail="connected, but the answer was not complete after 5 s",
        elapsed_ms=5000.4,
    )
    builder.fails("deadline.burst", late)
    builder.fails(
        "compat.unknown-status",
        finding(
            "call_status `missed`",
            "HTTP 422",
            "HTTP 200",
            "treat an unlisted status as a call that was not answered (this spelling is assumed; set another with "
            "--status-spelling no_answer=…)",
            status=422,
            body='{"detail":"call_status must be one of answered, no_answer, busy"}',
        ),
    )
    builder.fails(
        "robust.malformed-json",
        finding("trailing comma", "HTTP 500", "HTTP 4xx", "answer 400 to what is not JSON", status=500),
    )
    record = builder.record
    builder.ends("fail", "3 MUST rules are broken; the weightiest: calls without an answer are not acknowledged.", 31.7)
    record["notes"] = ["--skip-rule http.tls was given."]
    builder.skips("switched off by --skip-rule", ["http.tls"])
    _measure(record, slow=(1800.0, 2600.0, 3900.0, 5200.0, 6100.0), refused=6)
    return builder.done()


HOSTILE: Final = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)></pre></details></textarea><svg onload=alert(3)>",
    "escapes": "\x1b[2J\x1b[31mred\x1b]0;title\x07\x9b31m\x08\x00",
    "direction": "\u202etxt.exe\u2066\u2069\u200f",
    "separators": "one\u2028two\u2029three\x85four\rfive\x0csix",
    "log commands": "\n::error title=x::forged\n::stop-commands::t\n##[group]forged ##vso[task.complete]x",
    "markdown": "\n```\n````\n</details>\n# Forged\n@everyone #1 [x](https://evil.example) ![x](https://evil.example/x.png)",
    "xml": "]]></failure><testcase name='forged'/>&#x0;&lol;\ufffe\uffff",
    "bytes": "\udcff\udcfe not UTF-8",
    "template": "{{ 7*7 }}{% raw %}${{ secrets.KEY }}",
}
"""Answers that try to steer whatever shows them, by what they aim at."""


def hostile() -> Record:
    """An endpoint that attacks the reader of the report in every field it has a hand in."""
    builder = _builder()
    everything = "".join(HOSTILE.values())
    attacks = [
        finding(
            f"case {text}",
            f"HTTP 500 {text}",
            f"HTTP 200 {text}",
            f"hint {text}",
            status=500,
            body=text,
            detail=text,
            headers=(("X-Attack", text), (text, "value")),
        )
        for text in HOSTILE.values()
    ]
    long = finding("a very long answer", "HTTP 500", "HTTP 200", "say less", status=500, body="x" * 4096)
    assert long["received"] is not None
    long["received"]["body_size"] = 5_000_000
    builder.fails("ack.exactly-200", *attacks, long)
    builder.fails("http.no-leak", finding(everything, everything, everything, everything, body=everything))
    record = builder.record
    record["target"]["url"] = f"{URL}?{HOSTILE['markup']}"
    record["notes"] = [everything]
    record["contract"]["assumed"] = {everything: everything}
    builder.ends("fail", f"1 MUST rule is broken: {everything}", 12.4)
    builder.skips(everything, ["http.tls"])
    builder.crashes("http.https", everything)
    builder.rule("http.method")["title"] = everything
    builder.rule("http.no-leak")["requirement"] = everything
    return builder.done()


def unreachable() -> Record:
    """No one listens: nothing could be judged."""
    builder = _builder()
    reason = "the endpoint could not be reached"
    builder.skips(reason, [rule["id"] for rule in builder.record["rules"]])
    builder.ends("unreachable", "Nothing listens at crm.example.vn:443: connection refused.", 0.03)
    builder.record["samples"] = []
    builder.record["latency_ms"] = Latency(p50=None, p95=None, p99=None, max=None)
    return builder.done()


def interrupted() -> Record:
    """Ended by Ctrl-C after the first family."""
    builder = _builder()
    untried = [rule["id"] for rule in builder.record["rules"] if rule["family"] != "ack"]
    builder.skips("the check was interrupted before", untried)
    builder.ends("interrupted", "Interrupted after 3.1 s; 7 of 46 rules were judged.", 3.1)
    return builder.done()


def crashed() -> Record:
    """One rule failed by itself; the others are kept."""
    builder = _builder()
    builder.crashes("order.interleaved", "KeyError: 'call_id' (rules/order.py, line 41)")
    builder.record["reason"] = "no broken rule was seen, but some rules crashed: that is a defect of mock-alohub"
    return builder.done()


RECORDS: Final[dict[str, Callable[[], Record]]] = {
    "pass": passing,
    "fail": failing,
    "hostile": hostile,
    "unreachable": unreachable,
    "interrupted": interrupted,
    "crash": crashed,
}
