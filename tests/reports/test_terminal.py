from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.reports.terminal import render
from tests.reports.records import RECORDS, crashed, failing, finding, hostile, interrupted, passing, unreachable

SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_passing_check_fits_one_screen() -> None:
    lines = render(passing()).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("pass", "PASS  "),
        ("fail", "FAIL  "),
        ("unreachable", "UNREACHABLE  Nothing listens at"),
        ("interrupted", "INTERRUPTED  "),
        ("crash", "UNDECIDED  "),
    ],
)
def test_the_verdict_is_the_first_word(name: str, word: str) -> None:
    assert render(RECORDS[name]()).startswith(word)


def test_the_verdict_is_repeated_below_the_findings() -> None:
    assert render(failing()).splitlines()[-1] == "FAIL  46 rules: 36 kept, 3 broken, 2 warnings, 5 skipped"


@pytest.mark.parametrize("width", [20, 60, 80, 132])
def test_lines_keep_to_the_width_save_commands_to_copy(width: int) -> None:
    text = render(failing(), width=width)
    too_long = [line for line in text.splitlines() if len(line) > max(width, 40)]
    commands = failing()["rules"][1]["findings"][0]["reproduce"].splitlines()
    # The families' lines are as wide as the largest family, which a narrow terminal has to wrap.
    rest = [line for line in too_long if not any(command in line for command in commands)]
    assert [line for line in rest if not re.match(r" {2}\w+ +[✓✗!?-]+ ", line) and "|" not in line] == []


def test_a_command_stands_on_lines_of_its_own_uncut() -> None:
    for command in failing()["rules"][1]["findings"][0]["reproduce"].splitlines():
        assert any(line.endswith(command) for line in render(failing(), width=50).splitlines())


def test_colour_changes_nothing_but_colour() -> None:
    assert SGR.sub("", render(failing(), colour=True)) == render(failing())


def test_colour_is_there_when_asked_for() -> None:
    assert render(failing(), colour=True).startswith("\x1b[1;31mFAIL\x1b[0m")


def test_a_finding_says_what_was_sent_got_wanted_and_how_to_fix_it() -> None:
    text = render(failing())
    assert re.search(r"sent +POST https://crm\.example\.vn/hooks/alohub, 415 bytes", text)
    assert re.search(r"got +HTTP 204\n +wanted +HTTP 200\n +fix +answer 200 itself", text)


def test_findings_beyond_the_first_are_told_in_short() -> None:
    assert "▸ inbound busy, ended by customer (alohub.call-ended): got HTTP 500" in render(failing())


def test_findings_that_are_left_out_are_counted() -> None:
    assert "… 2 more findings: --report html=report.html shows all" in render(failing())


def test_assumed_sources_are_marked() -> None:
    assert "source   Webhook practice: What receivers meet (assumed)" in render(failing())


def test_a_late_answer_is_named_late() -> None:
    assert "slowest LATE, 122 % of 5 s" in render(failing())


def test_latency_is_left_out_when_there_is_none() -> None:
    assert "latency" not in render(unreachable())


def test_a_crash_is_no_word_about_the_endpoint() -> None:
    assert "says nothing about the endpoint: KeyError" in " ".join(render(crashed(), width=200).split())


def test_what_was_not_reached_before_the_interruption_is_skipped() -> None:
    assert "39: the check was interrupted before" in render(interrupted())


def controls(text: str) -> set[str]:
    return {one for one in text if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} and one not in "\n\t"} | {
        one for one in text if unicodedata.bidirectional(one) in {"LRO", "RLO", "LRE", "RLE", "PDF", "RLI", "LRI"}
    }


def obeyed(text: str) -> list[str]:
    """Lines that a GitHub runner would take for a command."""
    return [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_nothing_a_hostile_endpoint_says_steers_the_terminal() -> None:
    assert controls(render(hostile())) == set()


def test_colour_is_all_that_steers_the_terminal() -> None:
    assert controls(SGR.sub("", render(hostile(), colour=True))) == set()


@pytest.mark.parametrize("width", range(40, 120, 7))
def test_nothing_a_hostile_endpoint_says_commands_a_runner(width: int) -> None:
    assert obeyed(render(hostile(), width=width)) == []


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(":#[\x1b\n \r\u202e"))))
def test_no_text_at_all_steers_the_terminal_or_a_runner(text: str) -> None:
    record = passing()
    rule = record["rules"][0]
    rule["outcome"], rule["findings"] = "fail", [finding(text, text, text, text, body=text, detail=text)]
    rule["findings"][0]["reproduce"] = text
    record["reason"] = record["target"]["url"] = text
    shown = render(record)
    assert controls(shown) == set()
    assert obeyed(shown) == []
