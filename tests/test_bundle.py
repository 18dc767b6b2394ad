from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mock_alohub import bundle


@pytest.mark.parametrize("name", ["openapi.yaml", "schemas", "contract_tests", "load", "examples"])
def test_what_the_package_needs_is_found(name: str) -> None:
    assert bundle.path(name).exists()


def test_what_is_found_has_an_absolute_path() -> None:
    assert bundle.path("openapi.yaml").is_absolute()


def test_what_is_missing_is_said_by_name() -> None:
    with pytest.raises(FileNotFoundError, match=r"the installation lacks nothing\.yaml"):
        bundle.path("nothing.yaml")


def _printed(*arguments: str) -> Path:
    command = [sys.executable, "-m", "mock_alohub.bundle", *arguments]
    return Path(subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip())


def test_the_shell_can_ask_where_a_folder_is() -> None:
    assert _printed("contract_tests") == bundle.path("contract_tests")


def test_the_shell_can_ask_where_everything_is() -> None:
    assert _printed() == bundle.ROOT
