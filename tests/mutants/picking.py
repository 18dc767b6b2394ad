"""The choice of mutants: by chance from a seed, the same number from each area."""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests.mutants.areas import PACKAGE, UnknownPlace
from tests.mutants.mutation import Mutant
from tests.mutants.operators import KINDS, defaults_in
from tests.mutants.points import mutations


def pick(root: Path, areas: Mapping[str, Sequence[str]], count: int, seed: int, only: str = "*") -> list[Mutant]:
    """`count` mutants of the modules in `areas` whose path matches `only`; fewer where there are not so many."""
    wanted = {area: [module for module in paths if fnmatch(module, only)] for area, paths in areas.items()}
    if not any(wanted.values()):
        raise UnknownPlace(f"`{only}` matches no module of any area")
    defaults = defaults_in([ast.parse(path.read_text()) for path in sorted((root / PACKAGE).rglob("*.py"))])
    possible = {
        area: [
            Mutant(area, module, one) for module in paths for one in mutations((root / module).read_text(), defaults)
        ]
        for area, paths in wanted.items()
    }
    rows = [_in_order(mutants, f"{seed} {area}") for area, mutants in possible.items() if mutants]
    return _in_turn(rows, count)


def _in_order(mutants: Sequence[Mutant], seed: str) -> list[Mutant]:
    """All of `mutants` in the order in which they are to be taken: a kind by its weight, one of this kind, and so on.

    A second mutant of one function comes after the first of every other.
    """
    chance = random.Random(seed)
    by_kind = defaultdict[str, list[Mutant]](list)
    for mutant in mutants:
        by_kind[mutant.mutation.kind].append(mutant)
    first, again, seen = list[Mutant](), list[Mutant](), set[tuple[str, str]]()
    while kinds := [kind for kind in KINDS if by_kind[kind]]:
        row = by_kind[chance.choices(kinds, [KINDS[kind] for kind in kinds])[0]]
        mutant = row.pop(chance.randrange(len(row)))
        place = (mutant.module, mutant.mutation.scope)
        (again if place in seen else first).append(mutant)
        seen.add(place)
    return first + again


def _in_turn(rows: Sequence[Sequence[Mutant]], count: int) -> list[Mutant]:
    """`count` mutants, taken from the rows in turn, and shown row by row."""
    share = [0] * len(rows)
    while sum(share) < min(count, sum(map(len, rows))):
        for place, row in enumerate(rows):
            if share[place] < len(row) and sum(share) < count:
                share[place] += 1
    return [mutant for row, size in zip(rows, share, strict=True) for mutant in row[:size]]
