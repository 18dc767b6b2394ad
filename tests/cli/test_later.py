"""Functions that are imported when they are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mock_alohub import cli
from mock_alohub.cli.later import Later, done_by

PLACES = sorted(
    {
        place
        for file in Path(cli.__file__).parent.glob("*.py")
        for place in re.findall(r"\b(?:Later|done_by)\(\s*\"([^\"]+)\"", file.read_text(encoding="utf-8"))
    }
)


def test_places_are_named() -> None:
    assert len(PLACES) > 10


@pytest.mark.parametrize("place", PLACES)
def test_there_is_a_function_at_every_place_that_is_named(place: str) -> None:
    assert callable(Later(place).found())


def test_a_function_gets_what_it_is_called_with() -> None:
    assert Later("builtins:sorted")([1, 3, 2], reverse=True) == [3, 2, 1]


def test_a_place_is_looked_up_when_it_is_called_and_not_before() -> None:
    nowhere = Later("mock_alohub.no_such_module:function")
    with pytest.raises(ModuleNotFoundError):
        nowhere()


def test_a_declaration_keeps_its_name_and_its_words_and_does_the_work() -> None:
    @done_by("builtins:dict")
    def declared() -> None:
        """Say so."""

    assert (declared.__name__, declared.__doc__, declared(a=1)) == ("declared", "Say so.", {"a": 1})
