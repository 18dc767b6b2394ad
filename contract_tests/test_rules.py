"""Every rule of the catalogue, case by case. The rules are in `mock_alohub.check.rules`; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable


def test_rule(alohub_rule: Callable[[], None]) -> None:
    """The endpoint keeps the rule: a broken MUST fails, a broken SHOULD is listed at the end of the run."""
    alohub_rule()
