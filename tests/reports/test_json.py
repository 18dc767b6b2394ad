from __future__ import annotations

from typing import get_type_hints

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.reports.json import render
from mock_alohub.reports.record import FindingRecord, Record, RuleRecord
from mock_alohub.reports.visible import UNSEEN
from tests.reports.records import RECORDS, failing, hostile, passing


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_the_text_is_the_record(name: str) -> None:
    assert orjson.loads(render(RECORDS[name]())) == orjson.loads(orjson.dumps(RECORDS[name]()))


def test_keys_stand_in_the_order_of_the_interface() -> None:
    record = orjson.loads(render(failing()))
    assert list(record) == [key for key in get_type_hints(Record) if key in record]
    assert list(record["rules"][0]) == list(get_type_hints(RuleRecord))
    assert list(record["rules"][0]["findings"][0]) == list(get_type_hints(FindingRecord))


def test_the_order_does_not_depend_on_that_of_the_record() -> None:
    backwards = Record(**dict(reversed(list(failing().items()))))  # type: ignore[typeddict-item]
    assert render(backwards) == render(failing())


def test_unknown_keys_are_kept_behind_the_known_ones() -> None:
    record = passing()
    extended = Record(**{"zeta": 1, "alpha": {"b": 1}, **record})  # type: ignore[typeddict-unknown-key]
    assert list(orjson.loads(render(extended)))[-2:] == ["alpha", "zeta"]


def test_vietnamese_stays_readable() -> None:
    assert "Nguyễn Thị Hồng" in render(failing())


def test_a_file_shown_as_it_is_steers_no_terminal() -> None:
    assert UNSEEN.findall(render(hostile())) == []


@given(st.text())
def test_any_text_comes_back_as_it_was(text: str) -> None:
    record = passing()
    record["reason"] = text
    assert orjson.loads(render(record))["reason"] == text


def test_lone_surrogates_are_written_out() -> None:
    record = passing()
    record["reason"] = "\udcff"
    assert orjson.loads(render(record))["reason"] == r"\udcff"
