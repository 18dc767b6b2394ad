"""What `docs/delivery.md` says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mock_alohub.delivery.dispatcher import Limits
from mock_alohub.delivery.engine import _RETIRED_AT_ONCE
from mock_alohub.delivery.outbox.rows import EXCERPT_CAP
from mock_alohub.delivery.outbox.writer import GATHER_S
from mock_alohub.delivery.retention import Retention
from mock_alohub.delivery.state import StateName
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.specification import Specification
from tests.delivery.test_crash import KILLS
from tests.fakes import CALL_ENDED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
PROSE = " ".join(PAGE.split())


def test_the_page_has_every_state() -> None:
    table = PAGE.partition("## The states")[2].partition("## What happens")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(StateName)


@pytest.mark.parametrize(
    "words",
    [
        f"its own places for attempts ({Limits().attempts_per_endpoint})",
        f"beyond the newest {Retention().keep:,} and after {Retention().days:g} days, {_RETIRED_AT_ONCE} at a time",
        f"At most {Limits().held_in_all:,} deliveries lie in memory, {Limits().held:,} per endpoint",
        f"the first {EXCERPT_CAP:,} bytes of its body",
        f"under traffic {KILLS} times",
    ],
)
def test_the_page_has_the_limits_as_they_are(words: str) -> None:
    assert words in PROSE


def test_the_page_has_alohub_s_policy_as_it_is() -> None:
    policy = policy_of(Specification.load().webhook(CALL_ENDED))
    assert (policy.deadline_s, policy.acknowledged_by, len(policy.retries_s)) == (5.0, frozenset({200}), 3)
    assert "for Alohub 5 seconds, exactly 200, and three retries with growing waits" in PROSE


def test_writes_are_gathered_as_long_as_the_page_says() -> None:
    assert GATHER_S == 0.001
    assert "whatever comes within a millisecond" in PROSE


def test_the_modules_of_the_page_exist() -> None:
    table = PAGE.partition("## How it is made")[2]
    named = re.findall(r"`((?:delivery/)?\w+(?:\.py|/))`", table)
    assert len(named) >= 8
    for name in named:
        path = ROOT / "mock_alohub" / "delivery" / name.removeprefix("delivery/")
        assert path.exists(), name
