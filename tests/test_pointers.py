"""What the package says leads to something that its users have: to an address, never to a path that a wheel lacks."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from mock_alohub.cli.starter import RECIPES, STARTERS
from mock_alohub.project import HOME, document_url
from tests.cli.settings_table import verbs

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mock_alohub"
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
BUNDLED = tuple(WHEEL["force-include"])
TEXTS = sorted(
    path
    for place in (PACKAGE, *(ROOT / name for name in BUNDLED))
    for path in (place.rglob("*") if place.is_dir() else [place])
    if path.suffix in {".py", ".md", ".txt", ".html", ".css", ".yaml", ".json"} and "__pycache__" not in path.parts
)
"""Every file of a wheel that somebody may read a sentence of."""
PATH = re.compile(
    r"(?<![\w/.-])(?:(?:\.\./)*(?:docs|examples|tests|benchmarks|schemas|contract_tests|load|\.ci|\.github)/[\w./-]*\w"
    r"|[A-Z]{4,}\.md|Makefile|Dockerfile|(?:compose|openapi)\.yaml)\b"
)
ADDRESS = re.compile(rf"{re.escape(HOME)}[\w./#-]*\w")


def _in_a_wheel(path: str, beside: Path) -> bool:
    """Whether a path that is told in a file of the folder `beside` exists in a wheel."""
    found = {(folder / path).resolve() for folder in (ROOT, beside)}
    return any(
        one.exists() and any(one.is_relative_to(place) for place in (PACKAGE, *(ROOT / name for name in BUNDLED)))
        for one in found
    )


def _sentences(path: Path) -> Iterator[str]:
    """What a file says to users. Of a module: its strings, but no docstring and nothing that an address is made of."""
    text = path.read_text()
    if path.suffix != ".py":
        yield text
        return
    if not (PATH.search(text) or ADDRESS.search(text)):
        return
    nodes = list(ast.walk(ast.parse(text)))
    unsaid = {id(node.args[0]) for node in nodes if _makes_address(node)}
    unsaid |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unsaid:
            yield node.value


def _makes_address(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == document_url.__name__


def _documents() -> Iterator[str]:
    """The documents of the repository that modules make addresses of."""
    texts = (path.read_text() for path in PACKAGE.rglob("*.py"))
    for text in (one for one in texts if f"{document_url.__name__}(" in one):
        for call in filter(_makes_address, ast.walk(ast.parse(text))):
            (named,) = call.args
            assert isinstance(named, ast.Constant)
            yield str(named.value)


@pytest.fixture(scope="module")
def said() -> list[tuple[Path, str]]:
    """Every sentence, and the file that it stands in."""
    return [(path, sentence) for path in TEXTS for sentence in _sentences(path)]


def test_a_path_that_is_told_is_in_the_wheel(said: list[tuple[Path, str]]) -> None:
    told = [(file, path) for file, sentence in said for path in PATH.findall(ADDRESS.sub("", sentence))]
    written = {name for one in STARTERS.values() for name in one.files} | {one.target for one in RECIPES.values()}
    told = [(file, path) for file, path in told if not (file.name == "starter.py" and path in written)]  # by `init`
    assert told
    assert [(str(file), path) for file, path in told if not _in_a_wheel(path, file.parent)] == []


def test_an_address_of_the_project_that_is_told_leads_to_a_file(said: list[tuple[Path, str]]) -> None:
    told = {address.partition("#")[0] for _, sentence in said for address in ADDRESS.findall(sentence)} - {HOME}
    assert len(told) >= 4
    assert [one for one in told if not (ROOT / one.removeprefix(f"{HOME}/blob/HEAD/")).is_file()] == []


def test_documents_that_modules_point_to_are_there() -> None:
    named = list(_documents())
    assert "docs/scenarios.md" in named
    assert [one for one in named if not (ROOT / one).is_file()] == []


def test_a_path_that_the_help_of_a_verb_tells_is_in_the_wheel() -> None:
    told = [(verb, path) for verb, command in verbs() for path in PATH.findall(command.help or "")]
    assert [(verb, path) for verb, path in told if not _in_a_wheel(path, PACKAGE)] == []


def test_a_document_has_an_address() -> None:
    assert document_url("docs/scenarios.md") == f"{HOME}/blob/HEAD/docs/scenarios.md"


@pytest.mark.parametrize("sentence", ["docs/scenarios.md describes them", "more in ../docs/cli.md", "see README.md"])
def test_a_path_that_a_wheel_lacks_is_found(sentence: str) -> None:
    assert [one for one in PATH.findall(sentence) if not _in_a_wheel(one, PACKAGE)]
