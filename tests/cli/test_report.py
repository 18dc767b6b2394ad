from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mock_alohub.reports import FORMATS
from tests.cli.running import run
from tests.reports.records import RECORDS


@pytest.fixture(autouse=True)
def _record(_alone: None) -> None:
    Path("report.json").write_bytes(orjson.dumps(RECORDS["fail"]()))


def test_without_a_request_the_summary_is_printed() -> None:
    done = run("report", "report.json")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("FAIL ")


@pytest.mark.parametrize("name", [one.name for one in FORMATS])
def test_every_format_can_be_rendered(name: str) -> None:
    done = run("report", "report.json", "--report", f"{name}=out.txt")
    assert (done.code, done.out, done.err) == (0, "", f"{name} report: out.txt\n")
    assert Path("out.txt").stat().st_size > 0


def test_a_report_can_go_to_standard_output() -> None:
    done = run("report", "report.json", "--report", "junit=-")
    assert (done.err, done.out.startswith("<?xml")) == ("", True)


def test_a_record_can_come_from_standard_input() -> None:
    assert run("report", "-", stdin=Path("report.json").read_bytes()).out.startswith("FAIL ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope.json"], "cannot read nope.json: no such file or directory"),
        (["report.json", "--report", "htm=x"], "unknown report format `htm`; did you mean `html`?"),
        (["report.json", "--report", "html"], "the report `html` names no file"),
        (["report.json", "--report", "html=no/x"], "cannot write the html report to `no/x`: its folder does not exist"),
        (["report.json", "--report", "html=x", "--report", "json=x"], "the reports `html` and `json` would both"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], words: str) -> None:
    done = run("report", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {words}")


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b"{}", b"\xff\xfe"])
def test_what_is_no_record_is_unreadable(content: bytes) -> None:
    done = run("report", "-", stdin=content)
    assert (done.code, done.err.startswith("error: standard input is ")) == (2, True)
