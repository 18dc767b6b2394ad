"""`mock-alohub`, and `python -m mock_alohub`."""

from __future__ import annotations

import os
import sys

from mock_alohub import __version__

HELP = "cli/help.txt"
"""The page that `mock-alohub --help` shows, as the command line would draw it; a test compares them."""


def main() -> int:
    """Run the command line of this process and give the exit code."""
    if _answered(sys.argv[1:]):
        return 0
    # Imported here, not above: what draws such a page takes three times as long to import as Python to start.
    from mock_alohub.cli import main as run

    return run()


def _answered(arguments: list[str]) -> bool:
    """Whether the version or the page of help was asked for and printed; where not, the command line finds out why."""
    try:
        if arguments == ["--version"]:
            return _printed(f"mock-alohub {__version__}\n".encode())
        if arguments in (["--help"], ["-h"]):
            folder = __file__.rpartition("__main__")[0]
            with open(f"{folder}{HELP}", "rb") as file:  # noqa: PTH123 - pathlib is half of the time
                return _printed(file.read())
    except (OSError, ValueError):
        pass
    return False


def _printed(text: bytes) -> bool:
    # Past the buffer of sys.stdout: what could not be written must not wait there to fail a second time.
    return os.write(sys.stdout.fileno(), text) == len(text)


if __name__ == "__main__":
    sys.exit(main())
