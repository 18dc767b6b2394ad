"""The page that `mock-alohub --help` shows; `python -m tests.cli.help_page` writes it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mock_alohub
from mock_alohub.__main__ import HELP
from tests.cli.running import environment

PAGE = Path(mock_alohub.__file__).parent / HELP
_DRAW = "import sys; from mock_alohub.cli import main; sys.exit(main(['--help']))"


def drawn() -> str:
    """The page as the command line draws it, 80 columns wide."""
    command = [sys.executable, "-c", _DRAW]
    return subprocess.run(command, env=environment(COLUMNS="80"), capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    PAGE.write_text(drawn(), encoding="utf-8")
