"""The page that explains every rule, written from the catalogue: `python -m tests.rules_page` writes it again."""

from __future__ import annotations

from pathlib import Path

from mock_alohub.check.rule_page import in_markdown
from mock_alohub.check.rules import FAMILIES, RULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "rules.md"
_HEAD = """# The rules

What an endpoint is held to. MUST: the provider's documents demand it. SHOULD: real life does; a warning unless
`--strict`. *Assumed* marks a requirement, or a reading of one, that no document states. `mock-alohub rules explain ID`
says the same of one, with every case under `--format json`. This page is written from the catalogue (`make docs`).

How to read a verdict: one fault reads as one fault. A call counts as *taken* when the answer is 2xx or 3xx; that only
200 acknowledges it is a rule of its own, and so is the deadline. A rule that builds on another is skipped where that
one is broken. What fails once and is acknowledged when sent again is `ack.steady`'s finding.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_family(family) for family in FAMILIES)])


def _family(family: str) -> str:
    return "\n".join([f"## {family}\n", *(in_markdown(rule) for rule in RULES if rule.family == family)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
