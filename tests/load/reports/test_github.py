from __future__ import annotations

import pytest

from mock_alohub.load.reports.github import render
from tests.load.records import RECORDS, breaking, hostile


def test_each_broken_limit_is_an_error_and_the_verdict_comes_last() -> None:
    lines = render(breaking()).splitlines()
    assert [line.split("::")[1] for line in lines] == [
        "error title=load%3A late",
        "error title=load%3A refused",
        "error title=load%3A lost",
        "error title=load%3A p99 latency",
        "notice title=mock-alohub%3A Does not hold 200 calls/s",
    ]


@pytest.mark.parametrize(
    ("name", "level"),
    [("pass", "notice"), ("bottleneck", "error"), ("unreachable", "error"), ("interrupted", "error")],
)
def test_a_run_without_a_verdict_is_one_error(name: str, level: str) -> None:
    lines = render(RECORDS[name]()).splitlines()
    assert [line.split()[0] for line in lines] == [f"::{level}"]


def test_nothing_from_elsewhere_begins_a_command() -> None:
    assert all(line.startswith(("::error title=", "::notice title=")) for line in render(hostile()).splitlines())
