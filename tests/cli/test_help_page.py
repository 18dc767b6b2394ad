"""The page that is shown without drawing it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.help_page import PAGE, drawn
from tests.cli.running import environment, process


def test_the_page_is_what_the_command_line_would_draw() -> None:
    assert PAGE.read_text(encoding="utf-8") == drawn(), "run `make docs`"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_the_page_is_shown(flag: str) -> None:
    done = process(flag)
    assert (done.code, done.out, done.err) == (0, PAGE.read_text(encoding="utf-8"), "")


def test_showing_it_imports_next_to_nothing() -> None:
    code = "import sys; sys.argv = ['x', '--help']; import mock_alohub.__main__ as m; m.main(); sys.stdout.flush()"
    watch = "; print(*(set(sys.modules) & {'click', 'pathlib', 'typing', 'asyncio'}), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code + watch], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == ""


def test_a_reader_that_is_gone_ends_it_in_silence() -> None:
    line = f"{sys.executable} -m mock_alohub --help | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode in (0, 141), done.stderr) == (True, "")
