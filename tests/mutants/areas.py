"""The parts of the program that the quick tests must guard, and which tests are near a module."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PACKAGE: Final = "mock_alohub"
AREAS: Final[Mapping[str, Sequence[str]]] = {
    "rules": ("check/rules/*.py",),
    "judging": (
        "check/verdict.py",
        "check/expectation.py",
        "check/rule_result.py",
        "check/rule_scheduler.py",
        "check/preflight.py",
        "check/harness.py",
    ),
    "transport": ("delivery/transport*.py", "delivery/connection.py", "delivery/a*.py", "delivery/destination.py"),
    "engine": ("delivery/engine.py", "delivery/dispatcher.py", "delivery/endpoint_queue.py", "delivery/retry.py"),
    "outbox": ("delivery/outbox/*.py", "delivery/call_log.py"),
    "load": (
        "load/schedule.py",
        "load/profiles.py",
        "load/sharding.py",
        "load/counts.py",
        "load/latencies.py",
        "load/verdict.py",
        "load/thresholds.py",
        "percentiles.py",
    ),
    "faults": ("faults/*.py",),
    "providers": ("providers/*.py",),
    "signing": ("messages/signature.py", "messages/policy.py", "messages/credential.py", "messages/masking.py"),
}
"""Each area has the same share of the mutants. The patterns are paths inside the package."""


class UnknownPlace(Exception):
    """A pattern of an area, or one that was asked for, is no file's: the program was changed, and the table was not."""


def modules(root: Path, areas: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The modules of each area, as paths from `root`. Raises UnknownPlace for a pattern that matches nothing."""
    return {
        area: sorted({one for pattern in patterns for one in _found(root, pattern)}) for area, patterns in areas.items()
    }


def _found(root: Path, pattern: str) -> list[str]:
    found = [path.relative_to(root).as_posix() for path in (root / PACKAGE).glob(pattern)]
    if not found:
        raise UnknownPlace(f"`{pattern}` matches no file of {PACKAGE}/: correct the table of areas in {__name__}")
    return found


def near_tests(root: Path, module: str) -> list[str]:
    """The test files that are nearest to `module`, as paths from `root`.

    Those of its name; else of its folder's name; else those that import it; else those of the modules that import it;
    else all of the folder.
    """
    users = _importing(root, module, PACKAGE, "**/*.py")
    return (
        _own_tests(root, module)
        or sorted({test for user in users for test in _own_tests(root, user)})
        or folder_tests(root, module)
    )


def _own_tests(root: Path, module: str) -> list[str]:
    return _named(root, module) or _importing(root, module, "tests", "**/test_*.py")


def _named(root: Path, module: str) -> list[str]:
    inside = Path(module).relative_to(PACKAGE)
    folder, stem = Path("tests") / inside.parent, inside.stem.strip("_")
    patterns = (f"test_{stem}.py", f"test_{stem}_*.py", f"{stem}/test_*.py")
    found = [one for pattern in patterns for one in _paths(root, folder, pattern)]
    if found or folder == Path("tests"):
        return found
    return _paths(root, folder.parent, f"test_{folder.name}.py")


def _importing(root: Path, module: str, folder: str, pattern: str) -> list[str]:
    parts = Path(module).with_suffix("").parts
    around, name = re.escape(".".join(parts[:-1])), re.escape(parts[-1])
    used = re.compile(rf"\b{around}\.{name}\b|from {around} import .*\b{name}\b")
    return [path for path in _paths(root, Path(folder), pattern) if used.search((root / path).read_text())]


def folder_tests(root: Path, module: str) -> list[str]:
    """The test files of the folder that mirrors the one of `module`; of the one around it where there is none."""
    folder = Path("tests") / Path(module).relative_to(PACKAGE).parent
    while not (found := _paths(root, folder, "test_*.py")) and folder != Path("tests"):
        folder = folder.parent
    return found


def _paths(root: Path, folder: Path, pattern: str) -> list[str]:
    return [path.relative_to(root).as_posix() for path in sorted((root / folder).glob(pattern))]
