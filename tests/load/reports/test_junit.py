from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports.junit import render
from tests.load.records import RECORDS, breaking, capacity, holding
from tests.reports.test_junit import offences


def tree(record: LoadRecord) -> ET.Element:
    return ET.fromstring(render(record).encode())


def outcomes(record: LoadRecord) -> dict[str, str]:
    """What came of each test case: `failure`, `error`, `skipped`, or `passed`."""
    kinds = ("failure", "error", "skipped")
    return {
        case.get("name", ""): next((kind for kind in kinds if case.find(kind) is not None), "passed")
        for case in tree(record).iter("testcase")
    }


@pytest.mark.parametrize("name", RECORDS)
def test_only_elements_and_attributes_of_the_common_schema_are_used(name: str) -> None:
    assert offences(tree(RECORDS[name]())) == []


def test_every_limit_is_a_test_case() -> None:
    assert outcomes(breaking()) == {
        "judged": "passed", "late": "failure", "refused": "failure", "failed": "passed", "lost": "failure",
        "p99": "failure",
    }  # fmt: skip


def test_a_run_that_holds_is_green() -> None:
    assert set(outcomes(holding()).values()) == {"passed"}


@pytest.mark.parametrize("name", ["bottleneck", "unreachable"])
def test_where_nothing_was_judged_the_run_is_an_error_and_no_limit_is_green(name: str) -> None:
    found = outcomes(RECORDS[name]())
    assert found.pop("judged") == "error"
    assert set(found.values()) == {"skipped"}


def test_an_interrupted_run_is_an_error() -> None:
    assert outcomes(RECORDS["interrupted"]())["judged"] == "error"


def test_the_error_says_the_verdict_and_the_reason() -> None:
    error = tree(RECORDS["interrupted"]()).find(".//testcase[@name='judged']/error")
    assert error is not None
    assert str(error.get("message")).startswith("interrupted: after 12.1 s of 60 s; until then every call acknowledged")


def test_a_search_is_one_test_case() -> None:
    assert outcomes(capacity()) == {"capacity": "passed"}


def test_a_search_that_found_nothing_fails() -> None:
    record = capacity()
    record["verdict"] = "fail"
    assert outcomes(record) == {"capacity": "failure"}


def test_the_message_says_what_was_measured_and_what_is_allowed() -> None:
    failure = tree(breaking()).find(".//testcase[@name='p99']/failure")
    assert failure is not None
    assert failure.get("message") == "p99 latency: 5 s (allowed: 2 s)"
