"""What the benchmark of starts measures."""

from __future__ import annotations

import sys

import pytest

from benchmarks.startup import TARGETS_MS, processor_ms
from mock_alohub.cli import VERBS


def test_the_help_of_every_verb_is_measured() -> None:
    assert {words[0] for words in TARGETS_MS if words[-1] == "--help" and len(words) > 1} == set(VERBS)


def test_the_time_of_work_counts() -> None:
    assert processor_ms([sys.executable, "-c", "sum(range(3_000_000))"]) > processor_ms([sys.executable, "-c", "pass"])


def test_a_command_that_fails_is_not_measured() -> None:
    with pytest.raises(RuntimeError, match="ended with 3"):
        processor_ms([sys.executable, "-c", "raise SystemExit(3)"])
