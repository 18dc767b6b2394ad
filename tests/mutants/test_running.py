from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.mutants.areas import PACKAGE
from tests.mutants.running import NO_TESTS, Trouble, preload, run_tests

_OWN = f"import {PACKAGE}\n\ndef test_it():\n    assert {PACKAGE}.WHICH == 'copy'\n"
_FOREIGN = f"import sys, types\nsys.modules['{PACKAGE}'] = types.ModuleType('{PACKAGE}')\n\ndef test_it(): ...\n"
_BARE = (
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:mock_alohub",
    "-p",
    "no:locust",
    "-p",
    "no:schemathesis",
    "test_it.py",
)
_AMPLE_S = 120.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "copy" / PACKAGE).mkdir(parents=True)
    (tmp_path / "copy" / PACKAGE / "__init__.py").write_text("WHICH = 'copy'\n")
    (tmp_path / "copy" / "pytest.ini").write_text("[pytest]\n")
    return tmp_path / "copy"


def test_the_copys_own_program_is_tested(folder: Path) -> None:
    (folder / "test_it.py").write_text(_OWN)
    run = run_tests(folder, _BARE, _AMPLE_S)
    assert run.code == 0, run.output


def test_another_copy_of_the_program_is_not_taken_for_it(folder: Path) -> None:
    (folder / "test_it.py").write_text(_FOREIGN)
    with pytest.raises(Trouble, match="did not import its own"):
        run_tests(folder, _BARE, _AMPLE_S)


def test_a_failure_is_told_with_its_output(folder: Path) -> None:
    (folder / "test_it.py").write_text("def test_it():\n    assert not 'seen'\n")
    run = run_tests(folder, _BARE, _AMPLE_S)
    assert run.code == 1
    assert "assert not 'seen'" in run.output


def test_a_run_without_tests_is_told_apart(folder: Path) -> None:
    (folder / "test_it.py").write_text("")
    assert run_tests(folder, _BARE, _AMPLE_S).code == NO_TESTS


def test_a_run_that_does_not_end_is_ended(folder: Path) -> None:
    (folder / "test_it.py").write_text("while True: ...\n")
    assert run_tests(folder, _BARE, limit_s=1.0).code is None


def test_the_program_must_not_be_imported_beforehand() -> None:
    assert PACKAGE in sys.modules
    with pytest.raises(Trouble, match="imported already"):
        preload()
