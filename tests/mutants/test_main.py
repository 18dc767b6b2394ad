from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants import __main__
from tests.mutants.__main__ import main
from tests.mutants.areas import PACKAGE


@pytest.fixture(autouse=True)
def _tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small program; and the signals are as before afterwards."""
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "one.py").write_text("x = a == b\n")
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    monkeypatch.setattr(__main__, "AREAS", {"area": ["one.py"]})
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_list_shows_what_would_be_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "area  mock_alohub/one.py:1  == to !=",
        "    -x = a == b",
        "    +x = a != b",
    ]


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
