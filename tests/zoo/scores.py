"""How good the checker is: what it finds in broken endpoints, and what in correct ones, in which there is nothing.

`python -m tests.zoo.scores` checks the whole zoo and writes `docs/zoo.md`; names (or parts of them) behind it check
those members alone and write nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from mock_alohub.check.rules import RULES
from tests.zoo.broken import BROKEN
from tests.zoo.check import broken_rules, checked, crashed_rules, findings
from tests.zoo.correct import CORRECT
from tests.zoo.member import Member

_PAGE: Final = Path(__file__).parents[2] / "docs" / "zoo.md"
_WORKERS: Final = 2
_MEMBERS: Final = (*CORRECT, *BROKEN)


@dataclass(frozen=True, slots=True)
class Score:
    """What came of the check of one member."""

    member: str
    verdict: str
    found: frozenset[str]
    details: tuple[str, ...]


def score(number: int) -> Score:
    """The score of member `number` of the zoo."""
    member = _MEMBERS[number]
    record = checked(member)
    crashes = tuple(f"{rule} crashed: {reason}" for rule, reason in crashed_rules(record).items())
    return Score(member.name, record["verdict"], frozenset(broken_rules(record)), (*crashes, *findings(record)))


def is_right(member: Member, one: Score) -> bool:
    """Whether exactly what is wrong with `member` was found."""
    unexpected = one.found - member.breaks - member.tolerated.keys()
    return one.verdict == member.verdict and member.breaks <= one.found and not unexpected


def page(scores: Sequence[Score]) -> str:
    """The scores as `docs/zoo.md` shows them."""
    by_name = {one.member: one for one in scores}
    detected = [member for member in BROKEN if member.breaks <= by_name[member.name].found]
    exact = [member for member in BROKEN if is_right(member, by_name[member.name])]
    alarmed = [member for member in CORRECT if not is_right(member, by_name[member.name])]
    lines = [
        "# The zoo: checking the checker",
        "",
        "`tests/zoo` holds small endpoints, real servers on loopback. Some keep the contract in one of the many ways",
        "in which that can be done; each of the others breaks one rule, as endpoints do in production. `python -m",
        "tests.zoo.scores` lets the checker loose on all of them, strictly (SHOULD counts too), and writes this page.",
        "",
        "| score | |",
        "|---|---|",
        f"| broken endpoints in which the broken rule is found | **{len(detected)} of {len(BROKEN)}** |",
        f"| …and nothing else is | {len(exact)} of {len(BROKEN)} |",
        f"| correct endpoints in which something is found (false alarms) | **{len(alarmed)} of {len(CORRECT)}** |",
        f"| rules with at least one endpoint that breaks them | {len(_covered())} of {len(RULES)} |",
        "",
        "`http.https` has no member: it speaks of public addresses. `tests/check/rules/test_http.py` tries it.",
        "",
        "## Correct endpoints",
        "",
        *_table(("endpoint", "what it does", "found"), (_correct_row(one, by_name[one.name]) for one in CORRECT)),
        "",
        "## Broken endpoints",
        "",
        "In brackets: a rule that may be broken along with it, and why.",
        "",
        *_table(
            ("endpoint", "what it does", "breaks", "found"), (_broken_row(one, by_name[one.name]) for one in BROKEN)
        ),
        "",
    ]
    return "\n".join(lines)


def _covered() -> set[str]:
    return {rule for member in BROKEN for rule in member.breaks}


def _correct_row(member: Member, one: Score) -> tuple[str, ...]:
    return f"`{member.name}`", member.about, ", ".join(sorted(one.found)) or "nothing"


def _broken_row(member: Member, one: Score) -> tuple[str, ...]:
    breaks = ", ".join(f"`{rule}`" for rule in sorted(member.breaks))
    also = "".join(f" (`{rule}`: {why})" for rule, why in member.tolerated.items() if rule not in member.breaks)
    if is_right(member, one):
        word = "yes"
    else:
        word = ("yes, and " if member.breaks <= one.found else "no, but ") + (
            ", ".join(f"`{rule}`" for rule in sorted(one.found - member.breaks)) or "nothing"
        )
    return f"`{member.name}`", member.about, breaks + also, word


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield _row(head)
    yield "|" + "---|" * len(head)
    yield from map(_row, rows)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(wanted: Sequence[str]) -> int:
    """Check the members whose names contain one of `wanted` (all of them when it is empty). 1 when one is wrong."""
    numbers = [i for i, member in enumerate(_MEMBERS) if not wanted or any(word in member.name for word in wanted)]
    with ProcessPoolExecutor(_WORKERS, get_context("spawn")) as pool:
        scores = []
        for number, one in zip(numbers, pool.map(score, numbers), strict=True):
            scores.append(one)
            _tell(_MEMBERS[number], one)
    if not wanted:
        _PAGE.write_text(page(scores), encoding="utf-8")
    return int(not all(is_right(_MEMBERS[number], one) for number, one in zip(numbers, scores, strict=True)))


def _tell(member: Member, one: Score) -> None:
    right = is_right(member, one)
    print("ok " if right else "NOT", member.name, *sorted(one.found), flush=True)
    if not right:
        print(*(f"    {line[:300]}" for line in one.details[:8]), sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
