"""What stands around the code: workflow, templates and policies name what there is."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_alohub.project import HOME

ROOT = Path(__file__).resolve().parents[1]
GITHUB = ROOT / ".github"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((GITHUB / "workflows").iterdir())
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").iterdir() if path.name != "config.yml")
MANIFESTS = {
    "pip": ("pyproject.toml", "requirements.txt"),
    "npm": ("package.json",),
    "gomod": ("go.mod",),
    "github-actions": (".github/workflows/ci.yml",),
    "docker": ("Dockerfile",),
}
"""A file of which each ecosystem needs one to have something to do."""

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def _steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in _read(workflow)["jobs"].values() for step in job["steps"]]


def test_every_python_that_is_promised_is_tested() -> None:
    tested = _read(GITHUB / "workflows" / "ci.yml")["jobs"]["all"]["strategy"]["matrix"]["python"]
    prefix = "Programming Language :: Python :: 3."
    promised = [f"3.{one.removeprefix(prefix)}" for one in PROJECT["classifiers"] if one.startswith(prefix)]
    assert tested == promised
    assert PROJECT["requires-python"] == f">={tested[0]}"


def test_every_python_is_tested_with_itself() -> None:
    """The Makefile takes the newest Python of a machine unless it is told which."""
    job = _read(GITHUB / "workflows" / "ci.yml")["jobs"]["all"]
    assert job["env"]["PYTHON"] == "python${{ matrix.python }}"
    assert re.search(r"^ifndef PYTHON$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@each_workflow
def test_a_workflow_runs_files_that_are_there(workflow: Path) -> None:
    told = " ".join(step.get("run", "") for step in _steps(workflow))
    paths = re.findall(r"(?:^|\s)(\.?\w[\w.-]*/[\w./-]+)", told)
    assert paths
    assert [path for path in paths if not os.access(ROOT / path, os.X_OK)] == []


@each_workflow
def test_actions_are_those_of_one_major_version(workflow: Path) -> None:
    used = [step["uses"] for step in _steps(workflow) if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", one)] == []


@each_workflow
def test_a_workflow_may_only_read(workflow: Path) -> None:
    assert _read(workflow)["permissions"] == {"contents": "read"}


def test_updates_are_looked_for_where_there_is_something_to_update() -> None:
    updates = _read(GITHUB / "dependabot.yml")["updates"]
    assert {one["package-ecosystem"] for one in updates} == MANIFESTS.keys()
    for one in updates:
        for pattern in one["directories"]:
            found = [place / name for place in _folders(pattern) for name in MANIFESTS[one["package-ecosystem"]]]
            assert any(path.is_file() for path in found), pattern


def _folders(pattern: str) -> list[Path]:
    """The folders that a pattern of dependabot's stands for."""
    return list(ROOT.glob(pattern.strip("/"))) if pattern.strip("/") else [ROOT]


def test_no_requirements_are_forgotten_by_the_updates() -> None:
    (pip,) = [one for one in _read(GITHUB / "dependabot.yml")["updates"] if one["package-ecosystem"] == "pip"]
    looked_at = {folder for pattern in pip["directories"] for folder in _folders(pattern)}
    assert {ROOT, *(path.parent for path in ROOT.glob("examples/*/requirements.txt"))} <= looked_at


@each_form
def test_a_form_asks_for_version_command_and_record_without_the_key(form: Path) -> None:
    fields = {one["id"]: one for one in _read(form)["body"] if "id" in one}
    assert {"version", "command", "report"} <= fields.keys()
    assert fields["version"]["validations"]["required"]
    assert fields["command"]["validations"]["required"]
    assert "without the key" in fields["command"]["attributes"]["description"]
    assert "keys, tokens" in form.read_text()


def test_a_wrong_rule_is_a_false_alarm_or_a_fault_that_was_missed() -> None:
    (kind,) = [one for one in _read(GITHUB / "ISSUE_TEMPLATE" / "rule.yml")["body"] if one.get("id") == "kind"]
    assert [option.partition(":")[0] for option in kind["attributes"]["options"]] == ["False alarm", "Missed"]


def test_security_problems_are_reported_in_private_at_one_place() -> None:
    (link,) = _read(GITHUB / "ISSUE_TEMPLATE" / "config.yml")["contact_links"]
    assert link["url"] == f"{HOME}/security/advisories/new"
    assert f"<{link['url']}>" in (ROOT / "SECURITY.md").read_text()


def test_files_that_the_pull_request_template_names_are_there() -> None:
    named = re.findall(r"`([A-Z]+\.md)`", (GITHUB / "pull_request_template.md").read_text())
    assert named == ["CHANGELOG.md", "CONTRIBUTING.md"]
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_newest_entry_of_the_changelog_is_the_version_of_the_package() -> None:
    newest = re.findall(r"^## \[?([\d.]+)\]?", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
    assert newest == PROJECT["version"]
