"""How far a load run is: one line that is written over on a terminal, a line now and then in the log of a build."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Final

from mock_alohub.cli.live_line import LiveLine
from mock_alohub.load.result import Progress

_LINES: Final = 6
"""So many lines a leg gets in a log."""
_OFTEN_S: Final = 5.0


class LoadLine(LiveLine):
    """Tells on standard error about a run; call it with every `Progress`. `search`: one of many legs."""

    def __init__(self, *, search: bool = False) -> None:
        super().__init__()
        self._search = search
        self._begun = False
        self._told: tuple[str, int] = ("", 0)
        self._told_at = monotonic()

    def __call__(self, progress: Progress) -> None:
        """Show `progress`."""
        if progress.word:
            self.say("")
            print(progress.word, file=sys.stderr, flush=True)
        waits = progress.phase == "waiting"
        self._begun = self._begun or not waits
        if self.live:
            self.say("letting the endpoint rest" if self._begun and waits else line(progress, search=self._search))
        elif self._due(progress):
            print(line(progress, search=self._search), file=sys.stderr, flush=True)

    def _due(self, progress: Progress) -> bool:
        """In a log: at the begin of each phase and a few times in a leg; of each leg of a search once."""
        running = progress.phase == "running"
        if (running and not progress.scheduled) or (self._search and not running):
            return False
        now, stands = monotonic(), (progress.phase, progress.step)
        every_s = progress.of_s if self._search else progress.of_s / _LINES
        if stands == self._told and now - self._told_at < max(_OFTEN_S, every_s):
            return False
        self._told, self._told_at = stands, now
        return True


def line(progress: Progress, *, search: bool = False) -> str:
    """`progress` in one line: what is left, what was offered, what came of it."""
    if progress.phase == "waiting":
        return f"waiting for workers, {progress.workers} here" if progress.workers else "starting"
    left_s = max(progress.of_s - progress.at_s, 0.0)
    parts = [
        f"trying {progress.rate:,.10g}/s" if search else "",
        f"{left_s:.0f} s left" if progress.phase == "running" else "waiting for the last answers and retries",
        f"{progress.scheduled:,} offered",
        f"{progress.acknowledged:,} acknowledged",
        f"{progress.late:,} late",
        f"{progress.refused:,} refused" if progress.refused else "",
        f"{progress.failed:,} failed" if progress.failed else "",
        f"{progress.retried:,} retries" if progress.retried else "",
        f"{progress.unsent:,} not sent" if progress.unsent else "",
        f"p99 {_time(progress.p99_ms)}" if progress.p99_ms is not None else "",
    ]
    return "  ".join(part for part in parts if part)


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1_000:.2f} s" if milliseconds >= 1_000 else f"{milliseconds:.3g} ms"
