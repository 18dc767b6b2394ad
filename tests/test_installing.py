"""What the documents say of installing holds for somebody who has nothing but this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml

from tests.zoo.receiver import Receiver
from tests.zoo.server import Server

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "examples", ROOT / "contract_tests", ROOT / "load", ROOT / ".github")
    for path in (folder.rglob("*.md") if folder != ROOT else folder.glob("*.md"))
    if "node_modules" not in path.parts
)
RECIPES = sorted((ROOT / "examples" / "ci").iterdir())
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

OURSELVES = re.compile(
    r"""pip install [^\n`]*?(\.|[\w./-]*mock-alohub|[\w.-]+\.whl)(?:\[([\w,]+)\])?( @)?(?=['"\s`])"""
)
"""What pip is told to install, the extras that are asked for, and whether it is said where from."""
OPTION = re.compile(r"(?<![\w-])--?[a-z](?:[a-z-]*[a-z])?\b")

each_page = pytest.mark.parametrize("page", [*PAGES, *RECIPES], ids=lambda page: page.relative_to(ROOT).as_posix())


def _section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _first_commands() -> str:
    return README.partition("```sh\n")[2].partition("```")[0]


@each_page
def test_no_page_tells_to_install_from_an_index_that_does_not_have_it(page: Path) -> None:
    told = OURSELVES.finditer(page.read_text())
    assert [match[0] for match in told if match[1] == "mock-alohub" and not match[3]] == []


@each_page
def test_a_page_speaks_of_installing_in_one_place(page: Path) -> None:
    sections = re.split(r"^#+ ", page.read_text(), flags=re.MULTILINE)
    assert sum(bool(OURSELVES.search(section)) for section in sections) <= 1


@each_page
def test_extras_that_a_page_asks_for_exist(page: Path) -> None:
    asked = {extra for match in OURSELVES.finditer(page.read_text()) if match[2] for extra in match[2].split(",")}
    assert asked <= EXTRAS.keys()


@each_page
def test_a_wheel_that_a_page_names_is_of_this_version(page: Path) -> None:
    assert set(re.findall(r"mock_alohub-([\d.]+)-", page.read_text())) <= {PROJECT["version"]}


def test_the_first_commands_install_from_the_repository() -> None:
    assert [match[1] for match in OURSELVES.finditer(_first_commands())] == ["."]


def test_the_output_that_is_shown_names_the_address_of_the_command() -> None:
    assert len(set(re.findall(r"http://[\d.:]+[\w/]*", _section("60 seconds")))) == 1


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_a_recipe_installs_from_where_its_one_variable_says(recipe: Path) -> None:
    lines = [line for line in recipe.read_text().splitlines() if "pip install" in line and "requirements" not in line]
    assert [line.strip(" -") for line in lines] == ['pip install "mock-alohub[contract] @ $CHECKER"']
    assert len(re.findall(r"^ *CHECKER\b", recipe.read_text(), re.MULTILINE)) == 1


def test_the_recipe_uses_the_actions_that_this_repository_uses() -> None:
    def used(path: Path) -> dict[str, str]:
        jobs = yaml.safe_load(path.read_text())["jobs"].values()
        uses = [step["uses"] for job in jobs for step in job["steps"] if "uses" in step]
        return dict(one.split("@") for one in uses)

    recipe, own = used(ROOT / "examples/ci/github-actions.yml"), used(ROOT / ".github/workflows/ci.yml")
    assert {name: recipe[name] for name in own if name in recipe} == own


def _plugins(extra: str) -> list[str]:
    """The plugins of pytest that come with an extra, as modules."""
    found = []
    for requirement in EXTRAS[extra]:
        name = re.split(r"[\[><=~;]", requirement)[0]
        try:
            found += [one.value for one in distribution(name).entry_points.select(group="pytest11")]
        except PackageNotFoundError:  # its marker may leave it out here
            continue
    return found


def _promised(page: Path) -> set[str]:
    """The options of pytest that a page speaks of: in what it says of pytest, in code."""
    paragraphs = re.split(r"\n\n", page.read_text())
    spoken = [text for text in paragraphs if "pytest" in text.lower() and "mock-alohub " not in text]
    code = [piece for text in spoken for piece in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)]
    return {option for piece in code for option in OPTION.findall(piece.partition("\n…")[0])}


def test_options_of_pytest_that_are_promised_come_with_the_extra() -> None:
    loaded = [word for module in (*_plugins("contract"), "mock_alohub.pytest_plugin") for word in ("-p", module)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *loaded, "-c", os.devnull, "--help"],
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    known = {option for line in done.stdout.splitlines() if line.startswith("  -") for option in OPTION.findall(line)}
    pages = [ROOT / name for name in ("README.md", "docs/pytest.md", "docs/ci.md", "contract_tests/README.md")]
    promised = set().union(*map(_promised, pages))
    assert {"-n", "-k", "-x", "--junit-xml", "--alohub-url"} <= promised
    assert promised - known == set()


class Partner(Receiver):
    """An endpoint with the key that README sets."""

    key = "the-key-your-endpoint-expects"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of this repository as somebody gets them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(lambda name: (ROOT / name).is_file(), listed.stdout.splitlines()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.exhaustive
def test_the_first_commands_of_the_readme_work(clone: Path) -> None:
    """Word for word, but for the port. Nothing is fetched: pip finds what is needed beside the tests."""
    commands = _first_commands()
    assert "127.0.0.1:8000" in commands
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(clone),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # the option is a `no`, so 0 is what sets it
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    with Server(Partner()) as server:
        script = commands.replace("http://127.0.0.1:8000", server.origin)
        done = subprocess.run(
            ["sh", "-e", "-c", f"{script}command -v mock-alohub"],
            cwd=clone, env=env, capture_output=True, text=True, timeout=170, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == str(clone / ".venv" / "bin" / "mock-alohub")
    assert any(line.startswith("PASS") for line in done.stdout.splitlines())
