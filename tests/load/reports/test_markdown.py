from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports.markdown import render
from tests.load.records import RECORDS, breaking, capacity, hostile


def parsed(record: LoadRecord) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(render(record)))


@pytest.mark.parametrize("name", RECORDS)
def test_it_has_room_in_a_comment(name: str) -> None:
    assert len(render(RECORDS[name]())) < 60_000


def test_the_verdict_is_the_headline() -> None:
    assert "<h2>❌ Does not hold 200 calls/s</h2>" in parsed(breaking())


def test_a_broken_limit_is_a_row_with_what_is_allowed() -> None:
    assert "| p99 latency | 2 s | 5 s | ❌ broken |" in render(breaking())


def test_limits_are_not_judged_where_the_generator_was_the_bottleneck() -> None:
    assert render(RECORDS["bottleneck"]()).count("not judged") == 4


def test_a_search_is_a_table_of_its_steps() -> None:
    assert render(capacity()).count("✅ held") == 7


def test_a_hostile_endpoint_adds_neither_markup_nor_rows() -> None:
    text = parsed(hostile())
    assert "<script>" not in text
    assert "<h1>" not in text
    assert "<img" not in text
    assert "<a " not in text
    record = hostile()
    rows = 5 + 2 + len(record["webhooks"]) + len(record["causes"])
    assert text.count("<tr>") == rows + 3
