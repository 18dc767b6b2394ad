from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import main


def test_a_list_shows_what_would_be_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--count", "1", "--only", "*/faults/*"]) == 0
    place, before, after = capsys.readouterr().out.splitlines()
    assert place.startswith("faults  mock_alohub/faults/")
    assert (before[:5], after[:5]) == ("    -", "    +")


def test_modules_that_do_not_exist_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "*/nowhere.py"]) == 2
    assert capsys.readouterr().err == "error: `*/nowhere.py` matches no module of any area\n"


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_count_is_at_least_one(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--count", count])
    assert f"`{count}` is no whole number from 1 on" in capsys.readouterr().err


def test_a_report_needs_its_folder_before_anything_is_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--report", str(tmp_path / "missing" / "report.md")])
    assert "does not exist: make it first" in capsys.readouterr().err
