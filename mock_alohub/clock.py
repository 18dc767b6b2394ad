"""What time it is and what happens when: the one clock of everything that waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Alarm(Protocol):
    """Something that will happen; `cancel` calls it off."""

    def cancel(self) -> None:
        """Let it not happen."""
        ...


class Timekeeper(Protocol):
    """Tells the time, in Unix seconds, and rings when it has come."""

    def now(self) -> float:
        """The present moment."""
        ...

    def call_at(self, at: float, ring: Callable[[], object]) -> Alarm:
        """Call `ring` in the running event loop at the moment `at`, or at once when that has passed."""
        ...


class WallTime:
    """The time of this machine; a `Timekeeper`."""

    def now(self) -> float:
        """The present moment."""
        return time.time()

    def call_at(self, at: float, ring: Callable[[], object]) -> Alarm:
        """Call `ring` in the running event loop at the moment `at`."""
        return asyncio.get_running_loop().call_later(max(0.0, at - time.time()), ring)
