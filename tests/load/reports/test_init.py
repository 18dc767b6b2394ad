from __future__ import annotations

import re
from pathlib import Path

import pytest

from mock_alohub import reports
from mock_alohub.load import reason
from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import FORMATS
from mock_alohub.reports import named
from mock_alohub.reports.record import Format
from tests.load.records import RECORDS
from tests.load.reports.golden import FOLDER, cases

each_format = pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.name)


@pytest.mark.parametrize(("record", "name", "path"), [(record, one.name, path) for record, one, path in cases()])
def test_a_report_looks_as_it_was_reviewed(record: str, name: str, path: Path) -> None:
    assert named(name, FORMATS).render(RECORDS[record]()) == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == {path for _, _, path in cases()}


def test_a_load_run_has_the_formats_of_a_check_under_the_same_names() -> None:
    ours = [(one.name, one.suffix) for one in FORMATS]
    assert ours == [(one.name, one.suffix) for one in reports.FORMATS]


@each_format
@pytest.mark.parametrize("name", RECORDS)
def test_rendering_leaves_the_record_as_it_is(one: Format[LoadRecord], name: str) -> None:
    record = RECORDS[name]()
    one.render(record)
    assert record == RECORDS[name]()


def documentation() -> str:
    pages = sorted((Path(__file__).parents[3] / "docs").glob("load*.md"))
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


@each_format
def test_the_documentation_speaks_of_every_format(one: Format[LoadRecord]) -> None:
    assert f"\n| `{one.name}` | " in documentation()


def test_the_documentation_names_keys_that_the_record_has() -> None:
    table = documentation().partition("\n### load.json\n")[2].partition("\n```sh\n")[0]
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    named_keys = {name for row in rows for name in row.strip("| ").replace("`", "").split(", ")}
    assert len(named_keys) >= 12
    assert named_keys <= set(LoadRecord.__annotations__)


@each_format
def test_the_reason_stands_in_every_report(one: Format[LoadRecord]) -> None:
    text = " ".join(one.render(RECORDS["pass"]()).split())
    assert "200 calls/s for 10 s: every call acknowledged, p99 58 ms" in text


@pytest.mark.parametrize("form", [one.name for one in FORMATS if one.name != "github"])
@pytest.mark.parametrize("name", ["pass", "capacity"])
def test_the_title_of_a_document_is_the_provider_and_rates_are_those_of_messages(name: str, form: str) -> None:
    record = RECORDS[name]()
    record["target"] |= {"provider": "Shop <1>", "webhooks": ["order.created"]}
    if record["capacity"] is not None:
        record["capacity"]["agents"] = None
    record["reason"], record["notes"] = reason.REASONS[record["verdict"]](record, "message"), []
    text = named(form, FORMATS).render(record)
    assert re.search(r"Shop (<1>|&lt;1&gt;|\\<1\\>)", text)
    assert re.findall(r"calls/s|a call was|[0-9] agents", text) == []
