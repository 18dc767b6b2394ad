"""Whether the tests notice a mutant: the nearest are asked first, then ever more of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from tests.mutants.areas import folder_tests, near_tests
from tests.mutants.mutation import Mutant
from tests.mutants.running import NO_TESTS, Run, Trouble, run_tests
from tests.mutants.touching import Touching
from tests.mutants.workspace import mutated

Widest = Literal["near", "folder", "tier"]
Runs = Callable[[Path, Sequence[str], float], Run]

_OPTIONS: Final = (
    *("-x", "-q", "--tb=no", "--no-header", "-rfE", "-p", "no:cacheprovider", "-m", "not exhaustive"),
    *("-p", "no:locust"),  # no test uses this plugin, and it takes a second to start
    *("-o", "timeout=60"),  # of one test; what hangs need not hang longer
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # plugins are imported before pytest starts
)
_TIER: Final = ("tests", "-n", "2")
_START_S: Final = 30.0
_SLOWER: Final = 4  # than without a mutant, as other work on the machine makes it
_TIER_S: Final = 1800.0
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+?(?:\[.*?\])?)(?: - .*)?$", re.MULTILINE)
_HUNG: Final = re.compile(r"Timeout \(?>")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a mutant. `killer` is the failed test, "" when none was named; `note` says what is unusual."""

    mutant: Mutant
    outcome: Literal["killed", "killed by time limit", "survived"]
    killer: str = ""
    note: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether the tests noticed it, by a failure or by waiting in vain."""
        return self.outcome != "survived"


@dataclass(frozen=True, slots=True)
class Stage:
    """Some tests, as arguments of pytest, and how long they may take. `sound`: they were seen to pass unmutated."""

    tests: Sequence[str]
    limit_s: float
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges mutants in the copy of the tree in `folder`.

    `near_s` has, for each group of near tests, the seconds they take without a mutant. `touching` tells which tests
    execute a line: then only these follow the near ones, else the tests of the folder and the whole tier, as far as
    `widest` allows. `options` are further arguments of pytest.
    """

    folder: Path
    near_s: dict[tuple[str, ...], float]
    touching: Touching | None = None
    widest: Widest = "tier"
    options: Sequence[str] = ()
    run: Runs = run_tests

    def judge(self, mutant: Mutant) -> Judgement:
        """Run the tests until one fails. Raises Trouble when that one fails without the mutant as well."""
        tests = self.touching.tests(mutant) if self.touching else ()
        if tests is None:
            return Judgement(mutant, "survived", note="no test executes it")
        seconds = 0.0
        for stage in self._stages(mutant, tests):
            with mutated(self.folder, mutant.module, mutant.mutation):
                run = self.run(self.folder, self._arguments(stage.tests), stage.limit_s)
            seconds += run.seconds
            if run.code not in {0, NO_TESTS}:
                judgement = replace(_death(mutant, run), seconds=seconds)
                if not stage.sound and judgement.outcome == "killed":
                    self._demand_sound([judgement.killer] if judgement.killer else stage.tests, stage.limit_s)
                return judgement
        return Judgement(mutant, "survived", seconds=seconds)

    def measure(self, tests: Sequence[str]) -> float:
        """The seconds that `tests` take without a mutant. Raises Trouble when one of them fails."""
        return self._demand_sound(tests, _TIER_S)

    def _stages(self, mutant: Mutant, touching: Sequence[str]) -> list[Stage]:
        near = tuple(near_tests(self.folder, mutant.module))
        stages = [Stage(near, _START_S + _SLOWER * self.near_s[near], sound=True)] if near else []
        if touching:
            others = [test for test in touching if test.partition("::")[0] not in near]
            return [*stages, Stage(others, _TIER_S)] if others and self.widest != "near" else stages
        folder = [path for path in folder_tests(self.folder, mutant.module) if path not in near]
        if folder and self.widest != "near":
            stages.append(Stage(folder, _TIER_S))
        if self.widest == "tier":
            stages.append(Stage(_TIER, _TIER_S))
        return stages

    def _demand_sound(self, tests: Sequence[str], limit_s: float) -> float:
        run = self.run(self.folder, self._arguments(tests), limit_s)
        if run.code not in {0, NO_TESTS}:
            failed = _FAILED.search(run.output)
            what = failed[1] if failed else " ".join(tests)
            raise Trouble(f"{what} fails without any mutant, and so judges none:\n{run.output[-2000:]}")
        return run.seconds

    def _arguments(self, tests: Sequence[str]) -> list[str]:
        # Thousands of tests are more than a command line can hold; pytest reads them from a file.
        listed = self.folder.with_suffix(".tests")
        listed.write_text("\n".join(tests) + "\n", encoding="utf-8")
        return [*_OPTIONS, *self.options, f"@{listed}"]


def _death(mutant: Mutant, run: Run) -> Judgement:
    failed = _FAILED.search(run.output)
    killer = failed[1] if failed else ""
    if run.code is None or (_HUNG.search(run.output) and failed):
        return Judgement(mutant, "killed by time limit", killer)
    return Judgement(mutant, "killed", killer, note="" if killer else "the tests do not even start")
