"""docs/calls.md says what the code does."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from mock_alohub.calls import simulator
from mock_alohub.calls.call import ENDED_BY, Call
from mock_alohub.calls.distributions import HELD_PERCENT, HOTLINE_PERCENT, HOURS_PER_MILLE, SCENES, TALK_S, Scene
from mock_alohub.calls.distributions import TRANSACTION_PERCENT as WITH_TRANSACTION
from mock_alohub.calls.numbers import CARRIERS

PAGE = (Path(__file__).parents[1] / "docs" / "calls.md").read_text()
WORDS = " ".join(PAGE.split())


def rows(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called `heading`."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def scene_row(scene: Scene) -> list[str]:
    enders = Counter(scene.ended_by)
    ended_by = ", ".join(f"{party} {100 * times // enders.total()} %" for party, times in enders.items())
    return [scene.direction, scene.outcome, str(scene.per_mille), ended_by, f"{scene.reaches_agent} %"]


def test_the_page_tells_the_mix() -> None:
    assert rows("direction") == [scene_row(scene) for scene in SCENES]


def test_the_page_tells_who_can_end_a_call() -> None:
    assert rows("outcome") == [[outcome, ", ".join(parties)] for outcome, parties in ENDED_BY.items()]


def test_the_page_tells_the_carriers() -> None:
    assert rows("carrier") == [[name, f"{share} %", " ".join(own)] for name, (share, own) in CARRIERS.items()]


def test_the_page_tells_how_many_there_are() -> None:
    assert f"{simulator.CUSTOMERS:,} customers, {simulator.HOTLINES} hotlines" in WORDS
    assert f"and {simulator.AGENTS} agents" in WORDS
    assert f"{simulator.CALLS_PER_DAY:,} a day unless told otherwise" in WORDS


def test_the_page_tells_the_shares() -> None:
    assert [*HOTLINE_PERCENT.values(), *WITH_TRANSACTION.values()] == [60, 100, 70, 0]
    assert "of the outbound ones 60 %" in WORDS
    assert "Of the outbound calls 70 %" in WORDS


def test_the_page_tells_how_long_the_longest_talks_are() -> None:
    assert f"one call in twenty talks for {TALK_S[len(TALK_S) * 19 // 20]} s or more" in WORDS


def test_the_page_tells_the_time_on_hold() -> None:
    held = [percent for percent in HELD_PERCENT if percent]
    share = 100 * len(held) // len(HELD_PERCENT)
    assert f"{share} % of the answered calls, for {min(held)} to {max(held)} % of the talk" in WORDS


def test_the_page_tells_the_night() -> None:
    night = sum(HOURS_PER_MILLE[21:] + HOURS_PER_MILLE[:6])
    assert f"{round(night / 10)} % of the day between 21:00 and 06:00" in WORDS


def test_the_example_runs() -> None:
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)
    assert len(names["day"]) == 2_000
    assert isinstance(names["busy"], Call)
