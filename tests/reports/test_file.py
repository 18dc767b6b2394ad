from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.errors import Unwritable
from mock_alohub.reports import FORMATS, STDOUT, named, write
from tests.reports.records import hostile, passing

JSON = named("json", FORMATS)


def unwritable(path: Path) -> Unwritable:
    with pytest.raises(Unwritable) as caught:
        write(passing(), JSON, path)
    return caught.value


def test_a_report_stands_whole_in_its_file(tmp_path: Path) -> None:
    write(hostile(), JSON, tmp_path / "report.json")
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == JSON.render(hostile())


def test_a_report_replaces_the_former_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("former")
    write(passing(), JSON, tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_report_can_be_read_by_others_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write(passing(), JSON, tmp_path / "report.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o644


def test_a_symbolic_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("former")
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    write(passing(), JSON, tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == JSON.render(passing())


def test_standard_output_gets_utf8_after_what_was_printed(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print("before")
    write(passing(), named("terminal", FORMATS), STDOUT)
    assert capfdbinary.readouterr().out == b"before\n" + named("terminal", FORMATS).render(passing()).encode()


def test_a_missing_folder_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    mistake = unwritable(tmp_path / "no" / "report.json")
    assert "its folder does not exist" in mistake.message
    assert mistake.hint == f"mkdir -p {tmp_path / 'no'}"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "it is a folder" in unwritable(tmp_path).message


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot write the json report to" in unwritable(tmp_path / "file" / "report.json").message


def test_a_full_device_is_told() -> None:
    assert "the disk is full" in unwritable(Path("/dev/full")).message


def failing_sync(number: int) -> Any:
    def sync(_: int) -> None:
        raise OSError(number, os.strerror(number))

    return sync


def test_a_full_disk_keeps_the_former_report_and_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.json").write_text("former")
    monkeypatch.setattr(os, "fsync", failing_sync(errno.ENOSPC))
    assert "the disk is full" in unwritable(tmp_path / "report.json").message
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.json", "former")]


def test_a_missing_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests may run as root, whom no mode of a folder stops: so the system's answer is played.
    monkeypatch.setattr(os, "fsync", failing_sync(errno.EACCES))
    assert "no permission" in unwritable(tmp_path / "report.json").message
