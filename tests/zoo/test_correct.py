from __future__ import annotations

import re

import pytest

from mock_alohub.check.rules import RULES
from mock_alohub.reports.record import Record
from tests.tiers import cases
from tests.zoo.check import checked, crashed_rules, findings
from tests.zoo.correct import CORRECT
from tests.zoo.member import Member

ALLOWED_SKIPS = re.compile(
    "no key was given"
    "|needs --effects"
    "|the URL is plain http"
    "|switched off with --generated 0"
    "|only webhooks that report running calls"
    "|a loopback or private address"
    "|this key has no such near miss"
    "|no stranger was refused"
    "|the webhook carries no key"
    "|the specification names no (?:event-type|status) field"
    "|the webhook is sent (?:without|with) a body"
    "|no call is told of by two of these webhooks"
    "|every field is in every message"
    "|the specification has no word for a call between extensions"
    "|the specification has no field that says when a report was updated"
    "|the webhook's messages are not signed"
    "|the document does not say what its messages tell of a call"
    "|the webhook says nothing of such calls"
)


STYLES = frozenset(
    {
        *("careful-partner-of-alohub", "careful-partner-of-alohaa", "careful-partner-of-omicall"),
        *("careful-partner-of-voipappz", "told-the-template"),
        *("verifies-by-the-reference-library", "threaded", "one-connection-at-a-time", "closes-every-connection"),
        *("chunked", "very-strict", "wants-bearer", "works-later", "encrypted", "uvicorn-httptools"),
    }
)
"""One of each kind of provider, server and answer: the whole catalogue is tried on these every time."""
GENTLE = frozenset({"ack", "auth", "deadline", "http"})
"""The families that every call and stranger is judged by: the quick tests try these on all the others."""


@pytest.mark.parametrize("member", [one for one in CORRECT if one.name not in STYLES], ids=lambda member: member.name)
def test_nothing_is_found_in_a_correct_endpoint_by_the_rules_of_every_call(member: Member) -> None:
    _is_kept(member, checked(member, rules={rule.id for rule in RULES if rule.family in GENTLE}))


def test_every_style_has_a_member() -> None:
    assert {member.name for member in CORRECT} >= STYLES


@pytest.mark.parametrize("member", cases(((member.name, member) for member in CORRECT), STYLES))
def test_nothing_is_found_in_a_correct_endpoint(member: Member) -> None:
    _is_kept(member, checked(member))


def _is_kept(member: Member, record: Record) -> None:
    assert findings(record) == []
    assert crashed_rules(record) == {}
    assert record["verdict"] == "pass"
    skipped = {rule["id"]: rule["reason"] for rule in record["rules"] if rule["outcome"] == "skip"}
    assert {rule: reason for rule, reason in skipped.items() if not ALLOWED_SKIPS.search(reason)} == {}
