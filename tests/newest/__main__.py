"""The wheel as users get it: in fresh environments, with the newest versions of all that it needs.

Exit codes: 0 it works; 1 it does not, by our fault; 2 wrong usage; 3 it does not, by a release of a dependency that is
newer than the one in requirements-dev.lock.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Final

from tests.newest import wheel as wheels
from tests.newest.environment import Environment, Failed, installer
from tests.newest.environment import install as install_fresh
from tests.newest.examination import Examination
from tests.newest.judgement import Verdict, exit_code
from tests.newest.promises import steps
from tests.newest.table import conclusion, row
from tests.newest.versions import Change, Versions, locked_versions

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = ROOT / "requirements-dev.lock"


def main(words: Sequence[str] | None = None) -> int:
    """Try each extra that was asked for, print a line for each step, then what is to be done."""
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="newest-") as temporary:
        folder = Path(temporary).resolve()
        wheel = wheels.build(ROOT, folder / "dist")
        chosen = _chosen(words, list(wheel.required))
        pip = installer(folder / "pip")
        locked = locked_versions(LOCK.read_text())
        numbers = count(1)
        verdicts: list[Verdict] = []
        changed: set[Change] = set()
        for extra in chosen.extras or wheel.required:

            def install(pins: Versions, requirement: str = wheel.requirement(extra)) -> Environment:
                return install_fresh(folder / f"{next(numbers)}", chosen.python, pip, requirement, pins)

            examination = Examination(extra, install, pip, locked, wheel.direct(extra))
            for verdict in examination.verdicts(steps(wheel, extra)):
                print(row(verdict), flush=True)
                verdicts.append(verdict)
            changed.update(examination.changed)
            examination.forget()
    print("\n".join(conclusion(verdicts, changed, annotate="GITHUB_ACTIONS" in os.environ)))
    print(f"{len(verdicts)} steps in {monotonic() - began:.0f} s")
    return exit_code(verdicts)


def _chosen(words: Sequence[str] | None, extras: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.newest", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--extra", dest="extras", action="append", choices=extras, help="try this alone; repeatable")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="the Python of the environments")
    chosen = parser.parse_args(words)
    if shutil.which(chosen.python) is None:
        parser.error(f"`{chosen.python}` is no Python; wanted is the path of an interpreter")
    return chosen


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"error: {failed}")
