from __future__ import annotations

import re

import pytest

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


@pytest.mark.parametrize("member", CORRECT, ids=lambda member: member.name)
def test_nothing_is_found_in_a_correct_endpoint(member: Member) -> None:
    record = checked(member)
    assert findings(record) == []
    assert crashed_rules(record) == {}
    assert record["verdict"] == "pass"
    skipped = {rule["id"]: rule["reason"] for rule in record["rules"] if rule["outcome"] == "skip"}
    assert {rule: reason for rule, reason in skipped.items() if not ALLOWED_SKIPS.search(reason)} == {}
