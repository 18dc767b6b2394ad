"""A toy program that requires toy packages, installed for real from a folder, and whose fault it is that it breaks."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from tests.newest.environment import WATCH, Environment, Failed, Pip, done, install
from tests.newest.examination import Examination
from tests.newest.judgement import Outcome, Verdict
from tests.newest.promises import Step
from tests.newest.versions import Change, Versions

LOCKED = {"toy-bell": "1", "toy-rope": "1"}
BELLS = (("toy_bell", "1", "def ring(): pass"), ("toy_bell", "2", "def toll(): pass"))
ROPES = (("toy_rope", "1", ""), ("toy_rope", "2", ""))
PROGRAM = """
import toy_bell

def ring(): toy_bell.ring()
def sing(): toy_bell.sing()
def wait(): pass
"""


def _calling(name: str) -> Step:
    return Step(name, lambda environment: _run(environment, f"import toy_program; toy_program.{name}()"))


def _run(environment: Environment, code: str) -> None:
    environment.run("python", "-c", code)


def _wheel(folder: Path, name: str, version: str, source: str, requires: Sequence[str] = ()) -> Path:
    """A wheel of one module, made by hand."""
    info = f"{name}-{version}.dist-info"
    wishes = "".join(f"Requires-Dist: {wish}\n" for wish in requires)
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{wishes}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"]))
    return path


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """The verdicts on a toy program, by step: the newest bell rings no more, and no bell ever sang."""
    folder = tmp_path_factory.mktemp("toys")
    for name, version, source in (*BELLS, *ROPES):
        _wheel(folder, name, version, source)
    toy = _wheel(folder, "toy_program", "1", PROGRAM, ["toy-bell", "toy-rope"])
    pip = Pip(Path(sys.executable), ("--no-index", "--find-links", str(folder)))
    numbers = count(1)

    def fresh(pins: Versions) -> Environment:
        return install(folder / str(next(numbers)), Path(sys.executable), pip, str(toy), pins)

    examination = Examination("bare", fresh, pip, LOCKED, frozenset({"toy-bell", "toy-rope"}))
    steps = [_calling("wait"), _calling("ring"), _calling("sing")]
    return {verdict.step: verdict for verdict in examination.verdicts(steps)}


@pytest.mark.exhaustive
def test_what_works_with_the_newest_versions_is_fine(verdicts: dict[str, Verdict]) -> None:
    fine = [step for step, verdict in verdicts.items() if verdict.outcome is Outcome.FINE]
    assert fine == ["install", "pip check", "wait"]


def test_a_newer_release_that_breaks_the_program_is_named(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["ring"]
    assert (verdict.outcome, verdict.changes) == (Outcome.NEWER, (Change("toy-bell", "1", "2"),))


def test_a_program_that_is_broken_with_the_locked_versions_too_is_ours(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts["sing"]
    assert (verdict.outcome, verdict.changes) == (Outcome.OURS, ())
    assert "has no attribute 'sing'" in verdict.said


def test_where_nothing_can_be_installed_nothing_else_is_tried() -> None:
    def refuse(pins: Versions) -> Environment:
        raise Failed(f"no version of toy-bell with {pins}")

    examination = Examination("bare", refuse, Pip(Path(sys.executable)), LOCKED, frozenset())
    found = [(verdict.step, verdict.outcome) for verdict in examination.verdicts([_calling("ring")])]
    assert found == [("install", Outcome.OURS)]


def _deprecations(folder: Path, package: str) -> str:
    """What is written down of a deprecation that a module of `package` meets."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text("import warnings\nwarnings.warn('soon gone', DeprecationWarning)\n")
    records = folder / "deprecations.txt"
    records.write_text("")
    variables = {"PYTHONPATH": f"{WATCH}:{folder}", "DEPRECATIONS": str(records)}
    assert done([sys.executable, "-c", f"import {package}"], cwd=folder, env=variables).code == 0
    return records.read_text()


def test_a_deprecation_that_our_package_meets_is_written_down(tmp_path: Path) -> None:
    assert _deprecations(tmp_path, "mock_alohub").endswith("__init__.py:2: DeprecationWarning: soon gone\n")


def test_a_deprecation_among_others_is_not_written_down(tmp_path: Path) -> None:
    assert _deprecations(tmp_path, "somebody_else") == ""
