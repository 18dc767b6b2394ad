"""Where the files lie that are not Python modules: specification, schemas, contract tests, load profiles.

In a checkout they stand at the top of the tree; in a wheel they are under `mock_alohub/_bundled/`. `path` finds them
in both. `python -m mock_alohub.bundle contract_tests` prints where one of them is.
"""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_bundled"
ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent
"""The folder that holds `openapi.yaml`, `schemas/`, `contract_tests/` and `load/`."""


def path(name: str) -> Path:
    """The absolute path of the bundled file or folder `name`, e.g. `openapi.yaml`, `schemas`, `contract_tests`."""
    found = ROOT / name
    if not found.exists():
        raise FileNotFoundError(f"the installation lacks {name} (looked in {ROOT})")
    return found


if __name__ == "__main__":
    print(path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
