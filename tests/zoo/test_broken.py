from __future__ import annotations

import pytest

from mock_alohub.check.rules import BY_ID, RULES
from mock_alohub.reports.record import Record
from tests.tiers import cases
from tests.zoo.broken import BROKEN
from tests.zoo.check import broken_rules, checked, crashed_rules, findings
from tests.zoo.member import Member

JUDGED_ALONE = {"http.https"}
"""It speaks of public addresses, and the zoo has none: tests/check/rules/test_http.py tries it."""


def _representatives() -> frozenset[str]:
    """The names of the members that are checked by the whole catalogue every time: the first that breaks each rule.

    So are all that break a rule which judges what the others saw: without the others, it sees little.
    """
    first: dict[str, str] = {}
    for member in BROKEN:
        for rule in sorted(member.breaks):
            first.setdefault(rule, member.name)
    judged = {member.name for member in BROKEN if any(BY_ID[rule].judge is not None for rule in member.breaks)}
    return frozenset(first.values()) | judged


REPRESENTATIVES = _representatives()
OTHERS = [member for member in BROKEN if member.name not in REPRESENTATIVES]


def _held(member: Member, record: Record) -> None:
    found = broken_rules(record)
    assert member.breaks - found == set(), findings(record)
    assert found - member.breaks - member.tolerated.keys() == set(), findings(record)
    assert crashed_rules(record) == {}
    assert record["verdict"] == "fail"


@pytest.mark.parametrize("member", cases(((member.name, member) for member in BROKEN), REPRESENTATIVES))
def test_what_is_broken_is_found_and_nothing_else(member: Member) -> None:
    _held(member, checked(member))


@pytest.mark.parametrize("member", OTHERS, ids=lambda member: member.name)
def test_what_is_broken_is_found_by_the_rules_of_its_family(member: Member) -> None:
    families = {BY_ID[rule].family for rule in member.breaks}
    _held(member, checked(member, rules={rule.id for rule in RULES if rule.family in families}))


def test_every_rule_is_broken_by_a_member() -> None:
    assert set().union(*(member.breaks for member in BROKEN)) == BY_ID.keys() - JUDGED_ALONE


def test_no_two_members_have_one_name() -> None:
    names = [member.name for member in BROKEN]
    assert sorted(set(names)) == sorted(names)
