"""What `init` can write beside the settings: starter endpoints and recipes for CI.

Both are files of `examples/`, shipped as they are. The files are listed one by one: beside them may lie what running an
example leaves behind (packages, databases), and that is nobody's start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

URL: Final = "http://127.0.0.1:8000/api/alohub/webhook"
"""Where every starter listens."""
EFFECTS: Final = "http://127.0.0.1:8000/calls/{call_id}#/count"
"""Where every starter says how often it processed a call."""


@dataclass(frozen=True, slots=True)
class Starter:
    """An endpoint that keeps the whole contract. `install` and `start` are commands in its folder."""

    name: str
    summary: str
    files: tuple[str, ...]
    install: str
    start: str
    runtime: str = ""
    """What it needs that an image of Python lacks."""

    @property
    def folder(self) -> str:
        """Where its files lie, as `bundle.path` takes it."""
        return f"examples/{self.name}_endpoint"

    def contents(self) -> dict[str, bytes]:
        """Its files, to the byte, by name."""
        return {name: _shipped(f"{self.folder}/{name}") for name in self.files}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A file that makes a CI `system` run the check; `target` is where that system looks for it."""

    system: str
    source: str
    target: str
    image_of_python: bool = False
    """Whether all of it runs in a container that has Python alone."""
    shared: bool = False
    """Whether the one file holds whatever else is built, so that it may well be there already."""

    @property
    def name(self) -> str:
        """What the command line calls it: the first word of the system's name."""
        return self.system.partition(" ")[0].lower()

    @property
    def file(self) -> str:
        """The file it is copied from, as `bundle.path` takes it."""
        return f"examples/ci/{self.source}"

    def content(self, starter: Starter | None) -> bytes:
        """The recipe, with the commands of `starter` where it installs and starts the endpoint."""
        text = _shipped(self.file).decode()
        if starter is not None:
            text = text.replace(_SHOWN.install, starter.install).replace(_SHOWN.start, starter.start)
        return text.encode()

    def to_change(self, starter: Starter | None) -> str:
        """What is still to be changed in it before it runs; nothing when it is whole."""
        if starter is None:
            return "how your endpoint is installed and started"
        return f"its image must have {starter.runtime} as well" if self.image_of_python and starter.runtime else ""


STARTERS: Final[Mapping[str, Starter]] = {
    starter.name: starter
    for starter in (
        Starter(
            "flask", "Python; SQLite", ("app.py", "requirements.txt", "README.md", ".gitignore"),
            "pip install -r requirements.txt", "python app.py",
        ),
        Starter(
            "fastapi", "Python; SQLite", ("main.py", "requirements.txt", "README.md", ".gitignore"),
            "pip install -r requirements.txt", "python main.py",
        ),
        Starter(
            "express", "Node.js 20 or newer; SQLite",
            ("server.js", "package.json", "package-lock.json", ".npmrc", "README.md", ".gitignore"),
            "npm ci", "node server.js", "Node.js",
        ),
        Starter(
            "go", "Go 1.22 or newer and nothing else; a file",
            ("main.go", "calls.go", "go.mod", "README.md", ".gitignore"),
            "go build -o endpoint .", "./endpoint", "Go",
        ),
    )
}  # fmt: skip
RECIPES: Final[Mapping[str, Recipe]] = {
    recipe.name: recipe
    for recipe in (
        Recipe("GitHub Actions", "github-actions.yml", ".github/workflows/mock-alohub.yml"),
        Recipe("GitLab CI", "gitlab-ci.yml", ".gitlab-ci.yml", image_of_python=True, shared=True),
        Recipe("Jenkins", "Jenkinsfile", "Jenkinsfile", image_of_python=True, shared=True),
    )
}
_SHOWN: Final = STARTERS["flask"]
"""The starter whose commands the recipes show."""


def _shipped(name: str) -> bytes:
    # Imported here, for a page of help needs the names alone.
    from mock_alohub import bundle

    return bundle.path(name).read_bytes()
