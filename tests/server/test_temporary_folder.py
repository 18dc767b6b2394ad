"""Folders of databases that nobody keeps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mock_alohub.server.temporary_folder import NAME, remove, thrown_away


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def left_behind(where: Path, *files: str) -> Path:
    """A folder as a killed server leaves it."""
    with thrown_away() as folder:
        name = folder.name
    left = where / name
    left.mkdir()
    for file in files:
        (left / file).touch()
    os.utime(left, (0, 0))
    return left


def test_a_folder_and_its_database_are_gone_afterwards(tmp_path: Path) -> None:
    with thrown_away() as folder:
        (folder / NAME).touch()
        (folder / f"{NAME}-wal").touch()
        assert folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    left = left_behind(tmp_path, NAME, f"{NAME}.lock")
    with thrown_away():
        assert not left.exists()


def test_what_another_process_uses_stays(tmp_path: Path) -> None:
    with thrown_away() as folder:
        (folder / NAME).touch()
        os.utime(folder, (0, 0))
        with thrown_away():
            assert (folder / NAME).exists()


def test_a_folder_that_has_just_been_made_stays(tmp_path: Path) -> None:
    left = left_behind(tmp_path)
    os.utime(left)
    with thrown_away():
        assert left.exists()


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    left = left_behind(tmp_path, NAME, "notes.txt")
    with thrown_away():
        assert [file.name for file in left.iterdir()] == ["notes.txt"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / NAME).touch()
    link = left_behind(tmp_path)
    link.rmdir()
    link.symlink_to(target)
    os.utime(link, (0, 0), follow_symlinks=False)
    with thrown_away():
        assert (target / NAME).exists()


def test_to_remove_what_is_gone_is_no_mistake(tmp_path: Path) -> None:
    with thrown_away() as folder:
        remove(folder)
    assert list(tmp_path.iterdir()) == []
