from __future__ import annotations

import os
from pathlib import Path

import pytest

from mock_alohub.cli.new_files import create, demand_room, taken
from mock_alohub.errors import Unwritable

TOO_LONG = "x" * 300


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_files_are_written_with_the_folders_that_they_need(tmp_path: Path) -> None:
    create(tmp_path / "new" / "one", {"a": b"1", ".b/c/d": b"2"})
    assert there(tmp_path / "new") == {"one", "one/a", "one/.b", "one/.b/c", "one/.b/c/d"}
    assert (tmp_path / "new/one/.b/c/d").read_bytes() == b"2"


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="file name too long"):
        create(tmp_path / "new", {"a": b"1", "b/c": b"2", TOO_LONG: b"3"})
    assert there(tmp_path) == set()


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(Unwritable):
        create(tmp_path, {"a": b"1", TOO_LONG: b"2"})
    assert there(tmp_path) == {"mine"}


def test_a_file_that_came_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(Unwritable, match="b`: file exists"):
        create(tmp_path, {"a": b"1", "b": b"2"})
    assert (there(tmp_path), (tmp_path / "b").read_text()) == ({"b"}, "mine")


def test_a_link_that_came_meanwhile_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unwritable):
        create(tmp_path, {"b": b"2"})
    assert there(tmp_path) == {"b"}


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_file: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "new", {"a": b"1"})
    assert there(tmp_path) == set()


def test_a_link_to_nothing_is_in_the_way_as_well(tmp_path: Path) -> None:
    (tmp_path / "b").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c").mkdir()
    assert taken(tmp_path, ["a", "b", "c", "d/e"]) == ["b", "c"]


def test_a_missing_folder_has_room(tmp_path: Path) -> None:
    demand_room(tmp_path / "new", [".github/workflows/a.yml"])


def test_a_link_to_a_folder_has_room(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    demand_room(tmp_path / "link", ["a"])


@pytest.mark.parametrize(("name", "said"), [("file", "is a file"), ("lost", "is a symbolic link to nothing")])
def test_what_is_no_folder_has_none(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Unwritable, match=said):
        demand_room(tmp_path / name, ["a"])


def test_a_file_in_the_place_of_a_folder_in_it_has_none(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("")
    with pytest.raises(Unwritable, match=r"\.github` is a file"):
        demand_room(tmp_path, [".github/workflows/a.yml"])


def test_a_folder_in_it_that_is_a_link_has_none(tmp_path: Path) -> None:
    (tmp_path / ".github").symlink_to(tmp_path)
    with pytest.raises(Unwritable, match="nothing is written behind it"):
        demand_room(tmp_path, [".github/workflows/a.yml"])


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="file name too long"):
        demand_room(tmp_path / TOO_LONG, ["a"])
