"""What a scenario is, and what is said of a file that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from mock_alohub.errors import BadOption, Mistake, UnknownName, Unreadable
from mock_alohub.server.scenarios.scenario import FOLDER, SIZE_LIMIT, Catalogue, Scenario, read
from mock_alohub.specification.specification import Specification

SPECIFICATION: Final = Specification.load()
BUNDLED: Final = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SMALLEST: Final = "title: A story\nsteps:\n  - call: {}\n"


def told(folder: Path, text: str, name: str = "mine.yaml") -> Scenario:
    path = folder / name
    path.write_text(text)
    return read(path, SPECIFICATION)


def complaint(folder: Path, text: str, name: str = "mine.yaml") -> str:
    with pytest.raises(Unreadable) as raised:
        told(folder, text, name)
    return raised.value.message.replace(f"{folder}/", "")


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_scenario_says_what_it_is_about_and_how_it_ends(name: str) -> None:
    scenario = Catalogue(SPECIFICATION).named(name)
    assert scenario.bundled
    assert scenario.title
    assert scenario.story
    assert {"delivered", "dead"} <= scenario.ends.keys()


def test_the_smallest_scenario_is_a_title_and_a_call(tmp_path: Path) -> None:
    scenario = told(tmp_path, SMALLEST)
    assert (scenario.name, scenario.title, scenario.steps, scenario.ends) == ("mine", "A story", ({"call": {}},), {})


@pytest.mark.parametrize(
    ("step", "own"),
    [("call: {}", False), ("advance: 5s", False), ("inbox: { status: 500 }", True), ("listening: false", True)],
)
def test_a_story_about_the_receiver_needs_one_of_its_own(step: str, own: bool, tmp_path: Path) -> None:
    assert told(tmp_path, f"{SMALLEST}  - {step}\n").own_receiver is own


def test_a_policy_needs_a_receiver_of_its_own(tmp_path: Path) -> None:
    assert told(tmp_path, f"{SMALLEST}policy: {{ retries: [1s] }}\n").own_receiver


def test_a_misspelt_word_is_named_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    text = SMALLEST + "  - call: { outcom: busy }\n"
    assert complaint(tmp_path, text) == ("mine.yaml, line 4: unknown member `outcom`; did you mean `outcome`?")


def test_a_value_that_is_none_is_named_with_what_is_allowed(tmp_path: Path) -> None:
    text = SMALLEST + "  - call:\n      count: 2\n      outcome: engaged\n"
    assert complaint(tmp_path, text).startswith(
        "mine.yaml, line 6: `steps.1.call.outcome` is `engaged`; allowed: `answered`, `no_answer`, "
    )


def test_a_step_with_two_verbs_is_refused(tmp_path: Path) -> None:
    said = complaint(tmp_path, SMALLEST + "  - { call: {}, advance: 5s }\n")
    assert said.startswith("mine.yaml, line 4: `steps.1` is an object, wanted one of `call` (beside it `ago`), `inbox`")


def test_a_step_that_is_a_word_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, SMALLEST + "  - call\n").startswith("mine.yaml, line 4: `steps.1` is `call`")


def test_ago_without_a_call_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, SMALLEST + "  - { advance: 5s, ago: 5m }\n").startswith("mine.yaml, line 4: `steps.1`")


def test_a_file_without_steps_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, "title: A story\n") == "mine.yaml, line 1: the file lacks `steps`"


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    said = complaint(tmp_path, "title: A story\nsteps:\n  - advance: soon\n  - listening: perhaps\n")
    assert "line 3" in said
    assert "line 4" in said


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path, SMALLEST + "title: Again\n") == "mine.yaml, line 4: `title` is there twice"


@pytest.mark.parametrize("text", ["title: [", "title: {a: b", "- :\n\t- x", "&a [*a"])
def test_what_is_not_yaml_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text).startswith("mine.yaml, line ")


@pytest.mark.parametrize("text", ["", "hello", "- 1", "null"])
def test_what_is_no_mapping_is_refused(text: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text).startswith("mine.yaml, line 1: the file is ")


def test_times_stay_as_they_are_written(tmp_path: Path) -> None:
    scenario = told(tmp_path, "title: A story\nsteps:\n  - call: { at: 2026-01-13T15:00:30 }\n")
    assert scenario.steps[0]["call"]["at"] == "2026-01-13T15:00:30"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable, match="is not UTF-8"):
        read(tmp_path / "mine.yaml", SPECIFICATION)


def test_a_file_beyond_every_measure_is_refused(tmp_path: Path) -> None:
    assert "too much" in complaint(tmp_path, SMALLEST + "#" * SIZE_LIMIT)


def test_a_name_that_cannot_stand_in_a_path_is_refused(tmp_path: Path) -> None:
    assert "`My Story` is no name" in complaint(tmp_path, SMALLEST, "My Story.yaml")


def test_more_calls_than_can_be_read_are_refused(tmp_path: Path) -> None:
    steps = "  - call: { count: 1000 }\n" * 11
    assert complaint(tmp_path, f"title: Much\nsteps:\n{steps}") == "mine.yaml: a scenario has at most 10,000 calls"


def test_scenarios_of_a_folder_stand_beside_the_bundled_ones(tmp_path: Path) -> None:
    told(tmp_path, SMALLEST)
    names = [one.name for one in Catalogue(SPECIFICATION, tmp_path).all()]
    assert names == sorted([*BUNDLED, "mine"])


def test_a_bundled_scenario_is_not_replaced_by_accident(tmp_path: Path) -> None:
    told(tmp_path, SMALLEST, "busy.yml")
    with pytest.raises(BadOption, match="has the name of a bundled scenario"):
        Catalogue(SPECIFICATION, tmp_path)


def test_two_files_with_one_name_are_refused(tmp_path: Path) -> None:
    told(tmp_path, SMALLEST, "mine.yml")
    told(tmp_path, SMALLEST, "mine.yaml")
    with pytest.raises(Unreadable, match="one name"):
        Catalogue(SPECIFICATION, tmp_path)


def test_a_flaw_in_a_folder_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: A story\n")
    with pytest.raises(Unreadable, match=r"mine\.yaml, line 1"):
        Catalogue(SPECIFICATION, tmp_path)


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_scenarios_is_a_mistake(folder: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Mistake, match="there is no"):
        Catalogue(SPECIFICATION, tmp_path / folder)


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `duplicate-storm`"):
        Catalogue(SPECIFICATION).named("duplicate-strom")
