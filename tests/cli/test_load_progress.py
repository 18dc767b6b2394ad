"""How a load run says how it stands."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest

from mock_alohub.cli.load_progress import LoadLine, line
from mock_alohub.load.result import Progress

RUNNING = Progress("running", step=1, at_s=12.4, of_s=60, rate=200, scheduled=2_480, acknowledged=2_400, p99_ms=84.2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error as a terminal. No fixture: the test has a standard error of its own."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)
    return stream


def test_a_line_says_what_is_left_and_what_came_of_the_calls() -> None:
    assert line(RUNNING) == "48 s left  2,480 offered  2,400 acknowledged  0 late  p99 84.2 ms"


def test_what_goes_wrong_is_said_where_it_does() -> None:
    said = line(replace(RUNNING, refused=3, failed=1, retried=4, unsent=2, p99_ms=4_812.0))
    assert said.endswith("0 late  3 refused  1 failed  4 retries  2 not sent  p99 4.81 s")


def test_after_the_last_departure_the_rest_is_waited_for() -> None:
    assert line(replace(RUNNING, phase="draining")).startswith(
        "waiting for the last answers and retries  2,480 offered"
    )


def test_workers_are_waited_for_by_number() -> None:
    assert line(Progress("waiting", workers=1)) == "waiting for workers, 1 here"
    assert line(Progress("waiting")) == "starting"


def test_a_search_says_which_rate_it_tries() -> None:
    assert line(RUNNING, search=True).startswith("trying 200/s  48 s left")


def test_on_a_terminal_one_line_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    with LoadLine() as told:
        told(RUNNING)
        told(replace(RUNNING, at_s=13.4))
    assert terminal.getvalue().count("\n") == 0
    assert terminal.getvalue().count("\r\x1b[K") == 3
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_between_two_steps_of_a_search_the_endpoint_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    told = LoadLine(search=True)
    told(Progress("waiting", workers=1))
    told(RUNNING)
    told(Progress("waiting", workers=1))
    assert terminal.getvalue().endswith("letting the endpoint rest")


def test_news_stay_on_a_line_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    LoadLine()(replace(RUNNING, word="worker one was lost"))
    assert "worker one was lost\n" in terminal.getvalue()


def test_a_log_gets_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    told = LoadLine()
    for at_s in range(10):
        told(replace(RUNNING, at_s=at_s, scheduled=200 * at_s))
    assert capsys.readouterr().err.splitlines() == [line(replace(RUNNING, at_s=1, scheduled=200))]


def test_a_log_gets_one_line_for_each_step_of_a_search(capsys: pytest.CaptureFixture[str]) -> None:
    told = LoadLine(search=True)
    for step in (1, 2):
        told(Progress("waiting", workers=1))
        told(replace(RUNNING, step=step, rate=100 * step))
        told(replace(RUNNING, step=step, rate=100 * step, at_s=30))
        told(replace(RUNNING, step=step, rate=100 * step, phase="draining"))
    said = capsys.readouterr().err.splitlines()
    assert [one.partition("  ")[0] for one in said] == ["trying 100/s", "trying 200/s"]
