"""`docs/server.md` is true: its commands run, its lists are the program's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mock_alohub import __name__ as package
from mock_alohub.bundle import ROOT
from mock_alohub.faults import FAULTS
from mock_alohub.server.metrics import Metrics
from tests.server.running import Server, running

PAGE = (ROOT / "docs" / "server.md").read_text(encoding="utf-8")
ANY_PROVIDER = re.findall(r"\n## Any other provider\n.*?(?=\n## )", PAGE, re.DOTALL)[0]
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE.replace(ANY_PROVIDER, ""), re.DOTALL)
DOCUMENT = ROOT / "examples" / "any_provider_endpoint" / "openapi.yaml"
STRICTLY = 'set -euo pipefail; curl() { command curl --fail-with-body --silent --show-error "$@"; }\n'


def ran(commands: list[str], server: Server, folder: Path) -> str:
    """What those blocks of commands that speak to a server say to `server`."""
    script = "\n".join(block for block in commands if "$MOCK" in block)
    script = script.replace("export MOCK=http://127.0.0.1:8080\n", "")
    environment = {**os.environ, "MOCK": server.url, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", STRICTLY + script],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr
    return done.stdout


def test_every_command_of_the_page_runs(tmp_path: Path) -> None:
    with running(cwd=tmp_path) as server:
        assert '"answered":200' in ran(COMMANDS, server, tmp_path)


@pytest.mark.exhaustive
def test_the_commands_for_any_provider_run_with_its_document(tmp_path: Path) -> None:
    with running("--spec", str(DOCUMENT), "--endpoint", "http://127.0.0.1:9/orders", cwd=tmp_path) as server:
        assert '"deliveries":40' in ran(re.findall(r"```sh\n(.*?)```", ANY_PROVIDER, re.DOTALL), server, tmp_path)


def test_the_page_names_every_fault() -> None:
    assert [fault.name for fault in FAULTS if f"`{fault.name}`" not in PAGE] == []


def test_the_page_names_every_metric() -> None:
    text = Metrics().exposed().decode()
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {name for name in families if name.startswith(package) and f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize("option", re.findall(r"--[a-z][a-z-]+", PAGE.partition("## Three minutes")[2]))
def test_the_page_names_no_option_that_does_not_exist(option: str) -> None:
    from mock_alohub.cli.serve import serve

    others = {"--help", "--fail"}
    flags = {flag for param in serve.params for flag in param.opts}
    assert option in flags | others


@pytest.mark.exhaustive
def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    test = tmp_path / "test_page.py"
    test.write_text(source, encoding="utf-8")
    with running(cwd=tmp_path) as server:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)],
            capture_output=True,
            text=True,
            env={**os.environ, "MOCK": server.url},
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode == 0, done.stdout
