"""Set-up by the Makefile: what it says where something is missing, and that a lock stays installable."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("make", "sh", "awk", "cat", "dirname", "echo", "grep", "mkdir", "rm", "touch")
OLD_PIP = "23.2.1"
"""The pip of Python 3.11 and 3.12: it looks at the newest release of a package for the extras of another."""

# A package that is installed in place without any tool: what `pip install --editable .` asks of a build backend.
BACKEND = """
import base64, hashlib, pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    files = {
        "toy.pth": str(pathlib.Path.cwd()),
        "toy-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: toy\\nVersion: 1.0\\nRequires-Dist: alpha>=1.0\\n",
        "toy-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: toy\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    with zipfile.ZipFile(pathlib.Path(folder) / "toy-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr("toy-1.0.dist-info/RECORD", "")
    return "toy-1.0-py3-none-any.whl"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has the Makefile of this one, a lock of its own, and a demo that uses what is locked."""
    folder = tmp_path / "project"
    (folder / "examples").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "examples" / "demo.py").write_text(
        "import alpha, beta\nprint('demo with', alpha.VERSION, beta.VERSION)\n"
    )
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "toy"\nversion = "1.0"\ndependencies = ["alpha>=1.0"]\n'
    )
    (folder / "requirements-demo.lock").write_text("")
    return folder


def make(project: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """`make` in `project`: its exit code, and all that it said."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", *arguments], cwd=project, env={**inherited, "PIP_CONFIG_FILE": os.devnull, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=170, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def program(path: Path, *lines: str) -> Path:
    """A shell script at `path`."""
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)
    return path


def test_a_machine_without_python_is_told_what_to_install(project: Path, tmp_path: Path) -> None:
    there = tmp_path / "bin"
    there.mkdir()
    for command in COMMANDS:
        found = shutil.which(command)
        if found:
            (there / command).symlink_to(found)
    code, said = make(project, "demo", PATH=str(there))
    assert code == 2
    assert "error: no Python 3.11 or newer was found" in said
    assert "apt-get install python3 python3-venv" in said


def test_a_python_that_is_too_old_is_named(project: Path, tmp_path: Path) -> None:
    old = program(tmp_path / "python-old", "exit 1")
    code, said = make(project, "demo", f"PYTHON={old}")
    assert code == 2
    assert f"error: {old} is no Python 3.11 or newer" in said


def test_a_python_that_makes_no_environments_is_told_what_to_install(project: Path, tmp_path: Path) -> None:
    words = "ensurepip is not available."
    bare = program(
        tmp_path / "python-bare",
        f'if [ "$2" = venv ]; then mkdir -p .venv; echo "{words}"; exit 1; fi',
        f'exec "{sys.executable}" "$@"',
    )
    code, said = make(project, "demo", f"PYTHON={bare}")
    assert code == 2
    assert words in said
    assert "hint: Debian, Ubuntu: apt-get install python3-venv" in said
    assert not (project / ".venv").exists()


def test_every_locked_version_has_its_hash() -> None:
    for lock in ("requirements-demo.lock", "requirements-dev.lock"):
        entries = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
        assert [entry for entry in entries if " --hash=sha256:" not in entry] == []


def _locked(lock: str) -> dict[str, str]:
    entries = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
    requirements = [Requirement(entry.partition(" --hash")[0].strip()) for entry in entries]
    return {one.name: str(one.specifier).removeprefix("==") for one in requirements}


def test_the_demo_gets_the_versions_of_the_tests() -> None:
    demo, dev = _locked("requirements-demo.lock"), _locked("requirements-dev.lock")
    assert {name: dev[name] for name in demo} == demo


def _wanted(project: dict[str, object], groups: dict[str, list[object]], group: str) -> Iterator[Requirement]:
    for entry in groups[group]:
        if isinstance(entry, dict):
            yield from _wanted(project, groups, entry["include-group"])
        else:
            yield Requirement(str(entry))


@pytest.mark.parametrize(("lock", "group", "extras"), [
    ("requirements-demo.lock", "demo", False),
    ("requirements-dev.lock", "dev", True),
])  # fmt: skip
def test_a_lock_holds_all_that_is_required(lock: str, group: str, extras: bool) -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = configuration["project"]
    wanted = [*_wanted(project, configuration["dependency-groups"], group), *map(Requirement, project["dependencies"])]
    wanted += map(Requirement, configuration["build-system"]["requires"])
    if extras:
        wanted += [
            Requirement(one) for name, ones in project["optional-dependencies"].items() if name != "all" for one in ones
        ]
    locked = _locked(lock)
    assert [str(one) for one in wanted if not one.specifier.contains(locked.get(one.name.lower(), "0"))] == []


# What follows makes real environments: seconds each.


def write_wheel(index: Path, name: str, version: str, *requires: str) -> str:
    """A package of one module in a folder of its own below `index`; its hash."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n"
        + "".join(f"Requires-Dist: {one}\n" for one in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()] + [f"{info}/RECORD,,"]
    folder = index / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in {**files, f"{info}/RECORD": "\n".join(record)}.items():
            wheel.writestr(member, text)
    links = "".join(f'<a href="{one.name}">{one.name}</a>\n' for one in sorted(folder.glob("*.whl")))
    (folder / "index.html").write_text(f"<!doctype html><html><body>{links}</body></html>")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`folder` as a package index; its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def index(project: Path, tmp_path: Path) -> Iterator[str]:
    """An index in which every locked package has a newer release. The newer `beta` has dropped an extra."""
    folder = tmp_path / "index"
    hashes = {
        "alpha": write_wheel(folder, "alpha", "1.0", "beta[more]>=1.0"),
        "beta": write_wheel(folder, "beta", "1.0", "gamma>=1.0; extra == 'more'"),
        "gamma": write_wheel(folder, "gamma", "1.0"),
    }
    lock = "".join(f"{name}==1.0 \\\n    --hash=sha256:{digest}\n" for name, digest in hashes.items())
    for name in ("requirements-demo.lock", "requirements-dev.lock"):
        (project / name).write_text(lock)
    write_wheel(folder, "alpha", "2.0", "beta[more]>=2.0")
    write_wheel(folder, "beta", "2.0", "delta>=1.0; extra == 'more'")
    write_wheel(folder, "gamma", "2.0")
    with served(folder) as url:
        yield url


def environment_with_pip(project: Path, version: str) -> None:
    """Make the environment of `project` with this version of pip, "" for the newest."""
    subprocess.run([sys.executable, "-m", "venv", project / ".venv"], check=True, timeout=100)
    wanted = f"pip=={version}" if version else "pip"
    pip = [str(project / ".venv" / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--upgrade", wanted], check=True, timeout=100)


@pytest.mark.exhaustive
@pytest.mark.parametrize("version", [OLD_PIP, ""], ids=["old", "newest"])
def test_a_lock_is_installed_although_everything_has_a_newer_release(project: Path, index: str, version: str) -> None:
    environment_with_pip(project, version)
    code, said = make(project, "demo", PIP_INDEX_URL=index, PIP_RETRIES="0")
    assert code == 0, said
    assert "making .venv" not in said
    assert "demo with 1.0 1.0" in said


@pytest.mark.exhaustive
def test_an_index_that_is_not_there_is_told_and_the_next_try_goes_on(project: Path, index: str) -> None:
    code, said = make(project, "demo", PIP_INDEX_URL="http://127.0.0.1:9", PIP_RETRIES="0")
    assert code == 2, said
    assert "error: the packages of requirements-demo.lock could not be installed" in said
    assert "PIP_INDEX_URL" in said
    code, said = make(project, "demo", PIP_INDEX_URL=index)
    assert (code, "demo with 1.0 1.0" in said) == (0, True), said


@pytest.mark.exhaustive
def test_an_environment_that_was_moved_is_made_again(project: Path, index: str) -> None:
    make(project, "demo", PIP_INDEX_URL=index)
    moved = project.rename(project.with_name("moved"))
    code, said = make(moved, "demo", PIP_INDEX_URL=index)
    assert code == 0, said
    assert "making .venv" in said
    assert (moved / ".venv" / "lib").exists()
    code, said = make(moved, "demo", PIP_INDEX_URL="http://127.0.0.1:9")
    assert (code, "installing" in said) == (0, False), said


@pytest.mark.exhaustive
def test_packages_that_do_not_fit_together_are_named(project: Path, index: str) -> None:
    lock = project / "requirements-demo.lock"
    lock.write_text(lock.read_text().partition("beta==")[0])
    code, said = make(project, "demo", PIP_INDEX_URL=index)
    assert code == 2
    assert "alpha 1.0 requires beta, which is not installed" in said
    assert "error: the packages of requirements-demo.lock do not fit together" in said
