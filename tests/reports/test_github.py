from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.reports.github import command, render
from mock_alohub.reports.record import Record
from tests.reports.records import crashed, failing, finding, hostile, interrupted, passing, unreachable

COMMAND = re.compile(r"::(error|warning|notice) title=([^,:]*)::(.*)")


def commands(record: Record) -> list[tuple[str, str, str]]:
    """Level, title and text of every line, read as a runner reads them."""
    found = [COMMAND.fullmatch(line) for line in render(record).split("\n")[:-1]]
    assert all(found), "every line is one whole command"
    return [(one[1], unescaped(one[2]), unescaped(one[3])) for one in found if one]


def unescaped(text: str) -> str:
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def test_a_broken_must_is_an_error_and_a_broken_should_a_warning() -> None:
    assert [(level, title) for level, title, _ in commands(failing())][:5] == [
        ("error", "ack.every-outcome (MUST)"),
        ("error", "ack.exactly-200 (MUST)"),
        ("error", "deadline.burst (MUST)"),
        ("warning", "compat.unknown-status (SHOULD)"),
        ("warning", "robust.malformed-json (SHOULD)"),
    ]


def test_the_verdict_comes_last() -> None:
    level, title, text = commands(failing())[-1]
    assert (level, title) == ("notice", "mock-alohub: The contract is broken")
    assert "46 rules: 36 kept, 3 broken" in text


def test_a_passing_check_is_one_notice() -> None:
    assert [level for level, _, _ in commands(passing())] == ["notice"]


@pytest.mark.parametrize(
    "record", [unreachable(), interrupted(), crashed()], ids=["unreachable", "interrupted", "crash"]
)
def test_a_run_without_a_verdict_is_an_error(record: Record) -> None:
    assert commands(record)[-1][0] == "error"


def test_a_crash_is_a_warning() -> None:
    assert commands(crashed())[0][:2] == ("warning", "order.interleaved crashed")


def test_one_rule_is_one_annotation_with_the_number_of_its_other_findings() -> None:
    assert "(5 more findings of this rule in the other reports)" in commands(failing())[0][2]


def test_titles_and_texts_are_escaped_as_the_runner_reads_them() -> None:
    assert command("error", "a:b,c%\n", "50%\r\n:,") == "::error title=a%3Ab%2Cc%25%0A::50%25%0D%0A:,"


def test_a_hostile_endpoint_adds_no_command() -> None:
    assert [title for _, title, _ in commands(hostile())] == [
        "ack.exactly-200 (MUST)",
        "http.no-leak (SHOULD)",
        "http.https crashed",
        "mock-alohub: The contract is broken",
    ]


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("%:,\r\n\u2028\x85"))))
def test_no_text_ends_a_command_or_starts_another(text: str) -> None:
    record = passing()
    rule = record["rules"][0]
    rule["outcome"], rule["findings"], rule["id"] = "fail", [finding(text, text, text, text)], text
    assert len(commands(record)) == 2
    assert len(render(record).splitlines()) == 2
