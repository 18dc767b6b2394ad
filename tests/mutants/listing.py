"""What became of the mutants, in words: a line for each, and a table in Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tests.mutants.judging import Judgement
from tests.mutants.mutation import difference


def line(judgement: Judgement, source: str) -> str:
    """One line about a mutant of a module with this source; of a survivor also what was changed."""
    mutant = judgement.mutant
    end = [f"by {judgement.killer}"] if judgement.killer else []
    end += [f"({judgement.note})"] if judgement.note else []
    told = f"{judgement.outcome:8}  {mutant.place}  {mutant.mutation.says}  {' '.join([*end, _took(judgement)])}"
    if judgement.killed:
        return told
    return "\n".join([told, *(f"    {changed}" for changed in difference(source, mutant.mutation))])


def killed_percent(judgements: Sequence[Judgement]) -> float:
    """How many of a hundred were killed."""
    return 100 * sum(one.killed for one in judgements) / len(judgements)


def total(judgements: Sequence[Judgement]) -> str:
    """`57 of 60 killed (95.0 %)`."""
    killed = sum(one.killed for one in judgements)
    late = sum(one.outcome == "killed by time limit" for one in judgements)
    more = f", {late} of them by the time limit" if late else ""
    return f"{killed} of {len(judgements)} killed ({killed_percent(judgements):.1f} %){more}"


def table(judgements: Sequence[Judgement]) -> str:
    """The report in Markdown: the figures of each area, then every mutant."""
    areas = defaultdict[str, list[Judgement]](list)
    for one in judgements:
        areas[one.mutant.area].append(one)
    lines = [f"# Mutants\n\n{total(judgements)}.\n", "| Area | Killed | Of |", "|---|---:|---:|"]
    lines += [f"| {area} | {sum(one.killed for one in own)} | {len(own)} |" for area, own in areas.items()]
    lines += ["", "| Mutant | Change | Outcome | By | s |", "|---|---|---|---|---:|"]
    return "\n".join([*lines, *map(_row, judgements), ""])


def _row(judgement: Judgement) -> str:
    mutant, by = judgement.mutant, judgement.killer or judgement.note
    cells = (f"`{mutant.place}`", mutant.mutation.says, judgement.outcome, by, f"{judgement.seconds:.1f}")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _took(judgement: Judgement) -> str:
    return f"in {judgement.seconds:.1f} s"
