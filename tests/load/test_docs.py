"""What `docs/load.md` says is so."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mock_alohub.cli import options as cli_options
from mock_alohub.cli.load import EXIT_CODES, load
from mock_alohub.load.capacity import CapacityOptions
from mock_alohub.load.ownership import FAR, FILE, NEAR
from mock_alohub.load.profiles import NAMES
from mock_alohub.load.reports import FORMATS
from mock_alohub.load.staffing import OCCUPANCY, agents_for
from mock_alohub.load.usual import MASTER_PORT
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.specification import Specification
from tests.cli.running import ROOT, environment

PAGE = (ROOT / "docs" / "load.md").read_text(encoding="utf-8")
FLAGS = {flag for param in load.params for flag in (*param.opts, *param.secondary_opts) if flag.startswith("--")}
EXAMPLES = re.findall(r"```console\n\$ mock-alohub (.*?)\n(.*?)```", PAGE, re.DOTALL)
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_every_option_is_in_the_guide() -> None:
    assert {flag for flag in FLAGS if flag not in PAGE} == {"--config", "--retries"}


def test_no_option_is_in_the_guide_that_is_not_there() -> None:
    of_locust = {"--host", "--processes"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", PAGE)) - FLAGS - of_locust == set()


def test_every_profile_has_its_picture() -> None:
    pictures = re.findall(r"^\| `(.*?)` \| !\[\1\]\((.*?)\)", PAGE, re.MULTILINE)
    assert [name for name, _ in pictures] == list(NAMES)
    assert all((ROOT / "docs" / path).is_file() for _, path in pictures)


@pytest.mark.parametrize(("line", "said"), EXAMPLES, ids=[line for line, _ in EXAMPLES])
def test_an_example_prints_what_the_page_shows(line: str, said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mock_alohub", *line.split()],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.decode().rstrip() == said.rstrip()


@pytest.mark.parametrize("script", SHELL)
def test_a_line_for_the_shell_is_one(script: str) -> None:
    assert subprocess.run(["bash", "-n", "-c", script], check=False, capture_output=True).stderr == b""


def test_the_settings_file_is_one() -> None:
    file = tomllib.loads(PAGE.partition("```toml\n")[2].partition("```")[0])
    assert set(file["load"]) <= set(load.settings)


def test_the_exit_codes_are_those_of_the_command() -> None:
    table = PAGE.partition("| code | verdict |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| (\d+) \|", table, re.MULTILINE)) == set(EXIT_CODES) - {"70"}


def test_the_ceilings_are_those_of_the_program() -> None:
    assert f"| loopback and private addresses | {NEAR.rate:,g} calls/s | {NEAR.duration_s / 3_600:g} h |" in PAGE
    assert f"| beyond | {FAR.rate:,g} calls/s | {FAR.duration_s / 60:g} min |" in PAGE
    assert FILE in PAGE


def test_the_figures_of_the_search_are_those_of_the_program() -> None:
    options = CapacityOptions()
    text = " ".join(PAGE.split())
    for said in (
        f"for {options.step_s:g} s each",
        f"below {options.precision * 100:g} %",
        f"confirmed for {options.confirm_s:g} s",
        f"for {OCCUPANCY * 100:g} % of their time",
        f"a call centre of {agents_for(180):,} agents",
    ):
        assert said in text


def test_the_policy_is_that_of_the_specification() -> None:
    policy = policy_of(Specification.load().webhook(cli_options.CALL_ENDED))
    assert (policy.deadline_s, policy.acknowledged_by, len(policy.retries_s)) == (5, frozenset({200}), 3)
    assert "for Alohub three times" in PAGE


def test_every_format_is_named() -> None:
    assert all(f"`{one.name}`" in PAGE or f"--report {one.name}=" in PAGE for one in FORMATS)


def test_the_port_of_the_master_is_the_one_that_is_named() -> None:
    assert f"port {MASTER_PORT}" in PAGE


def test_every_page_that_is_linked_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE)
    assert all((ROOT / "docs" / link).is_file() for link in links)
