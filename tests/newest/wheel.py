"""The wheel as its own metadata describes it: which extras there are, and what each of them requires."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.newest.environment import demand_success, done

BARE: Final = "bare"
"""The name of the wheel without an extra."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A built wheel. `required` are the packages that it requires directly, by extra; `BARE` is one of them."""

    path: Path
    required: Mapping[str, frozenset[str]]

    def requirement(self, extra: str) -> str:
        """What pip is asked to install."""
        return str(self.path) if extra == BARE else f"{self.path}[{extra}]"

    def direct(self, extra: str) -> frozenset[str]:
        """The packages that somebody gets by the wheel's own wish."""
        return self.required[BARE] | self.required[extra]


def build(checkout: Path, folder: Path) -> Wheel:
    """Build the wheel of a checkout into `folder`. Raises `Failed`."""
    isolation = ["--no-isolation"] if find_spec("hatchling") else []
    command = [sys.executable, "-m", "build", "--wheel", *isolation, "--outdir", str(folder), str(checkout)]
    demand_success(done(command))
    (built,) = folder.glob("*.whl")
    return read(built)


def read(path: Path) -> Wheel:
    """The wheel in a file."""
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Wheel(path, required(archive.read(name).decode()))


def required(metadata: str) -> dict[str, frozenset[str]]:
    """What a METADATA file requires, by extra, `BARE` first. An extra holds what it adds to the bare wheel."""
    fields = HeaderParser().parsestr(metadata)
    wishes = [Requirement(text) for text in fields.get_all("Requires-Dist", [])]
    bare = _wanted(wishes, "")
    extras = {extra: _wanted(wishes, extra) - bare for extra in fields.get_all("Provides-Extra", [])}
    return {BARE: bare, **extras}


def _wanted(wishes: list[Requirement], extra: str) -> frozenset[str]:
    wanted = (wish for wish in wishes if wish.marker is None or wish.marker.evaluate({"extra": extra}))
    return frozenset(canonicalize_name(wish.name) for wish in wanted)
