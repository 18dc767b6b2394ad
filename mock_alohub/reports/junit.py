"""JUnit XML as GitLab, Jenkins and others read it: a suite per family, a case per rule.

Elements and attributes are those of the Jenkins xUnit plugin's `junit-10.xsd`. A broken MUST is a failure; a broken
SHOULD is one in a strict run, else the case passes and its `system-out` holds the warning; a rule that could not be
tried is skipped with its reason; a crash of a rule is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from mock_alohub.reports import outline
from mock_alohub.reports.outline import Family, Weight
from mock_alohub.reports.record import FindingRecord, Format, Record, RuleRecord
from mock_alohub.reports.visible import all_visible, one_line


def render(record: Record) -> str:
    """The whole document. A case's time is that of its slowest request, in seconds."""
    record = all_visible(record)
    suites = [_suite(record, family) for family in outline.families(record)]
    if record["verdict"] in ("unreachable", "interrupted"):
        # Without a failing case a run in which nothing could be judged would read as a success.
        suites.insert(0, _nothing_judged(record))
    return document(suites, record["duration_s"])


def document(suites: list[ET.Element], duration_s: float) -> str:
    """The whole text of a document of `suites`."""
    root = ET.Element("testsuites", {"name": "mock-alohub", "time": f"{duration_s:.3f}", **_sums(suites)})
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _sums(suites: list[ET.Element]) -> dict[str, str]:
    return {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in ("tests", "failures", "errors")}


def _suite(record: Record, family: Family) -> ET.Element:
    cases = [_case(weight, rule) for weight, rule in family.rules]
    return _suite_of(record, family.name, cases)


def _suite_of(record: Record, name: str, cases: list[ET.Element]) -> ET.Element:
    return suite_of(name, cases, _properties(record), started_at=record["started_at"])


def suite_of(
    name: str, cases: list[ET.Element], properties: Iterable[tuple[str, str]], *, started_at: str
) -> ET.Element:
    """A suite of `cases` with its `properties`; `started_at` is ISO 8601 in UTC."""
    suite = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=_count(cases, "failure"),
        errors=_count(cases, "error"),
        skipped=_count(cases, "skipped"),
        time=f"{sum(float(case.get('time', '0')) for case in cases):.3f}",
        timestamp=started_at.removesuffix("Z").removesuffix("+00:00").partition(".")[0],
    )
    listed = ET.SubElement(suite, "properties")
    for key, value in properties:
        ET.SubElement(listed, "property", name=key, value=one_line(value))
    suite.extend(cases)
    return suite


def _count(cases: list[ET.Element], tag: str) -> str:
    return str(sum(case.find(tag) is not None for case in cases))


def _properties(record: Record) -> list[tuple[str, str]]:
    return [
        ("url", record["target"]["url"]),
        ("webhooks", ", ".join(record["target"]["webhooks"])),
        ("seed", str(record["seed"])),
        ("strict", str(record["strict"]).lower()),
        ("version", f"{record['tool']['name']} {record['tool']['version']}"),
        ("verdict", record["verdict"]),
    ]


def _case(weight: Weight, rule: RuleRecord) -> ET.Element:
    seconds = (rule["slowest_ms"] or 0) / 1000
    case = ET.Element("testcase", name=rule["id"], classname=f"mock-alohub.{rule['family']}", time=f"{seconds:.3f}")
    match weight:
        case Weight.BROKEN:
            child_of(case, "failure", _headline(rule), _story(rule), kind=rule["level"])
        case Weight.WARNING:
            ET.SubElement(case, "system-out").text = f"warning: {_headline(rule)}\n\n{_story(rule)}"
        case Weight.SKIPPED:
            child_of(case, "skipped", rule["reason"])
        case Weight.CRASHED:
            child_of(case, "error", f"the rule itself failed: {rule['reason']}", rule["reason"], kind="crash")
        case Weight.KEPT:
            pass
    return case


def _nothing_judged(record: Record) -> ET.Element:
    case = ET.Element("testcase", name="judged", classname="mock-alohub.run", time=f"{record['duration_s']:.3f}")
    message = f"{outline.headline(record)}: {record['reason']}"
    child_of(case, "error", message, message, kind=record["verdict"])
    return _suite_of(record, "run", [case])


def child_of(case: ET.Element, tag: str, message: str, text: str = "", *, kind: str = "") -> None:
    """Say in `case` what came of it: `tag` is `failure`, `error` or `skipped`."""
    child = ET.SubElement(case, tag, message=one_line(message))
    if kind:
        child.set("type", kind)
    if text:
        child.text = text


def _headline(rule: RuleRecord) -> str:
    findings = rule["findings"]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{outline.summary(findings[0])}{more}" if findings else rule["title"]


def _story(rule: RuleRecord) -> str:
    head = f"{rule['level']}: {rule['requirement']}\nSource: {outline.source(rule['source'])}"
    return "\n\n".join([head, *(_finding(finding) for finding in rule["findings"])])


def _finding(finding: FindingRecord) -> str:
    sent, received = finding["sent"], finding["received"]
    parts = [
        f"{finding['case']} ({finding['webhook']})",
        f"got:    {finding['got']}",
        f"wanted: {finding['wanted']}",
        f"fix:    {finding['hint']}" if finding["hint"] else "",
        f"try:    {finding['reproduce']}" if finding["reproduce"] else "",
    ]
    if sent:
        parts.append(f"sent: {sent['method']} {sent['url']}")
        parts.append(_indented(outline.headers_and_body(sent["headers"], sent["body"], sent["body_size"])))
    if received:
        parts.append(f"received: {outline.reply_line(received)}")
        parts.append(_indented(outline.headers_and_body(received["headers"], received["body"], received["body_size"])))
    return "\n".join(part for part in parts if part)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


FORMAT = Format("junit", ".xml", "JUnit XML: for GitLab, Jenkins and whatever else shows test results", render)
