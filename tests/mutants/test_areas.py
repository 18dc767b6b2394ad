from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT
from tests.mutants.areas import AREAS, PACKAGE, UnknownPlace, folder_tests, modules, near_tests


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a", "b/c", "b/d", "b/e/f", "b/g", "b/h"):
        _write(tmp_path / PACKAGE / f"{name}.py")
    for name in ("test_a", "test_a_more", "b/test_c", "b/test_e"):
        _write(tmp_path / "tests" / f"{name}.py")
    (tmp_path / "tests/b/test_e.py").write_text(f"from {PACKAGE}.b.d import something")
    (tmp_path / PACKAGE / "b/c.py").write_text(f"from {PACKAGE}.b import g0, h, x")
    return tmp_path


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_every_area_is_found_in_the_program() -> None:
    assert set(modules(ROOT, AREAS)) == set(AREAS)


def test_a_pattern_without_a_file_is_a_mistake(tree: Path) -> None:
    with pytest.raises(UnknownPlace, match=r"`b/renamed\.py` matches no file"):
        modules(tree, {"area": ["b/c.py", "b/renamed.py"]})


def test_a_file_that_two_patterns_match_is_there_once(tree: Path) -> None:
    assert modules(tree, {"area": ["b/*.py", "b/c.py"]}) == {
        "area": [f"{PACKAGE}/b/c.py", f"{PACKAGE}/b/d.py", f"{PACKAGE}/b/g.py", f"{PACKAGE}/b/h.py"]
    }


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("a", ["tests/test_a.py", "tests/test_a_more.py"]),
        ("b/c", ["tests/b/test_c.py"]),
        ("b/e/f", ["tests/b/test_e.py"]),  # of the folder's name
        ("b/d", ["tests/b/test_e.py"]),  # imports it
        ("b/h", ["tests/b/test_c.py"]),  # of what imports it
        ("b/g", ["tests/b/test_c.py", "tests/b/test_e.py"]),  # all of the folder
    ],
)
def test_the_nearest_tests_are_found(tree: Path, module: str, tests: list[str]) -> None:
    assert near_tests(tree, f"{PACKAGE}/{module}.py") == tests


def test_the_tests_of_a_folder_without_any_are_those_of_the_one_around_it(tree: Path) -> None:
    assert folder_tests(tree, f"{PACKAGE}/b/e/f.py") == ["tests/b/test_c.py", "tests/b/test_e.py"]
