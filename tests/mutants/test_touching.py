from __future__ import annotations

import os
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.mutants.areas import PACKAGE
from tests.mutants.mutation import Mutant, Mutation
from tests.mutants.running import Trouble
from tests.mutants.touching import Touching, read

_MODULE = f"{PACKAGE}/part/one.py"


def _mutant(*lines: int) -> Mutant:
    return Mutant("area", _MODULE, Mutation("", "", lines[0], range(lines[0], lines[-1] + 1), 0, 0, ""))


def _touching(**lines: list[str]) -> Touching:
    return Touching({_MODULE: {int(number.removeprefix("line")): contexts for number, contexts in lines.items()}})


def test_the_tests_are_those_of_all_lines_of_the_statement() -> None:
    known = _touching(
        line1=["tests/a.py::test_1|run"], line2=["tests/a.py::test_2|run"], line3=["tests/a.py::test_3|run"]
    )
    assert known.tests(_mutant(1, 2)) == ["tests/a.py::test_1", "tests/a.py::test_2"]


def test_a_test_function_is_asked_once_with_all_its_parameters() -> None:
    known = _touching(line1=["tests/a.py::test_1[x|y]|run", "tests/a.py::test_1[z]|setup"])
    assert known.tests(_mutant(1)) == ["tests/a.py::test_1"]


def test_the_tests_of_the_modules_own_folder_come_first() -> None:
    known = _touching(
        line1=["tests/a.py::test|run", "tests/part/test_two.py::test|run", "tests/part/test_one.py::test|run"]
    )
    assert known.tests(_mutant(1)) == [
        "tests/part/test_one.py::test",
        "tests/part/test_two.py::test",
        "tests/a.py::test",
    ]


def test_what_runs_at_import_concerns_all_tests_of_the_module() -> None:
    assert _touching(line1=[""], line9=["tests/a.py::test|run"]).tests(_mutant(1)) == ["tests/a.py::test"]


def test_of_a_line_that_nothing_executes_there_is_none() -> None:
    assert _touching(line9=["tests/a.py::test|run"]).tests(_mutant(1)) is None


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / _MODULE).parent.mkdir(parents=True)
    (tmp_path / _MODULE).write_text("x = 1\n")
    os.utime(tmp_path / _MODULE, (1, 1))
    return tmp_path


def _database(tree: Path, context: str) -> Path:
    data = CoverageData(str(tree / ".coverage"))
    data.set_context(context)
    data.add_lines({f"/somewhere/else/{_MODULE}": [1]})
    data.write()
    return tree / ".coverage"


def test_a_database_of_coverage_is_read(tree: Path) -> None:
    known = read(_database(tree, "tests/a.py::test|run"), tree)
    assert known == _touching(line1=["tests/a.py::test|run"])


def test_a_database_without_contexts_is_refused(tree: Path) -> None:
    with pytest.raises(Trouble, match="--cov-context=test"):
        read(_database(tree, ""), tree)


def test_a_database_that_does_not_exist_is_refused(tree: Path) -> None:
    with pytest.raises(Trouble, match="does not exist"):
        read(tree / ".coverage", tree)


def test_a_database_that_is_older_than_the_program_is_refused(tree: Path) -> None:
    path = _database(tree, "tests/a.py::test|run")
    os.utime(path, (0, 0))
    with pytest.raises(Trouble, match=r"is older than mock_alohub/part/one\.py"):
        read(path, tree)
