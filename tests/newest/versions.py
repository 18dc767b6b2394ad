"""Versions of packages: those of a lock, those of an environment, and where they differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

Versions = Mapping[str, str]
"""The version of each package, by its canonical name."""

_LOCKED: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A package of which there is another version than the locked one."""

    name: str
    locked: str
    newest: str

    def __str__(self) -> str:
        return f"{self.name} {self.locked} → {self.newest}"


def locked_versions(lock: str) -> dict[str, str]:
    """What a requirements file with `name==version` lines pins; hashes and markers are left away."""
    return {canonicalize_name(name): version for name, version in _LOCKED.findall(lock)}


def installed_versions(site_packages: Path) -> dict[str, str]:
    """What is installed in a folder of packages."""
    found = distributions(path=[str(site_packages)])
    return {canonicalize_name(package.metadata["Name"]): package.version for package in found}


def constraints(pins: Versions) -> str:
    """A constraints file for pip."""
    return "".join(f"{name}=={version}\n" for name, version in sorted(pins.items()))


def changes(installed: Versions, locked: Versions, direct: Iterable[str] = ()) -> list[Change]:
    """Installed packages that differ from the lock, those of `direct` first."""
    first = set(direct)
    differing = [name for name, version in installed.items() if locked.get(name, version) != version]
    return [
        Change(name, locked[name], installed[name])
        for name in sorted(differing, key=lambda name: (name not in first, name))
    ]
