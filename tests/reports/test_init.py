from __future__ import annotations

from pathlib import Path

import pytest

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.reports import FORMATS, STDOUT, named, parse_request, parse_requests
from tests.reports.golden import FOLDER, cases
from tests.reports.records import RECORDS


@pytest.mark.parametrize(("record", "name", "path"), [(record, one.name, path) for record, one, path in cases()])
def test_a_report_looks_as_it_was_reviewed(record: str, name: str, path: Path) -> None:
    assert named(name, FORMATS).render(RECORDS[record]()) == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == {path for _, _, path in cases()}


def test_the_formats_are_those_that_are_promised() -> None:
    assert [one.name for one in FORMATS] == ["terminal", "json", "junit", "html", "markdown", "github"]


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_every_format_says_what_it_is_for(one: object) -> None:
    assert getattr(one, "summary")  # noqa: B009
    assert str(getattr(one, "suffix")).startswith(".")  # noqa: B009


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)
def test_rendering_leaves_the_record_as_it_is(one: object) -> None:
    record, untouched = RECORDS["hostile"](), RECORDS["hostile"]()
    named(getattr(one, "name"), FORMATS).render(record)  # noqa: B009
    assert record == untouched


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown report format `htlm`; did you mean `html`\?"):
        named("htlm", FORMATS)


def test_a_request_names_a_format_and_a_file() -> None:
    found, path = parse_request("html=out/report.html", FORMATS)
    assert (found.name, path) == ("html", Path("out/report.html"))


def test_a_file_name_may_hold_an_equals_sign() -> None:
    assert parse_request("json=a=b.json", FORMATS)[1] == Path("a=b.json")


def test_a_dash_means_standard_output() -> None:
    assert parse_request("github=-", FORMATS)[1] == STDOUT


@pytest.mark.parametrize("text", ["html", "html=", "html= "])
def test_a_request_without_a_file_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(BadOption, match="names no file") as caught:
        parse_request(text, FORMATS)
    assert caught.value.hint == "write html=report.html"


@pytest.mark.parametrize("text", ["=x", "", "pdf=x"])
def test_a_request_for_an_unknown_format_lists_the_formats(text: str) -> None:
    with pytest.raises(UnknownName, match="unknown report format"):
        parse_request(text, FORMATS)


@pytest.mark.parametrize("file", ["-", "same.txt"])
def test_two_reports_cannot_go_to_one_place(file: str) -> None:
    with pytest.raises(BadOption, match="the reports `json` and `junit` would both be written to"):
        parse_requests([f"json={file}", f"junit={file}"], FORMATS)


def test_several_reports_keep_their_order() -> None:
    assert [one.name for one, _ in parse_requests(["junit=a", "html=b", "json=-"], FORMATS)] == [
        "junit",
        "html",
        "json",
    ]


def test_the_documentation_lists_every_format() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert rows == [one.name for one in FORMATS]
