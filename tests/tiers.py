"""Which cases of a test belong to `make test`, and which to `make test-exhaustive` alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import pytest

Value = TypeVar("Value")


def cases(named: Iterable[tuple[str, Value]], quick: Collection[str]) -> list[object]:
    """Parameters of a test, a case for each name: those in `quick` are tried every time. Fails where one is unknown."""
    pairs = list(named)
    unknown = set(quick) - {name for name, _ in pairs}
    assert not unknown, f"no case is named so: {', '.join(sorted(unknown))}"
    return [
        pytest.param(value, id=name, marks=() if name in quick else pytest.mark.exhaustive) for name, value in pairs
    ]
