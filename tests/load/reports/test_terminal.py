from __future__ import annotations

import re

import pytest

from mock_alohub.load.reports.terminal import render
from tests.load.records import RECORDS, breaking, capacity, holding, hour, unreachable
from tests.reports.test_terminal import SGR


@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_every_run_fits_one_screen(name: str) -> None:
    lines = render(RECORDS[name](), width=100).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pass", "HOLDS  200 calls/s for 10 s: every call acknowledged, p99 58 ms\n"),
        ("fail", "FAIL  late: 0.93 % of 12,011 calls had no 200 within 5 s (allowed: none); "),
        ("bottleneck", "INCONCLUSIVE  this machine could not offer 3,000 calls/s: 3.9 % of "),
        ("unreachable", "UNREACHABLE  no connection could be made: "),
        ("interrupted", "INTERRUPTED  interrupted after 12.1 s of 60 s; "),
        ("capacity", "HOLDS  180 calls/s, breaks at 190 ("),
    ],
)
def test_the_verdict_is_the_first_word_and_the_reason_follows(name: str, words: str) -> None:
    assert render(RECORDS[name](), width=200).startswith(words)


@pytest.mark.parametrize("width", [20, 60, 80, 132])
@pytest.mark.parametrize("name", [name for name in RECORDS if name != "hostile"])
def test_lines_keep_to_the_width(name: str, width: int) -> None:
    lines = render(RECORDS[name](), width=width).splitlines()
    words = re.compile(r"\S{20,}|[✓✗] {2,}")  # a URL is not broken, nor the line of a step
    assert [line for line in lines if len(line) > max(width, 40) and not words.search(line)] == []


def test_colour_changes_nothing_but_colour() -> None:
    assert SGR.sub("", render(breaking(), colour=True)) == render(breaking())
    assert render(breaking(), colour=True).startswith("\x1b[1;31mFAIL\x1b[0m")


def test_a_broken_limit_says_what_is_allowed() -> None:
    text = render(breaking(), width=120)
    assert "✗ p99 5 s (allowed: 2 s)" in text
    assert "✓ failed 0 %" in text


def test_what_was_not_judged_shows_no_limits() -> None:
    assert "limits" not in render(unreachable())


def test_the_line_of_latency_over_time_has_a_bar_per_second() -> None:
    bars = re.search(r"[▁▂▃▄▅▆▇█]+", render(holding()))
    assert bars is not None
    assert len(bars[0]) == 10


def test_a_bar_at_the_deadline_is_full_and_the_others_are_lower() -> None:
    record = holding()
    for cell in record["timeline"]:
        cell["max_ms"] = 20.0
    record["timeline"][4]["max_ms"] = 5000.0
    assert "▁▁▁▁█▁▁▁▁▁" in render(record)


def test_an_hour_fits_the_line() -> None:
    assert "slowest, 1 h; █ is 5 s" in render(hour())


def test_without_answers_there_is_no_line_of_latency() -> None:
    assert "latency" not in render(unreachable())


def test_a_search_lists_its_last_steps() -> None:
    record = capacity()
    assert record["capacity"] is not None
    assert len(re.findall(r"[✓✗] +\d+/s  p99 ", render(record))) == 9
    record["capacity"]["steps"] *= 3
    assert len(re.findall(r"[✓✗] +\d+/s  p99 ", render(record))) == 12


def test_many_causes_are_cut() -> None:
    record = breaking()
    record["causes"] = [{"cause": f"status {500 + at}", "count": 1} for at in range(9)]
    text = render(record)
    assert "status 504" in text
    assert "status 505" not in text
    assert "… 4 more causes in the other reports" in text
