from __future__ import annotations

import pytest

from mock_alohub.rules import BY_ID
from tests.zoo.broken import BROKEN
from tests.zoo.check import broken_rules, checked, crashed_rules, findings
from tests.zoo.member import Member

JUDGED_ALONE = {"http.https"}
"""It speaks of public addresses, and the zoo has none: tests/rules/test_http.py tries it."""


@pytest.mark.parametrize("member", BROKEN, ids=lambda member: member.name)
def test_what_is_broken_is_found_and_nothing_else(member: Member) -> None:
    record = checked(member)
    found = broken_rules(record)
    assert member.breaks - found == set(), findings(record)
    assert found - member.breaks - member.tolerated.keys() == set(), findings(record)
    assert crashed_rules(record) == {}
    assert record["verdict"] == "fail"


def test_every_rule_is_broken_by_a_member() -> None:
    assert set().union(*(member.breaks for member in BROKEN)) == BY_ID.keys() - JUDGED_ALONE


def test_no_two_members_have_one_name() -> None:
    names = [member.name for member in BROKEN]
    assert sorted(set(names)) == sorted(names)
