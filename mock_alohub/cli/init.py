"""`mock-alohub init`: the files to begin with."""

from __future__ import annotations

from typing import Final

import click

from mock_alohub.cli.later import Later, done_by
from mock_alohub.cli.option import Parsed, one_of
from mock_alohub.cli.starter import RECIPES, STARTERS
from mock_alohub.cli.verb import Verb

_FOLDER: Final = Parsed("FOLDER", Later("mock_alohub.cli.actions.init:folder_of"))
EXIT_CODES: Final = {"0": "all files are written", "2": "wrong usage; a file is there already: nothing is written"}


@click.command(
    cls=Verb,
    reads_settings=False,
    lists={
        "Starters": {name: starter.summary for name, starter in STARTERS.items()},
        "Recipes": {name: f"{recipe.system}: {recipe.target}" for name, recipe in RECIPES.items()},
        "Exit codes": EXIT_CODES,
    },
)
@click.argument("folder", required=False, type=_FOLDER, metavar="[FOLDER]", default=".")
@click.option("--endpoint", "starter_name", type=one_of("starter", STARTERS), metavar="STARTER",
              help="Write an endpoint that keeps the whole contract, to begin with.")  # fmt: skip
@click.option("--ci", "recipe_name", type=one_of("recipe", RECIPES), metavar="RECIPE",
              help="Write what makes your CI run the check for every change.")  # fmt: skip
@done_by("mock_alohub.cli.actions.init:init")
def init() -> None:
    """Write the files to begin with: settings, an endpoint, a recipe for CI.

    Writes mock-alohub.toml into FOLDER (the folder you are in when none is named), with every common setting explained.
    A file that is there already is never written over; then nothing is written at all.
    """
