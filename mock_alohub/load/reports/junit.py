"""JUnit XML as GitLab, Jenkins and others read it: a test case per limit, and one for whether there is a verdict."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from mock_alohub.load import wording
from mock_alohub.load.record import LoadRecord, ThresholdRecord
from mock_alohub.reports.junit import child_of, document, suite_of
from mock_alohub.reports.record import Format
from mock_alohub.reports.visible import all_visible


def render(record: LoadRecord) -> str:
    """The whole document. Where there is no verdict the limits are skipped, so that the run never looks green."""
    record = all_visible(record)
    limits = [] if record["capacity"] else record["thresholds"]  # of a search they are those of its last step
    cases = [_judged(record), *(_case(record, one) for one in limits)]
    properties = [
        ("url", record["target"]["url"]),
        ("webhooks", wording.webhooks(record)),
        ("load", wording.offer(record)),
        ("seed", str(record["seed"])),
        ("version", f"{record['tool']['name']} {record['tool']['version']}"),
        ("verdict", record["verdict"]),
        *((f"latency {name}", "" if value is None else f"{value:g} ms") for name, value in _latencies(record)),
    ]
    return document([suite_of("load", cases, properties, started_at=record["started_at"])], record["duration_s"])


def _latencies(record: LoadRecord) -> list[tuple[str, float | None]]:
    return wording.figures(record["latency_ms"])


def _new(name: str, seconds: float) -> ET.Element:
    return ET.Element("testcase", name=name, classname="mock-alohub.load", time=f"{seconds:.3f}")


def _judged(record: LoadRecord) -> ET.Element:
    """A run without a verdict is an error here; a search that found no rate that holds is a failure."""
    case = _new("capacity" if record["capacity"] else "judged", record["duration_s"])
    message = f"{wording.WORDS[record['verdict']].lower()}: {record['reason'].removeprefix('interrupted ')}"
    if record["verdict"] in ("inconclusive", "unreachable", "interrupted"):
        child_of(case, "error", message, _figures(record), kind=record["verdict"])
    elif record["capacity"] and record["verdict"] == "fail":
        child_of(case, "failure", message, _figures(record), kind="capacity")
    else:
        ET.SubElement(case, "system-out").text = f"{record['reason']}\n\n{_figures(record)}"
    return case


def _case(record: LoadRecord, one: ThresholdRecord) -> ET.Element:
    case = _new(one["name"], 0.0)
    allowed = wording.limit(one["limit"], one["unit"])
    message = (
        f"{wording.THRESHOLDS[one['name']]}: {wording.measured(one['measured'], one['unit'])} (allowed: {allowed})"
    )
    if record["verdict"] not in wording.JUDGED:
        child_of(case, "skipped", f"not judged: {record['reason']}")
    elif not one["kept"]:
        child_of(case, "failure", message, "\n".join(_causes(record)), kind=one["name"])
    return case


def _figures(record: LoadRecord) -> str:
    first, again, ends = record["first_attempts"], record["retry_attempts"], record["deliveries"]
    counted = ", ".join(f"{first[name]} {name}" for name in ("sent", "acknowledged", "late", "refused", "failed"))
    lines = [
        f"first attempts: {counted}",
        f"retries: {again['sent']} sent, {again['acknowledged']} acknowledged",
        f"in the end: {ends['delivered']} delivered, {ends['lost']} lost, {ends['undecided']} undecided",
        f"generator: {wording.generator(record)}",
        *_causes(record),
    ]
    return "\n".join(lines)


def _causes(record: LoadRecord) -> list[str]:
    return [f"cause: {one['count']} x {one['cause']}" for one in record["causes"]]


FORMAT = Format("junit", ".xml", "JUnit XML: for GitLab, Jenkins and whatever else shows test results", render)
