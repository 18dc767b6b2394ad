from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mock_alohub.load.reports import FORMATS as LOAD_FORMATS
from mock_alohub.load.reports import json as load_json
from mock_alohub.reports import FORMATS, named
from tests.cli.running import run
from tests.load.records import RECORDS as LOAD_RECORDS
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


def test_the_record_of_a_load_run_is_told_from_that_of_a_check() -> None:
    Path("load.json").write_text(load_json.render(LOAD_RECORDS["pass"]()))
    done = run("report", "load.json")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("HOLDS  200 calls/s for 10 s: ")


@pytest.mark.parametrize("name", [one.name for one in LOAD_FORMATS])
def test_every_format_of_a_load_run_can_be_rendered(name: str) -> None:
    Path("load.json").write_text(load_json.render(LOAD_RECORDS["fail"]()))
    done = run("report", "load.json", "--report", f"{name}=out.txt")
    assert (done.code, done.out, done.err) == (0, "", f"{name} report: out.txt\n")
    assert Path("out.txt").read_text() == named(name, LOAD_FORMATS).render(LOAD_RECORDS["fail"]())


@pytest.mark.parametrize("kind", [b'"pipe"', b"7", b"[]"])
def test_a_record_of_a_kind_that_is_not_known_is_named_as_that(kind: bytes) -> None:
    done = run("report", "-", stdin=b'{"format": 1, "kind": ' + kind + b"}")
    assert done.code == 2
    assert "a record of another kind; this version of mock-alohub reads those of: check, load" in done.err


def test_a_load_record_that_is_not_whole_says_where() -> None:
    done = run("report", "-", stdin=b'{"format": 1, "kind": "load"}')
    assert (done.code, "standard input is not a valid record: at `/`: " in done.err) == (2, True)
