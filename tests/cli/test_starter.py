from __future__ import annotations

import subprocess

import pytest

from mock_alohub.cli.starter import EFFECTS, RECIPES, STARTERS, URL, Recipe, Starter
from tests.cli.running import ROOT

each_starter = pytest.mark.parametrize("starter", STARTERS.values(), ids=lambda one: one.name)
each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda one: one.name)


def kept_files(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {line.removeprefix(f"{folder}/") for line in listed.splitlines()}


@each_starter
def test_a_starter_is_the_whole_example(starter: Starter) -> None:
    assert set(starter.files) == kept_files(starter.folder)


@each_starter
def test_the_readme_of_a_starter_names_its_commands_and_its_url(starter: Starter) -> None:
    readme = (ROOT / starter.folder / "README.md").read_text()
    assert [text for text in (starter.install, f"=change-me {starter.start}\n", f"`{URL}`") if text not in readme] == []


def test_the_page_of_the_examples_says_where_effects_are_read() -> None:
    assert f"--effects '{EFFECTS}'" in (ROOT / "examples" / "README.md").read_text()


def test_every_recipe_there_is_can_be_written() -> None:
    assert {recipe.source for recipe in RECIPES.values()} == kept_files("examples/ci")


@each_recipe
def test_a_recipe_without_a_starter_is_the_example(recipe: Recipe) -> None:
    assert recipe.content(None) == (ROOT / recipe.file).read_bytes()


@each_recipe
@each_starter
def test_a_recipe_runs_the_commands_of_the_starter(recipe: Recipe, starter: Starter) -> None:
    lines = [line.strip(" -") for line in recipe.content(starter).decode().splitlines()]
    begin = lines.index(starter.install)
    assert lines[begin + 1] == f"{starter.start} > endpoint.log 2>&1 &"


@each_recipe
def test_a_recipe_names_its_place_at_its_head_or_is_named_after_it(recipe: Recipe) -> None:
    head = recipe.content(None).decode().partition("\n")[0]
    assert recipe.target in head or recipe.target == recipe.source


def test_what_an_image_lacks_is_said_where_it_matters() -> None:
    said = {(recipe.name, starter.name) for recipe in RECIPES.values() for starter in STARTERS.values()
            if recipe.to_change(starter)}  # fmt: skip
    assert said == {("gitlab", "express"), ("gitlab", "go"), ("jenkins", "express"), ("jenkins", "go")}
