"""The wheel, installed where no checkout is: only what it holds can be found there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from importlib.util import find_spec
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mock_alohub.check.rules import BY_ID
from mock_alohub.cli.starter import RECIPES, STARTERS, Starter
from mock_alohub.errors import MissingExtra
from mock_alohub.load.record import read_load_record
from mock_alohub.project import HOME, ISSUES
from mock_alohub.reports.record import read_record
from tests.cli.running import Done, offered
from tests.zoo.receiver import KEY, WEBHOOK, Receiver
from tests.zoo.server import Server

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = {"openapi.yaml", "schemas", "contract_tests", "load", "examples"}
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONNOUSERSITE": "1"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    out = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-isolation"] if find_spec("hatchling") and find_spec("hatch_fancy_pypi_readme") else []
    command = [sys.executable, "-m", "build", "--wheel", *isolation, "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=170)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


def _below(names: list[str], folder: str) -> set[str]:
    return {name.removeprefix(folder).partition("/")[0] for name in names if name.startswith(folder)}


def test_a_wheel_holds_one_package_and_its_description(names: list[str], wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    assert _below(names, "") == {"mock_alohub", f"mock_alohub-{version}.dist-info"}


def test_a_wheel_holds_the_files_that_are_no_modules(names: list[str]) -> None:
    assert _below(names, "mock_alohub/_bundled/") == BUNDLED


def test_a_wheel_holds_every_module(names: list[str]) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mock_alohub").rglob("*.py")}
    assert {name for name in names if name.endswith(".py") and "/_bundled/" not in name} == modules


@pytest.mark.parametrize("folder", ["schemas", "contract_tests", "load", "examples/ci"])
def test_a_wheel_holds_the_whole_folder(folder: str, names: list[str]) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert {name.removeprefix("mock_alohub/_bundled/") for name in names if f"/_bundled/{folder}/" in name} >= there


def test_of_the_examples_a_wheel_holds_what_init_writes(names: list[str]) -> None:
    starters = {f"{starter.folder}/{name}" for starter in STARTERS.values() for name in starter.files}
    of_wheel = {name.removeprefix("mock_alohub/_bundled/") for name in names if "/_bundled/examples/" in name}
    assert of_wheel == starters | {recipe.file for recipe in RECIPES.values()}


def test_a_wheel_holds_templates_and_types(names: list[str]) -> None:
    templates = {
        f"mock_alohub/{name}" for name in ("reports/templates/report.html", "load/reports/templates/load.html")
    }
    assert {"mock_alohub/py.typed", *templates} <= set(names)


def test_a_wheel_holds_every_bundled_scenario(names: list[str]) -> None:
    stories = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mock_alohub" / "server" / "scenarios" / "bundled").iterdir()
    }
    assert {name for name in names if name.startswith("mock_alohub/server/scenarios/bundled/")} == stories


def test_a_wheel_holds_nothing_else(names: list[str]) -> None:
    unwanted = ("__pycache__", ".pyc", "/tests/", "node_modules", ".sqlite3", ".hypothesis", ".pytest_cache")
    assert [name for name in names if any(part in name for part in unwanted)] == []


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """What a package index is told."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def addresses(metadata: Message) -> list[str]:
    """Where the links and pictures of the description lead."""
    tokens = MarkdownIt("commonmark").enable("table").parse(_description(metadata))
    found = [str(one.attrs.get("href") or one.attrs.get("src") or "") for one in _every(tokens)]
    return [one for one in found if one]


def _description(metadata: Message) -> str:
    text = metadata.get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode()


def _every(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or ())


def _project_urls(metadata: Message) -> dict[str, str]:
    return {label: url for label, _, url in (line.partition(", ") for line in metadata.get_all("Project-URL", []))}


def test_the_description_is_the_readme(metadata: Message) -> None:
    assert metadata["Description-Content-Type"] == "text/markdown"
    headings = re.findall(r"^## .*", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert re.findall(r"^## .*", _description(metadata), re.MULTILINE) == headings


def test_the_description_has_the_links_of_the_readme(addresses: list[str]) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse((ROOT / "README.md").read_text())
    assert len(addresses) == sum("href" in one.attrs or "src" in one.attrs for one in _every(tokens)) > 20


def test_the_description_needs_no_file_beside_it(addresses: list[str], metadata: Message) -> None:
    assert [one for one in addresses if not one.startswith("https://")] == []
    assert "html_block" not in {token.type for token in MarkdownIt("commonmark").parse(_description(metadata))}


def test_what_the_description_and_the_project_urls_lead_to_is_in_the_repository(
    addresses: list[str], metadata: Message
) -> None:
    inside = [one.partition("#")[0] for one in (*addresses, *_project_urls(metadata).values()) if one.startswith(HOME)]
    kinds = {"blob": Path.is_file, "raw": Path.is_file, "tree": Path.is_dir}
    paths = [one.removeprefix(f"{HOME}/").split("/", 2) for one in inside if one not in {HOME, ISSUES}]
    assert [one for one in paths if one[1] != "HEAD" or not kinds[one[0]](ROOT / one[2])] == []


def test_pictures_of_the_description_are_files_and_not_pages_about_them(addresses: list[str]) -> None:
    pictures = [one for one in addresses if one.endswith((".png", ".svg"))]
    assert pictures
    assert all(one.startswith(f"{HOME}/raw/HEAD/") for one in pictures)


def test_the_project_has_one_address(metadata: Message) -> None:
    urls = _project_urls(metadata)
    assert urls.keys() == {"Homepage", "Documentation", "Source", "Changelog", "Issues"}
    assert (urls["Homepage"], urls["Source"], urls["Issues"]) == (HOME, HOME, ISSUES)
    assert {url[: len(HOME)] for url in urls.values()} == {HOME}
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["metadata"]["hooks"]
    replacements = [one["replacement"] for one in hooks["fancy-pypi-readme"]["substitutions"]]
    assert [one for one in replacements if f"({HOME}" not in one] == []


@dataclass(frozen=True, slots=True)
class Installed:
    """A fresh environment with the wheel in it, and an empty folder to work in."""

    environment: Path
    folder: Path

    def run(self, *command: str, stdin: bytes = b"", code: int = 0) -> str:
        """Run a command of the environment; what it printed."""
        done = self.done(*command, stdin=stdin)
        assert done.code == code, done.said
        return done.out

    def done(self, *command: str, stdin: bytes = b"") -> Done:
        """Run a command of the environment, however it ends."""
        program = str(self.environment / "bin" / command[0])
        ran = subprocess.run(
            [program, *command[1:]],
            cwd=self.folder, env=ENVIRONMENT, input=stdin, capture_output=True, timeout=170, check=False,
        )  # fmt: skip
        return Done(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a fresh environment. The packages it depends on, and only they, are those of the tests."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, timeout=170)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    # Of a folder that is named in a .pth file the .pth files are not read: the checkout stays out of reach.
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(environment, tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(Receiver()) as server:
        yield f"{server.origin}{WEBHOOK}"


def test_what_is_imported_comes_from_the_wheel(installed: Installed) -> None:
    printed = installed.run("python", "-c", "import mock_alohub; print(mock_alohub.__file__)")
    assert Path(printed.strip()).is_relative_to(installed.environment)


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_bundled_files_are_found_in_the_wheel(name: str, installed: Installed) -> None:
    printed = installed.run("python", "-m", "mock_alohub.bundle", name)
    assert Path(printed.strip()).is_relative_to(installed.environment)


@pytest.mark.exhaustive
def test_pip_adds_an_extra_to_what_is_installed_and_looks_for_it_nowhere(installed: Installed) -> None:
    """As the hint of `MissingExtra` says. Nothing can be fetched here; all that the extras ask for is borrowed."""
    extras = ("contract", "server", "load")
    assert [MissingExtra("this", one).hint for one in extras] == [f"pip install 'mock-alohub[{one}]'" for one in extras]
    pip = [sys.executable, "-m", "pip", "--python", str(installed.environment / "bin" / "python")]
    done = subprocess.run(
        [*pip, "install", "--dry-run", "--no-index", f"mock-alohub[{','.join(extras)}]"],
        cwd=installed.folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert (done.returncode, "Would install" in done.stdout) == (0, False), done.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("recipe", sorted((ROOT / "examples" / "ci").iterdir()), ids=lambda path: path.name)
def test_a_recipe_for_ci_installs_from_a_wheel(recipe: Path, installed: Installed, wheel: Path) -> None:
    (command,) = re.findall(r"pip install .*CHECKER.*", recipe.read_text())
    env = {
        "PATH": f"{Path(sys.executable).parent}:{ENVIRONMENT['PATH']}",
        "CHECKER": wheel.as_uri(),
        "PIP_PYTHON": str(installed.environment / "bin" / "python"),
        "PIP_DRY_RUN": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FORCE_REINSTALL": "1",
        "PIP_NO_DEPS": "1",
    }
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=installed.folder, env=ENVIRONMENT | env, capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"Would install mock-alohub-{wheel.name.split('-')[1]}"


@pytest.mark.exhaustive
def test_an_endpoint_can_be_checked(installed: Installed, url: str) -> None:
    installed.run("mock-alohub", "check", url, "--key", KEY, "--generated", "4", "--report", "json=report.json")
    record = read_record((installed.folder / "report.json").read_bytes())
    assert (record["verdict"], len(record["rules"]), record["counts"]["crashed"]) == ("pass", len(BY_ID), 0)


def test_generated_messages_are_valid(installed: Installed) -> None:
    messages = installed.run("mock-alohub", "generate", "--count", "3", "--seed", "1")
    assert messages.count("call_id") == 3
    installed.run("mock-alohub", "validate", stdin=messages.encode())


def test_rules_are_listed(installed: Installed) -> None:
    printed = installed.run("mock-alohub", "rules")
    assert all(rule_id in printed for rule_id in BY_ID)


def test_a_report_can_be_rendered(installed: Installed, url: str) -> None:
    installed.run("mock-alohub", "check", url, "--key", KEY, "--rule", "ack.steady", "--report", "html=report.html")
    assert (installed.folder / "report.html").read_text().startswith("<!doctype html>")


@pytest.mark.exhaustive
def test_an_endpoint_can_be_loaded(installed: Installed, url: str) -> None:
    options = (
        "--key",
        KEY,
        "--rate",
        "20",
        "--duration",
        "1s",
        "--report",
        "json=load.json",
        "--report",
        "html=load.html",
    )
    done = offered(lambda: installed.done("mock-alohub", "load", url, *options))
    assert done.code == 0, done.said
    record = read_load_record((installed.folder / "load.json").read_bytes())
    assert (record["verdict"], record["first_attempts"]["late"]) == ("pass", 0)
    assert (installed.folder / "load.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("starter", STARTERS.values(), ids=lambda starter: starter.name)
def test_a_start_can_be_written(starter: Starter, installed: Installed) -> None:
    installed.run("mock-alohub", "init", starter.name, "--endpoint", starter.name)
    written = {name: (installed.folder / starter.name / name).read_bytes() for name in starter.files}
    assert written == {name: (ROOT / starter.folder / name).read_bytes() for name in starter.files}


@pytest.mark.exhaustive
def test_the_pytest_suite_runs(installed: Installed, url: str) -> None:
    suite = installed.run("python", "-m", "mock_alohub.bundle", "contract_tests").strip()
    options = ["--alohub-url", url, "--alohub-key", KEY, "--alohub-generated", "4", "-p", "no:cacheprovider", "-q"]
    printed = installed.run("python", "-m", "pytest", suite, *options)
    assert " passed" in printed
