"""A copy of the tree, in which mutants are written and tested. The tree of whoever runs this is only read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.mutants.mutation import Mutation

_LEFT_OUT: Final = {
    *(".git", ".venv", ".make", "dist", "build", "demo", "htmlcov", "__pycache__"),
    *(".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache"),
}
_LINKED: Final = "node_modules"


def copy(root: Path, folder: Path) -> Path:
    """Copy the tree at `root` to `folder`, which must not exist yet, and return it; `node_modules` are linked."""

    def left_out(inside: str, names: list[str]) -> set[str]:
        return {name for name in names if name in _LEFT_OUT or name == _LINKED or name.startswith(".coverage")}

    shutil.copytree(root, folder, ignore=left_out, symlinks=True)
    for inside, names, _ in os.walk(root):
        if _LINKED in names:
            (folder / Path(inside).relative_to(root) / _LINKED).symlink_to(Path(inside) / _LINKED)
        names[:] = [name for name in names if name not in {*_LEFT_OUT, _LINKED}]
    # Some tests ask git which files there are.
    for command in (["git", "init", "--quiet"], ["git", "add", "--all"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def mutated(folder: Path, module: str, mutation: Mutation) -> Iterator[None]:
    """Write `mutation` into `module` of the copy in `folder`; afterwards the file is as before."""
    path = folder / module
    source = path.read_text(encoding="utf-8")
    try:
        _write(path, mutation.applied(source))
        yield
    finally:
        _write(path, source)


def _write(path: Path, source: str) -> None:
    path.write_text(source, encoding="utf-8")
    # Python knows compiled code by size and second: a mutant may have both from the file that it replaces.
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()
