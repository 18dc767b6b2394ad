"""How far a check is: one line that is written over on a terminal, a line per family in the log of a build."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Final

from mock_alohub.check.run import Progress
from mock_alohub.cli.live_line import LiveLine

_EVERY_S: Final = 0.05
"""A line is written over this often at most: more is not seen, and costs the check time."""
_WORDS: Final = {"pass": "kept", "fail": "broken", "skip": "skipped", "crash": "crashed"}


class ProgressLine(LiveLine):
    """Tells on standard error about a check of the rules `rules` (ids); call it with every `Progress`."""

    def __init__(self, rules: Iterable[str]) -> None:
        super().__init__()
        self._left = Counter(_family(rule) for rule in rules)
        self._outcomes: dict[str, Counter[str]] = {family: Counter() for family in self._left}
        self._written = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show `progress`."""
        family = _family(progress.rule)
        self._left[family] -= 1
        self._outcomes[family][progress.outcome] += 1
        if self.live:
            self._overwrite(progress)
        elif self._left[family] == 0:
            self._tell(family, progress)

    def _overwrite(self, progress: Progress) -> None:
        now = monotonic()
        if now - self._written < _EVERY_S and progress.done < progress.total:
            return
        self._written = now
        broken = sum(outcomes["fail"] for outcomes in self._outcomes.values())
        self.say(
            f"{progress.done}/{progress.total} rules, {progress.requests} requests"
            + (f", {broken} broken" if broken else "")
            + f"  {progress.rule}"
        )

    def _tell(self, family: str, progress: Progress) -> None:
        outcomes = self._outcomes[family]
        if set(outcomes) == {"skip"}:
            return
        run_counts = ", ".join(f"{outcomes[one]} {word}" for one, word in _WORDS.items() if outcomes[one])
        place = f"{progress.done}/{progress.total} rules, {progress.requests} requests"
        print(f"{family:<12} {run_counts}  ({place})", file=sys.stderr)


def _family(rule: str) -> str:
    return rule.partition(".")[0]
