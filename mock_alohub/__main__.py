"""`mock-alohub`, and `python -m mock_alohub`."""

from __future__ import annotations

import os
import sys

HELP = "cli/help.txt"
"""The page that `mock-alohub --help` shows, as the command line would draw it; a test compares them."""


def main() -> int:
    """Run the command line of this process and give the exit code."""
    if sys.argv[1:] in (["--help"], ["-h"]) and _shown_help():
        return 0
    # Imported here, not above: what draws such a page takes three times as long to import as Python to start.
    from mock_alohub.cli import main as run

    return run()


def _shown_help() -> bool:
    """Whether the page could be printed; where not, the command line finds out why."""
    folder = __file__.rpartition("__main__")[0]
    try:
        with open(f"{folder}{HELP}", "rb") as file:  # noqa: PTH123 - pathlib is half of the time
            page = file.read()
        # Past the buffer of sys.stdout: what could not be written must not wait there to fail a second time.
        return os.write(sys.stdout.fileno(), page) == len(page)
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
