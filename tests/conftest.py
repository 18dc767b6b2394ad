"""What holds for all tests: no time limit on examples, and no unknown skip in CI."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.skip_guard import ALLOWED, SkipGuard, read

# On a machine that is shared, an example takes the time it is given; the limit of the whole test stays.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        config.pluginmanager.register(SkipGuard(read(ALLOWED.read_text().splitlines())), "skip-guard")
