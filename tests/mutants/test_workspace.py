from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.mutation import Mutation
from tests.mutants.points import mutations
from tests.mutants.workspace import copy, mutated

_SOURCE = "x = a == b\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name in ("package/module.py", ".venv/lib.py", ".coverage", "js/node_modules/x/index.js", "js/app.js"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(_SOURCE)
    return root


def _mutation() -> Mutation:
    [found] = mutations(_SOURCE, {})
    return found


def test_only_the_sources_are_copied(tree: Path, tmp_path: Path) -> None:
    copied = copy(tree, tmp_path / "copy")
    files = {path.relative_to(copied).as_posix() for path in copied.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith(".git/")} == {"package/module.py", "js/app.js"}


def test_installed_node_modules_are_linked(tree: Path, tmp_path: Path) -> None:
    assert (copy(tree, tmp_path / "copy") / "js/node_modules").readlink() == tree / "js/node_modules"


def test_a_mutant_is_there_for_a_while(tree: Path) -> None:
    with mutated(tree, "package/module.py", _mutation()):
        assert (tree / "package/module.py").read_text() == "x = a != b\n"
    assert (tree / "package/module.py").read_text() == _SOURCE


def test_the_file_is_restored_after_a_mistake(tree: Path) -> None:
    with pytest.raises(KeyboardInterrupt), mutated(tree, "package/module.py", _mutation()):
        raise KeyboardInterrupt
    assert (tree / "package/module.py").read_text() == _SOURCE


def test_what_was_compiled_before_is_not_used_for_a_mutant(tree: Path) -> None:
    compiled = tree / "package/__pycache__/module.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.touch()
    with mutated(tree, "package/module.py", _mutation()):
        assert not compiled.exists()
