"""Fresh environments that hold what pip installs, and nothing of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cli.running import Done
from tests.newest.versions import Versions, constraints, installed_versions
from tests.zoo.receiver import KEY

WATCH: Final = Path(__file__).parent / "watch"
_INSTALL_S: Final = 600
_COMMAND_S: Final = 170
_TAIL_LINES: Final = 25


class Failed(Exception):
    """A command ended otherwise than it should, or said something else; the message is what it said."""


def done(
    command: Iterable[str | Path],
    *,
    within_s: float = _COMMAND_S,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Done:
    """Run a command to its end. Raises `Failed` when it takes too long or cannot be run."""
    words = [str(word) for word in command]
    try:
        ran = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=within_s, check=False, cwd=cwd, env=env
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"`{' '.join(words)}` did not end within {within_s:g} s") from None
    except OSError as error:
        raise Failed(f"`{words[0]}` cannot be run: {error.strerror}") from None
    return Done(ran.returncode, ran.stdout, ran.stderr)


@dataclass(frozen=True, slots=True)
class Pip:
    """A pip that installs into other environments; `options` say where packages come from."""

    python: Path
    options: tuple[str, ...] = ()

    def run(self, target: Path, *words: str | Path) -> Done:
        """Run pip for the interpreter `target`."""
        kept = {name: value for name, value in os.environ.items() if name not in {"PIP_CONSTRAINT", "PIP_NO_DEPS"}}
        pip: list[str | Path] = [
            self.python,
            "-m",
            "pip",
            "--python",
            target,
            "--disable-pip-version-check",
            "--no-input",
        ]
        return done([*pip, *words], within_s=_INSTALL_S, env=kept)


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment with a package in it, and a folder to work in that is empty but for what steps leave there."""

    folder: Path
    work: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def deprecations(self) -> Path:
        """The file in which deprecations are written down."""
        return self.folder / "deprecations.txt"

    @property
    def versions(self) -> dict[str, str]:
        """What is installed."""
        (site_packages,) = self.folder.glob("lib/python*/site-packages")
        return installed_versions(site_packages)

    @property
    def variables(self) -> dict[str, str]:
        """The variables of a command: the key of the endpoint, and no setting of whoever runs this."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": str(WATCH),
            "DEPRECATIONS": str(self.deprecations),
            "TMPDIR": str(self.work),
            "MOCK_ALOHUB_KEY": KEY,
            "MOCK_ALOHUB_DEBUG": "1",
        }

    def command(self, program: str, *words: str | Path) -> list[str]:
        """A program of this environment, with its words."""
        return [str(self.folder / "bin" / program), *map(str, words)]

    def done(self, program: str, *words: str | Path, stdin: str = "") -> Done:
        """Run a program of this environment, however it ends."""
        return done(self.command(program, *words), stdin=stdin, cwd=self.work, env=self.variables)

    def run(self, program: str, *words: str | Path, code: int = 0, stdin: str = "") -> Done:
        """Run a program that has to end with `code`. Raises `Failed`."""
        ended = self.done(program, *words, stdin=stdin)
        if ended.code != code:
            shown = " ".join([program, *map(str, words)])
            raise Failed(f"`{shown}` ended with {ended.code}, not {code}:\n{end_of(ended)}")
        return ended


def installer(folder: Path) -> Pip:
    """The newest pip, in an environment of its own of the Python that runs this. Raises `Failed`."""
    demand_success(done([sys.executable, "-m", "venv", "--without-pip", folder]))
    made = folder / "bin" / "python"
    demand_success(Pip(Path(sys.executable)).run(made, "install", "--quiet", "--no-compile", "pip"))
    return Pip(made)


def install(folder: Path, python: Path, pip: Pip, requirement: str, pins: Versions) -> Environment:
    """A fresh environment of `python` with the newest versions of what `requirement` needs, but for the pinned ones.

    Raises `Failed` where pip cannot install it.
    """
    folder.mkdir()
    environment = Environment(folder / "venv", folder / "work")
    environment.work.mkdir()
    demand_success(done([python, "-m", "venv", "--without-pip", environment.folder]))
    (folder / "constraints.txt").write_text(constraints(pins))
    words: list[str | Path] = [
        "install",
        "--quiet",
        "--no-compile",
        *pip.options,
        "--constraint",
        folder / "constraints.txt",
    ]
    demand_success(pip.run(environment.python, *words, requirement))
    return environment


def demand_success(ended: Done) -> None:
    """Raise `Failed` with the end of what a command said, unless it ended with 0."""
    if ended.code:
        raise Failed(end_of(ended))


def end_of(ended: Done) -> str:
    """The end of all that a command said."""
    return "\n".join(ended.said.rstrip().splitlines()[-_TAIL_LINES:])
