from __future__ import annotations

import io
import sys

import pytest

from mock_alohub.check.run import Progress
from mock_alohub.cli.progress import ProgressLine

RULES = ["ack.one", "ack.two", "auth.one"]


class Screen(io.StringIO):
    """A terminal somebody looks at."""

    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, *outcomes: str) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with ProgressLine(RULES) as line:
        for done, (rule, outcome) in enumerate(zip(RULES, outcomes, strict=False), 1):
            line(Progress(rule, outcome, done, len(RULES), done * 10))
    return stream.getvalue()


def test_a_family_is_told_when_its_last_rule_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(io.StringIO(), monkeypatch, "pass", "fail")
    assert text == "ack          1 kept, 1 broken  (2/3 rules, 20 requests)\n"


def test_a_family_that_is_not_over_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(io.StringIO(), monkeypatch, "pass") == ""


def test_a_family_that_could_not_be_tried_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(io.StringIO(), monkeypatch, "skip", "skip") == ""


def test_a_terminal_has_one_line_that_is_cleared_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(Screen(), monkeypatch, "pass", "fail", "pass")
    assert "\n" not in text
    assert "\r\x1b[K3/3 rules, 30 requests, 1 broken  auth.one" in text
    assert text.endswith("\r\x1b[K")


def test_a_line_is_not_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    text = told(Screen(), monkeypatch, "pass", "fail", "pass")
    assert max(len(part) for part in text.split("\r\x1b[K")) < 20
