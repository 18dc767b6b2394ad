from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from mock_alohub.check.rule import Rule
from mock_alohub.check.rules import BY_ID, FAMILIES, RULES
from mock_alohub.faults import FAULTS
from mock_alohub.providers import PROVIDERS
from mock_alohub.reports import FORMATS
from tests import house_picture

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mock_alohub"
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SAY_NOTHING = {"utils", "util", "helpers", "helper", "manager", "handler", "handlers", "base", "common", "misc"}
KNOWN_OUTSIDE = {
    "auth.accepts-key": {"run.py", "single_case.py"},  # the first calls are sent in its name
    "ack.every-outcome": {"run.py", "single_case.py"},
    "ack.steady": {"rule_scheduler.py"},  # what fails once and not again is its finding
    "robust.generated": {"harness.py", "__init__.py"},  # hypothesis draws and shrinks there
}
"""Rules that are part of how a run is ordered, and the modules that therefore spell them."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_a_providers_own(path: Path) -> bool:
    """Whether a file tries rules on one provider's webhooks, besides where they are tried on any."""
    return any(provider in path.stem for provider in PROVIDERS)


def _spelling(word: str, files: Iterable[Path]) -> set[Path]:
    """The files that have `word` in quotes. What a member of the zoo tolerates besides, it need not name."""
    return {path for path in files if f'"{word}"' in _text(path)}


@cache
def _text(path: Path) -> str:
    return re.sub(r"tolerated=.*", "", path.read_text())


def test_a_module_can_be_read_in_one_sitting() -> None:
    assert [_name(module) for module in MODULES if len(module.read_text().splitlines()) > 400] == []


def test_a_module_says_what_it_is_for() -> None:
    assert [_name(module) for module in MODULES if not ast.get_docstring(ast.parse(module.read_text()))] == []


def test_a_module_is_named_after_what_is_in_it() -> None:
    assert [_name(module) for module in MODULES if module.stem in SAY_NOTHING] == []


def test_nothing_says_how_it_was_made() -> None:
    said = re.compile(r"\bTODO\b|\bFIXME\b|\bXXX\b")
    assert [_name(module) for module in MODULES if said.search(module.read_text())] == []


@pytest.mark.parametrize("room", sorted({path.relative_to(PACKAGE).parts[0] for path in MODULES}))
def test_every_room_is_in_the_plan_of_the_house(room: str) -> None:
    name = room.removesuffix(".py")
    plan = (ROOT / "ARCHITECTURE.md").read_text()
    assert name.startswith("__") or re.search(rf"[` ]{name}[/` ]", plan)


def test_the_picture_of_the_house_is_drawn_from_the_imports() -> None:
    assert house_picture.PAGE.read_text(encoding="utf-8") == house_picture.page(), "make docs draws it again"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_spelled_in_its_family_and_where_a_run_is_ordered(rule: Rule) -> None:
    spelled = {path.name for path in _spelling(rule.id, MODULES) if path.parent.name != "rules"}
    assert spelled == KNOWN_OUTSIDE.get(rule.id, set())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_adding_a_rule_touches_three_files(rule: Rule) -> None:
    built_on = any(rule.id in other.builds_on for other in RULES)
    if built_on or rule.id in KNOWN_OUTSIDE:
        return
    tests = [path for path in (ROOT / "tests").glob("*/**/*.py") if path.name != "test_init.py"]
    suite = [*(ROOT / "contract_tests").rglob("*.py")]
    # Endpoints of one provider's webhooks may be broken in any way: they are not where a rule is added.
    places = [path for path in tests if {"zoo", "rules"} & set(path.parts) and path.stem not in PROVIDERS]
    assert len(_spelling(rule.id, [*MODULES, *suite, *places])) <= 3


@pytest.mark.parametrize("fault", [one.name for one in FAULTS if "-" in one.name])
def test_adding_a_fault_touches_one_file_of_the_package(fault: str) -> None:
    assert {path.parent.name for path in _spelling(fault, MODULES)} == {"faults"}
    assert len(_spelling(fault, MODULES)) == 1


@pytest.mark.parametrize("name", sorted({one.name for one in FORMATS} - {"json", "html", "terminal"}))
def test_adding_a_format_touches_one_room_of_the_package_and_the_list(name: str) -> None:
    assert {path.parent.name for path in _spelling(name, MODULES) if path.name != "names.py"} <= {"reports"}


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_adding_a_provider_touches_one_room_of_the_package(name: str) -> None:
    assert {path.parent.name for path in _spelling(name, MODULES)} <= {"providers"}


def _may_speak_of(provider: str) -> re.Pattern[str]:
    """The files that CONTRIBUTING.md names."""
    return re.compile(
        r"[A-Z]+\.md|docs/.*|openapi\.yaml|(?:pyproject|schemathesis)\.toml|Makefile"
        rf"|schemas/{provider}/.*|examples/(?:{provider}.*|README\.md)"
        rf"|mock_alohub/providers/(?:{provider}|__init__)\.py"
        rf"|mock_alohub/server/(?:providers/{provider}/\w+|handler_table)\.py"
        rf"|tests/(?:.*{provider}.*|zoo/.*|test_examples\.py)"
    )


@pytest.mark.parametrize("name", sorted(PROVIDERS.keys() - {"alohub"}))
def test_a_providers_name_stands_where_the_guide_says(name: str) -> None:
    found = subprocess.run(["git", "grep", "-il", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [path for path in found.splitlines() if not _may_speak_of(name).fullmatch(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_rules_that_a_page_speaks_of_exist(page: Path) -> None:
    mentioned = re.findall(rf"`((?:{'|'.join(FAMILIES)})\.[a-z0-9-]+)`", page.read_text())
    assert {one for one in mentioned if not one.endswith((".py", ".md"))} <= BY_ID.keys()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_files_that_a_page_speaks_of_exist(page: Path) -> None:
    text = page.read_text()
    mentioned = re.findall(r"`((?:mock_alohub|tests|docs|examples|schemas|contract_tests|benchmarks)/[\w./-]*)`", text)
    linked = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
    missing = [one for one in mentioned if not (ROOT / one).exists()]
    missing += [one for one in linked if not (page.parent / one).exists()]
    assert missing == []
