from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.mutants.areas import PACKAGE
from tests.mutants.judging import Judge, Widest
from tests.mutants.mutation import Mutant
from tests.mutants.points import mutations
from tests.mutants.running import Run, Trouble
from tests.mutants.touching import Touching

_SOURCE = "x = a == b\n"
_MODULE = f"{PACKAGE}/part/one.py"
_NEAR, _FOLDER, _TIER = ["tests/part/test_one.py"], ["tests/part/test_two.py"], ["tests", "-n", "2"]


@dataclass(slots=True)
class FakePytest:
    """A stand-in for pytest: of a mutated module those in `fail` fail, of the true one those in `broken`."""

    fail: dict[str, Run] = field(default_factory=dict)
    broken: dict[str, Run] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    def run(self, folder: Path, arguments: Sequence[str], limit_s: float) -> Run:
        tests = Path(arguments[-1].removeprefix("@")).read_text().splitlines()
        is_mutant = (folder / _MODULE).read_text() != _SOURCE
        if is_mutant:
            self.asked.append(tests)
        failing = self.fail if is_mutant else self.broken
        files = [test.partition("::")[0] for test in tests]
        return next((failing[file] for file in files if file in failing), Run(0, "", 1.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (_MODULE, "tests/part/test_one.py", "tests/part/test_two.py"):
        (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / name).write_text(_SOURCE)
    return tmp_path / "copy"


Judging = Callable[..., Judge]


@pytest.fixture
def judge(folder: Path) -> Judging:
    def made(tests: FakePytest, touching: Touching | None = None, widest: Widest = "tier") -> Judge:
        return Judge(folder, {tuple(_NEAR): 1.0}, touching, widest, run=tests.run)

    return made


def _mutant() -> Mutant:
    [mutation] = mutations(_SOURCE, {})
    return Mutant("area", _MODULE, mutation)


def _failing(*names: str) -> dict[str, Run]:
    return {name: Run(1, f"F\nFAILED {name}::test_it[a b] - assert 1 == 2\n1 failed", 1.0) for name in names}


def test_the_nearest_tests_are_asked_first(judge: Judging) -> None:
    tests = FakePytest(_failing(*_NEAR))
    assert judge(tests).judge(_mutant()).killed
    assert tests.asked == [_NEAR]


def test_a_mutant_that_no_test_notices_has_been_through_all_of_them(judge: Judging) -> None:
    tests = FakePytest()
    assert judge(tests).judge(_mutant()).outcome == "survived"
    assert tests.asked == [_NEAR, _FOLDER, _TIER]


@pytest.mark.parametrize(("widest", "asked"), [("near", [_NEAR]), ("folder", [_NEAR, _FOLDER])])
def test_no_more_tests_are_asked_than_allowed(judge: Judging, widest: Widest, asked: list[list[str]]) -> None:
    tests = FakePytest()
    judge(tests, widest=widest).judge(_mutant())
    assert tests.asked == asked


def test_the_test_that_noticed_is_named(judge: Judging) -> None:
    judged = judge(FakePytest(_failing(*_FOLDER))).judge(_mutant())
    assert (judged.killer, judged.seconds) == ("tests/part/test_two.py::test_it[a b]", 2.0)


def test_a_test_that_fails_without_the_mutant_judges_nothing(judge: Judging) -> None:
    tests = FakePytest(_failing(*_FOLDER), broken=_failing(*_FOLDER))
    with pytest.raises(Trouble, match="without any mutant"):
        judge(tests).judge(_mutant())


def test_near_tests_must_pass_before(judge: Judging) -> None:
    with pytest.raises(Trouble, match=r"tests/part/test_one\.py::test_it\[a b\] fails without any mutant"):
        judge(FakePytest(broken=_failing(*_NEAR))).measure(_NEAR)


def test_tests_that_never_end_have_noticed(judge: Judging) -> None:
    assert judge(FakePytest({_NEAR[0]: Run(None, "", 60.0)})).judge(_mutant()).outcome == "killed by time limit"


def test_a_test_that_is_ended_at_its_own_limit_has_noticed_by_it(judge: Judging) -> None:
    output = f"FAILED {_NEAR[0]}::test_it - Failed: Timeout (>60.0s) from pytest-timeout."
    judged = judge(FakePytest({_NEAR[0]: Run(1, output, 60.0)})).judge(_mutant())
    assert (judged.outcome, judged.killer) == ("killed by time limit", f"{_NEAR[0]}::test_it")


def test_a_mutant_with_which_no_test_starts_is_killed(judge: Judging) -> None:
    judged = judge(FakePytest({_NEAR[0]: Run(4, "ImportError while loading conftest", 1.0)})).judge(_mutant())
    assert (judged.killed, judged.note) == (True, "the tests do not even start")


def test_an_empty_choice_of_tests_notices_nothing(judge: Judging) -> None:
    assert judge(FakePytest({_NEAR[0]: Run(5, "no tests ran", 1.0)})).judge(_mutant()).outcome == "survived"


def test_a_line_that_no_test_executes_survives_at_once(judge: Judging) -> None:
    tests = FakePytest(_failing(*_NEAR))
    judged = judge(tests, Touching({})).judge(_mutant())
    assert (judged.outcome, judged.note, tests.asked) == ("survived", "no test executes it", [])


def test_after_the_near_ones_only_the_tests_that_execute_the_line_are_asked(judge: Judging) -> None:
    tests, contexts = FakePytest(), [f"{_NEAR[0]}::test_it|run", "tests/other/test_far.py::test_it[1]|run"]
    judge(tests, Touching({_MODULE: {1: contexts}})).judge(_mutant())
    assert tests.asked == [_NEAR, ["tests/other/test_far.py::test_it"]]
