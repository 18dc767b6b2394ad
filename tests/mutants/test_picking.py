from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.areas import PACKAGE, UnknownPlace
from tests.mutants.picking import pick

_AREAS = {"many": [f"{PACKAGE}/many.py"], "few": [f"{PACKAGE}/few.py"]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / PACKAGE).mkdir()
    functions = [f"def f{number}(a, b):\n    if a < b:\n        return a\n    return b\n" for number in range(20)]
    (tmp_path / PACKAGE / "many.py").write_text("\n".join(functions))
    (tmp_path / PACKAGE / "few.py").write_text(functions[0])
    return tmp_path


def test_the_same_seed_picks_the_same(root: Path) -> None:
    assert pick(root, _AREAS, 10, seed=3) == pick(root, _AREAS, 10, seed=3)


def test_another_seed_picks_others(root: Path) -> None:
    assert pick(root, _AREAS, 10, seed=3) != pick(root, _AREAS, 10, seed=4)


def test_each_area_has_the_same_share(root: Path) -> None:
    assert Counter(one.area for one in pick(root, _AREAS, 6, seed=1)) == {"many": 3, "few": 3}


def test_what_an_area_cannot_give_comes_from_the_others(root: Path) -> None:
    picked = Counter(one.area for one in pick(root, _AREAS, 30, seed=1))
    assert picked == {"many": 25, "few": 5}


def test_nothing_is_picked_twice(root: Path) -> None:
    picked = pick(root, _AREAS, 1000, seed=1)
    assert len({(one.module, one.mutation) for one in picked}) == len(picked) == 105


def test_a_second_mutant_of_a_function_comes_after_the_first_of_all_others(root: Path) -> None:
    picked = pick(root, {"many": _AREAS["many"]}, 20, seed=1)
    assert len({one.mutation.scope for one in picked}) == 20


def test_only_the_modules_asked_for_are_mutated(root: Path) -> None:
    assert {one.module for one in pick(root, _AREAS, 100, seed=1, only="*/few.py")} == {f"{PACKAGE}/few.py"}


def test_a_pattern_that_matches_no_module_is_a_mistake(root: Path) -> None:
    with pytest.raises(UnknownPlace, match="nowhere"):
        pick(root, _AREAS, 1, seed=1, only="*/nowhere.py")
