"""Runs of scenarios, told to the built-in receiver over a real socket, and to a partner's endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.alohub import Mock
from tests.server.loopback import on_loopback, ran
from tests.server.test_scenario import BUNDLED


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_scenario_ends_as_it_says(name: str, tmp_path: Path) -> None:
    async def story(one: Mock) -> Any:
        return await ran(one, name, seed=7)

    run = on_loopback(tmp_path, story)
    assert (run["state"], run["reason"]) == ("passed", "")
