"""How far a check is: one line that is written over on a terminal, a line per family in the log of a build."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from time import monotonic
from types import TracebackType
from typing import Final, Self

from mock_alohub.cli import terminal
from mock_alohub.run import Progress

_EVERY_S: Final = 0.05
"""A line is written over this often at most: more is not seen, and costs the check time."""
_WORDS: Final = {"pass": "kept", "fail": "broken", "skip": "skipped", "crash": "crashed"}


class ProgressLine:
    """Tells on standard error about a check of the rules `rules` (ids); call it with every `Progress`."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._live = terminal.live(sys.stderr)
        self._left = Counter(_family(rule) for rule in rules)
        self._outcomes: dict[str, Counter[str]] = {family: Counter() for family in self._left}
        self._written = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.say("")

    def __call__(self, progress: Progress) -> None:
        """Show `progress`."""
        family = _family(progress.rule)
        self._left[family] -= 1
        self._outcomes[family][progress.outcome] += 1
        if self._live:
            self._overwrite(progress)
        elif self._left[family] == 0:
            self._tell(family, progress)

    def say(self, text: str) -> None:
        """Write `text` over the line, where it can be written over; an empty one clears it."""
        if self._live:
            sys.stderr.write(f"\r\x1b[K{text[: terminal.width() - 1]}")
            sys.stderr.flush()

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
        tally = ", ".join(f"{outcomes[one]} {word}" for one, word in _WORDS.items() if outcomes[one])
        place = f"{progress.done}/{progress.total} rules, {progress.requests} requests"
        print(f"{family:<12} {tally}  ({place})", file=sys.stderr)


def _family(rule: str) -> str:
    return rule.partition(".")[0]
