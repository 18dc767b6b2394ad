"""What holds for all tests: no time limit on examples, processes as they are elsewhere, and no unknown skip in CI."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from tests.skip_guard import ALLOWED, SkipGuard, read

# On a machine that is shared, an example takes the time it is given; the limit of the whole test stays.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


def pytest_configure(config: pytest.Config) -> None:
    # What a process says at once only because of whoever runs the tests, it would say too late elsewhere.
    os.environ.pop("PYTHONUNBUFFERED", None)
    # A shell without job control has what it starts in the background ignore Ctrl-C, and all that this one starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        config.pluginmanager.register(SkipGuard(read(ALLOWED.read_text().splitlines())), "skip-guard")
