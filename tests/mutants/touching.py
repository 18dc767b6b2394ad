"""Which tests execute which lines, from a database of coverage.py that was written with a context for each test.

`pytest --cov=mock_alohub --cov-context=test` writes such a database. It must be of the tree as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData

from tests.mutants.areas import PACKAGE
from tests.mutants.mutation import Mutant
from tests.mutants.running import Trouble


@dataclass(frozen=True, slots=True)
class Touching:
    """`contexts` has, of each module, the contexts that executed a line: `test id|phase`, or "" outside of tests."""

    contexts: dict[str, dict[int, list[str]]]

    def tests(self, mutant: Mutant) -> list[str] | None:
        """The test functions that execute the mutated statement, the nearest first; None when nothing executes it.

        What is executed when the module is imported concerns every test that executes any of the module's lines.
        """
        lines = self.contexts.get(mutant.module, {})
        own = [context for number in mutant.mutation.statement_lines for context in lines.get(number, ())]
        if not own:
            return None
        of_tests = any(own)
        found = _functions(own if of_tests else (context for some in lines.values() for context in some))
        return sorted(found, key=lambda test: (-_nearness(test, mutant.module), test))


def read(path: Path, root: Path) -> Touching:
    """The database at `path`. Raises Trouble when it is none, has no contexts, or is older than the program."""
    if not path.is_file():
        raise Trouble(f"{path} does not exist: write it with `pytest --cov={PACKAGE} --cov-context=test`")
    changed = [one for one in sorted((root / PACKAGE).rglob("*.py")) if one.stat().st_mtime > path.stat().st_mtime]
    if changed:
        raise Trouble(
            f"{path} is older than {changed[0].relative_to(root)}: its lines may be others now; write it again"
        )
    data = CoverageData(str(path))
    data.read()
    if not any(data.measured_contexts()):
        raise Trouble(f"{path} does not say which test executed what: write it with `--cov-context=test`")
    return Touching({_module(name): data.contexts_by_lineno(name) for name in data.measured_files()})


def _module(name: str) -> str:
    """A file as the database calls it, as path from the root of the tree."""
    parts = Path(name).parts
    return "/".join(parts[len(parts) - 1 - parts[::-1].index(PACKAGE) :]) if PACKAGE in parts else name


def _functions(contexts: Iterable[str]) -> set[str]:
    return {context.partition("|")[0].partition("[")[0] for context in contexts if context}


def _nearness(test: str, module: str) -> int:
    """How many folders and words of names the test's file has in common with the module."""
    own = {*Path(module).with_suffix("").parts}
    file = Path(test.partition("::")[0])
    return len(own & {*file.parent.parts, file.stem.removeprefix("test_")})
