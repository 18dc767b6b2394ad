from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.reports.junit import render
from mock_alohub.reports.record import Record
from tests.reports.records import RECORDS, crashed, failing, finding, hostile, interrupted, passing, unreachable

# What the Jenkins xUnit plugin's junit-10.xsd allows: attributes (required ones with a star) and children.
GRAMMAR = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name*", "tests*", "failures*", "errors*", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name*", "value*"}, set()),
    "testcase": ({"name*", "time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def tree(record: Record) -> ET.Element:
    return ET.fromstring(render(record).encode())


def offences(element: ET.Element) -> list[str]:
    attributes, children = GRAMMAR[element.tag]
    required = {name.rstrip("*") for name in attributes if name.endswith("*")}
    allowed = {name.rstrip("*") for name in attributes}
    found = [f"{element.tag} lacks {name}" for name in required - set(element.attrib)]
    found += [f"{element.tag} has {name}" for name in set(element.attrib) - allowed]
    found += [f"{child.tag} in {element.tag}" for child in element if child.tag not in children]
    return found + [offence for child in element for offence in offences(child)]


def case(record: Record, name: str) -> ET.Element:
    found = tree(record).find(f".//testcase[@name='{name}']")
    assert found is not None
    return found


@pytest.mark.parametrize("name", RECORDS)
def test_only_elements_and_attributes_of_the_common_schema_are_used(name: str) -> None:
    assert offences(tree(RECORDS[name]())) == []


@pytest.mark.parametrize("name", RECORDS)
def test_the_counts_are_those_of_the_cases(name: str) -> None:
    root = tree(RECORDS[name]())
    for suite in [root, *root]:
        assert int(suite.get("tests", "")) == len(suite.findall(".//testcase"))
        assert int(suite.get("failures", "")) == len(suite.findall(".//failure"))
        assert int(suite.get("errors", "")) == len(suite.findall(".//error"))


def test_there_is_a_suite_per_family_and_a_case_per_rule() -> None:
    record = passing()
    names = [(suite.get("name"), one.get("name")) for suite in tree(record) for one in suite.iter("testcase")]
    assert names == [(rule["family"], rule["id"]) for rule in record["rules"]]


def test_a_broken_must_is_a_failure_with_its_level() -> None:
    failure = case(failing(), "ack.exactly-200").find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "a call of a campaign: got HTTP 204, wanted HTTP 200", "type": "MUST"}


def test_a_failure_tells_the_whole_story() -> None:
    text = case(failing(), "ack.exactly-200").findtext("failure") or ""
    for part in ("Source: Alohub, Call event webhook", "wanted: HTTP 200", "fix:    answer 200", "curl -si", "call_id"):
        assert part in text


def test_a_broken_should_passes_with_a_warning() -> None:
    found = case(failing(), "robust.malformed-json")
    assert found.find("failure") is None
    assert (found.findtext("system-out") or "").startswith("warning: trailing comma: got HTTP 500")


def test_a_broken_should_fails_in_a_strict_run() -> None:
    record = failing()
    record["strict"] = True
    assert case(record, "robust.malformed-json").find("failure") is not None


def test_a_skipped_rule_says_why() -> None:
    skipped = case(failing(), "http.tls").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "switched off by --skip-rule"


def test_a_crash_is_an_error() -> None:
    error = case(crashed(), "order.interleaved").find("error")
    assert error is not None
    assert error.get("type") == "crash"


@pytest.mark.parametrize("record", [unreachable(), interrupted()], ids=["unreachable", "interrupted"])
def test_a_run_without_a_verdict_does_not_read_as_a_success(record: Record) -> None:
    assert tree(record).get("errors") == "1"


def test_every_suite_names_seed_url_and_version() -> None:
    for suite in tree(passing()):
        properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
        assert properties["seed"] == "42"
        assert properties["url"] == passing()["target"]["url"]
        assert properties["version"] == "mock-alohub 0.1.0"


def test_a_hostile_endpoint_adds_no_case() -> None:
    names = [one.get("name") for one in tree(hostile()).iter("testcase")]
    assert names == [rule["id"] for rule in hostile()["rules"]]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("]>&<\x00\x1b\ufffe"))))
def test_the_document_is_well_formed_whatever_an_endpoint_says(text: str) -> None:
    record = passing()
    rule = record["rules"][0]
    rule["outcome"], rule["findings"] = "fail", [finding(text, text, text, text, body=text, detail=text)]
    record["rules"][1]["outcome"], record["rules"][1]["reason"] = "crash", text
    record["target"]["url"] = text
    assert offences(tree(record)) == []
