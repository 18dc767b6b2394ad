"""A page of a terminal: what every printed summary shares, its width, its colours and its labels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mock_alohub.reports.visible import one_line

INDENT = "  "
LABEL = 9
"""Columns of a label, with the gap behind it."""


@dataclass(frozen=True, slots=True)
class Page:
    """How wide lines are, and whether they are coloured."""

    colour: bool
    width: int
    label: int = LABEL

    def paint(self, text: str, code: str) -> str:
        """`text` in the colour of an ANSI `code`, where there are colours."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def wrapped(self, text: str, indent: str, *, at_most: int = 4) -> list[str]:
        """`text` on lines of the page, each behind `indent`; what does not fit into `at_most` ends in an ellipsis."""
        lines = textwrap.wrap(
            one_line(text),
            max(self.width - len(indent), 20),
            max_lines=at_most,
            placeholder=" …",
            break_on_hyphens=False,
            drop_whitespace=True,
        )
        return [indent + line for line in lines]

    def labelled(self, label: str, text: str, *, at_most: int = 4, code: str = "2") -> list[str]:
        """`label`, then `text` in a column beside it."""
        lines = self.wrapped(text, INDENT + " " * self.label, at_most=at_most)
        if not lines:
            return []
        head = INDENT + self.paint(label, code) + " " * (self.label - len(label))
        return [head + lines[0][len(INDENT) + self.label :], *lines[1:]]


def text_of(blocks: Iterable[Sequence[str]]) -> str:
    """The lines of `blocks`, an empty line between two of them; blocks without a line are left out."""
    lines = [line for block in blocks if block for line in [*block, ""]]
    return "\n".join(_no_command(line) for line in lines[:-1]) + "\n"


def _no_command(line: str) -> str:
    """`line`, unable to command a GitHub runner, which obeys every line of a log that begins with two colons."""
    return line.replace("::", "\\x3a:", 1) if line.lstrip().startswith("::") else line
