"""What `init` does: write the files to begin with, all or none."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from mock_alohub import bundle, settings
from mock_alohub.cli.failure import talk
from mock_alohub.cli.new_files import create, demand_room, taken
from mock_alohub.cli.settings_template import OF_A_STARTER, settings_text
from mock_alohub.cli.starter import RECIPES, STARTERS, Recipe, Starter
from mock_alohub.errors import BadOption, ExitCode, Unwritable

HERE: Final = Path()
_KEY: Final = "change-me"
_EDIT: Final = "${EDITOR:-vi}"


def init(folder: Path, starter_name: str | None, recipe_name: str | None) -> ExitCode:
    """Write the settings, the starter and the recipe that are asked for into `folder`."""
    starter = STARTERS[starter_name] if starter_name else None
    recipe = RECIPES[recipe_name] if recipe_name else None
    demand_room(folder, [recipe.target] if recipe else [])
    kept = _kept(folder, recipe_alone=recipe is not None and starter is None)
    files = {} if kept else {settings.FILE: settings_text(OF_A_STARTER if starter else {}).encode()}
    files |= starter.contents() if starter else {}
    files |= {recipe.target: recipe.content(starter)} if recipe else {}
    if names := taken(folder, files):
        asked = (("endpoint", starter_name), ("ci", recipe_name))
        raise _there(folder, names, recipe, "".join(f" --{option} {name}" for option, name in asked if name))
    create(folder, files)
    print("\n".join(str(folder / name) for name in files), flush=True)
    if kept:
        talk(f"{kept} is kept as it is")
    talk("\n".join(("next:", *(f"  {line}" for line in _next(folder, starter, recipe, kept=bool(kept))))))
    return ExitCode.KEPT


def _kept(folder: Path, *, recipe_alone: bool) -> str:
    """Where the settings in `folder` stand that are kept: a recipe alone is often added to settings that are there.

    Raises `Unwritable` where a new file would put those in `pyproject.toml` out of force.
    """
    own = bool(taken(folder, [settings.FILE]))
    found = settings.find(folder) if not own and os.access(folder, os.X_OK) else None
    if recipe_alone and (own or found):
        return found.place if found else settings.FILE
    if found:
        raise Unwritable(
            f"settings stand in {found.place}; {settings.FILE} would put them out of force, so nothing was written",
            hint="take that section away, or name another folder: mock-alohub init FOLDER",
        )
    return ""


def _there(folder: Path, names: Sequence[str], recipe: Recipe | None, again: str) -> Unwritable:
    """What to say of files that are there; `again` is what was asked for, as options."""
    *others, last = (f"`{folder / name}`" for name in names)
    listed = f"{', '.join(others)} and {last}" if others else last
    them, exist = ("them", "exist") if len(names) > 1 else ("it", "exists")
    if recipe and recipe.shared and [*names] == [recipe.target]:
        hint = f"leave --ci away, and copy what you need from {bundle.path(recipe.file)} into it"
    else:
        hint = f"move {them} away, or name another folder: mock-alohub init FOLDER{again}"
    return Unwritable(f"{listed} {exist} already, so nothing was written", hint=hint)


def _next(folder: Path, starter: Starter | None, recipe: Recipe | None, *, kept: bool) -> Iterator[str]:
    """What to type now, in order."""
    go = "" if folder == HERE else f"cd {shlex.quote(str(folder))} && "
    if starter:
        yield f"{go}{starter.install}"
        yield f"ALOHUB_WEBHOOK_KEY={_KEY} {starter.start}"
        there = shlex.quote(str(folder.resolve()))
        yield f"cd {there} && MOCK_ALOHUB_KEY={_KEY} mock-alohub check   # in a second shell"
    elif not kept:
        yield f"{go}{_EDIT} {settings.FILE}   # url: where your endpoint listens"
        yield "export MOCK_ALOHUB_KEY=the-key-your-endpoint-expects"
        yield "mock-alohub check"
    if recipe and (why := recipe.to_change(starter)):
        yield f"{go if kept else ''}{_EDIT} {recipe.target}   # {why}"


def folder_of(text: str) -> Path:
    """The folder that `text` names. Raises `BadOption` where it names none."""
    if not text.strip():
        raise BadOption("FOLDER is empty", hint="leave it away for the folder you are in")
    return Path(text)
