from __future__ import annotations

import io

import pytest

from mock_alohub.cli import terminal
from tests.cli.test_progress import Screen


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.parametrize(
    ("variables", "on_screen", "in_file"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colours_go_where_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], on_screen: bool, in_file: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (terminal.colour(Screen()), terminal.colour(io.StringIO())) == (on_screen, in_file)


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"TERM": "dumb"}])
def test_nothing_is_written_over_in_a_log(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert not terminal.live(Screen())


def test_a_terminal_somebody_looks_at_is_live() -> None:
    assert terminal.live(Screen())


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("300", terminal.WIDEST)])
def test_the_width_is_that_of_the_terminal_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.width() == width
