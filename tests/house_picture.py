"""The picture of the floors in ARCHITECTURE.md, drawn from the imports (`python -m tests.house_picture`)."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- picture: make docs -->\n", "<!-- end of picture -->\n"
_PACKAGE = ROOT / "mock_alohub"


def floors() -> list[list[str]]:
    """The rooms of each floor, the highest first, as the contract of import-linter has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers: list[str] = contracts[0]["layers"]
    return [layer.split(" : ") for layer in layers]


def picture() -> str:
    """A line for each room: its floor, its size, and the rooms that it imports, the highest first."""
    order = [room for floor in floors() for room in floor]
    lines = []
    for number, floor in zip(range(len(floors()), 0, -1), floors(), strict=True):
        if number == 1:
            lines.append(f"1  {' '.join(floor)}")
            continue
        for room in floor:
            used = set(_imported(room)) - set(floors()[-1]) - {room}
            arrows = " ".join(one for one in order if one in used)
            size = f"{len(_files(room))} files"
            lines.append(f"{number}  {room:<14}{size:>9}  {'-> ' + arrows if arrows else ''}".rstrip())
    return "```\n" + "\n".join(lines) + "\n```\n"


def page() -> str:
    """The page with the picture of today."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}{picture()}{END}{rest.partition(END)[2]}"


def _files(room: str) -> list[Path]:
    return sorted((_PACKAGE / room).rglob("*.py")) or [_PACKAGE / f"{room}.py"]


def _imported(room: str) -> Iterator[str]:
    for path in _files(room):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            package, _, inner = node.module.partition(".")
            if package == "mock_alohub":
                yield from [inner.partition(".")[0]] if inner else [alias.name for alias in node.names]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
