"""How often someone may ask: one request in so many seconds, each counted from the last one that was let through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class Pace:
    """When each was let through last."""

    _last: dict[str, float] = field(default_factory=dict)

    def wait_s(self, who: str, every_s: float, now: float) -> float:
        """Let `who` through at `now` (Unix seconds) unless that was less than `every_s` ago: then the seconds to wait.

        0 means it is let through. Who is turned away need not wait any longer for having asked.
        """
        last = self._last.get(who)
        if last is not None and last <= now < last + every_s:
            return last + every_s - now
        if len(self._last) >= _REMEMBERED:
            self._last.clear()
        self._last[who] = now
        return 0.0
