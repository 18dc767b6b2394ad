"""What `docs/cli.md` and `docs/configuration.md` say is so."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mock_alohub.cli import VERBS
from mock_alohub.faults import FAULTS
from tests.cli import settings_table
from tests.cli.running import ROOT, environment

CLI = (ROOT / "docs" / "cli.md").read_text()
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
EXAMPLES = re.findall(r"```console\n\$ (.*?)\n(.*?)```", CLI + CONFIGURATION, re.DOTALL)


def flags_of(verb: str) -> set[str]:
    found = dict(settings_table.verbs())[verb]
    return {flag for param in found.params for flag in (*param.opts, *param.secondary_opts) if flag.startswith("--")}


def section(verb: str) -> str:
    return CLI.partition(f"\n## {verb}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("line", "said"), EXAMPLES, ids=[line[:60] for line, _ in EXAMPLES])
def test_an_example_prints_what_the_page_shows(line: str, said: str, tmp_path: Path) -> None:
    script = tmp_path / "bin" / "mock-alohub"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m mock_alohub "$@"\n')
    script.chmod(0o755)
    env = environment()
    env["PATH"] = f"{script.parent}:{env['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.stdout.decode().rstrip() == said.rstrip()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_section(verb: str) -> None:
    assert section(verb)


@pytest.mark.parametrize("verb", VERBS)
def test_no_section_names_an_option_that_is_not_there(verb: str) -> None:
    everywhere = {flag for one in VERBS for flag in flags_of(one)}
    assert set(re.findall(r"--[a-z][a-z0-9-]+", section(verb))) <= everywhere


def test_the_section_of_the_check_names_all_its_options() -> None:
    assert flags_of("check") - {"--config", "--help"} <= set(re.findall(r"--[a-z][a-z0-9-]+", section("check")))


def test_the_section_of_the_load_names_all_its_options() -> None:
    assert flags_of("load") - {"--config", "--help"} <= set(re.findall(r"--[a-z][a-z0-9-]+", section("load")))


def test_every_fault_is_in_the_table() -> None:
    table = {line for line in section("send").splitlines() if line.startswith("| `")}
    assert table == {f"| `{fault.name}` | {fault.summary} |" for fault in FAULTS}


def test_the_table_of_settings_is_true() -> None:
    table = CONFIGURATION.partition("## Every setting\n\n")[2].partition("\n\n")[0].splitlines()
    assert table == settings_table.rows(), "python -m tests.cli.settings_table prints the table as it should be"
