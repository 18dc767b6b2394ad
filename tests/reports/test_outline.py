from __future__ import annotations

import pytest

from mock_alohub.reports import outline
from mock_alohub.reports.outline import Weight
from tests.reports.records import RECORDS, crashed, failing, hostile, passing


def ids(*weights: Weight, strict: bool = False) -> list[str]:
    record = failing()
    record["strict"] = strict
    return [rule["id"] for rule in outline.of_weight(record, *weights)]


def test_a_broken_should_is_a_warning() -> None:
    assert ids(Weight.WARNING) == ["compat.unknown-status", "robust.malformed-json"]


def test_a_broken_should_breaks_the_contract_in_a_strict_run() -> None:
    assert ids(Weight.WARNING, strict=True) == []
    assert "robust.malformed-json" in ids(Weight.BROKEN, strict=True)


def test_the_weightiest_rules_come_first() -> None:
    assert ids(Weight.BROKEN, Weight.WARNING)[-2:] == ["compat.unknown-status", "robust.malformed-json"]


def test_families_keep_the_order_of_the_record() -> None:
    names = [family.name for family in outline.families(passing())]
    assert names == ["ack", "deadline", "auth", "idempotency", "order", "compat", "robust", "http"]


@pytest.mark.parametrize("name", RECORDS)
def test_no_rule_is_lost_between_the_families(name: str) -> None:
    record = RECORDS[name]()
    assert sum(len(family.rules) for family in outline.families(record)) == len(record["rules"])


def test_skipped_rules_are_grouped_by_their_reason() -> None:
    groups = outline.by_reason(outline.of_weight(failing(), Weight.SKIPPED))
    assert [len(rules) for _, rules in groups] == [4, 1]


def test_a_crash_is_told_apart_from_a_failure() -> None:
    assert outline.tally(crashed()) == "46 rules: 41 kept, 4 skipped, 1 crashed"


def test_a_run_with_a_crash_does_not_read_as_kept() -> None:
    assert outline.headline(crashed()) == "Nothing broken was seen, but not all could be judged"


def test_a_broken_contract_stays_broken_beside_a_crash() -> None:
    assert outline.ending(hostile()) == "fail"


def test_the_moment_is_shown_to_the_second() -> None:
    assert outline.moment(passing()["started_at"]) == "2025-03-14 09:26:53 UTC"


def test_the_reason_is_shown_as_a_sentence() -> None:
    assert outline.reason(crashed()).startswith("No broken rule was seen")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.04, "0.0 ms"), (9.94, "9.9 ms"), (9.96, "10 ms"), (999.4, "999 ms"), (999.6, "1 s"), (1240, "1.24 s")],
)
def test_a_latency_is_shown_with_three_figures_at_most(value: float, shown: str) -> None:
    assert outline.milliseconds(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.03, "30 ms"), (3.14, "3.1 s"), (7, "7 s"), (59.99, "60 s"), (60, "1 min"), (200, "3 min 20 s"),
        (3600, "1 h"), (3929, "1 h 5 min"), (7199, "2 h"),
    ],
)  # fmt: skip
def test_a_duration_is_shown_in_the_unit_that_fits(seconds: float, shown: str) -> None:
    assert outline.duration(seconds) == shown


def test_a_cut_body_says_how_long_it_was() -> None:
    assert outline.headers_and_body([("A", "b")], "begin", 5_000_000) == "A: b\n\nbegin\n… cut, 5,000,000 bytes in all"


def test_what_several_webhooks_leave_open_is_said_once() -> None:
    assumed = {"a: deadline": "why", "b: deadline": "why", "b: retries": "other", "a: fires": "one", "b: fires": "two"}
    assert outline.assumptions(assumed, ["a", "b"]) == [
        ("deadline", "every webhook", "why"), ("retries", "b", "other"), ("fires", "a", "one"), ("fires", "b", "two"),
    ]  # fmt: skip
    assert outline.assumed_in_short(assumed, ["a", "b"]) == "every webhook: deadline; b: retries, fires; a: fires"


def test_many_webhooks_that_leave_something_open_are_counted() -> None:
    assumed = {f"hook-{letter}: retries": "why" for letter in "abcdef"}
    assert outline.assumptions(assumed, ["hook-a"]) == [("retries", "hook-a, hook-b, hook-c and 3 more", "why")]
