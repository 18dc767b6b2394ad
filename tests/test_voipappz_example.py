"""The example endpoint for VoipAppz, started as a partner would start it and held to every rule."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.specification.specification import Specification
from tests.cli.running import command, environment

APP = Path(__file__).parents[1] / "examples" / "voipappz_endpoint" / "app.py"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    settings = {"PORT": "0", "CALLS_DB": str(tmp_path / "calls.sqlite3")}
    process = subprocess.Popen(
        [sys.executable, str(APP)], stdout=subprocess.PIPE, text=True, env={**os.environ, **settings}
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1].removesuffix("/voipappz")
    finally:
        process.terminate()
        process.communicate(timeout=120)


def checked(origin: str, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    report = folder / "report.json"
    words = ["check", f"{origin}/voipappz", "--webhook", "voipappz", "--strict", "--report", f"json={report}"]
    done = subprocess.run(
        command(*words, *options), cwd=folder, env=environment(), capture_output=True, timeout=120, check=False
    )
    assert report.exists(), done.stderr.decode()
    return done.returncode, json.loads(report.read_bytes())


def found(record: dict[str, Any]) -> dict[str, list[str]]:
    rules = ((rule["id"], [one["case"] for one in rule["findings"]]) for rule in record["rules"])
    return {rule: cases for rule, cases in rules if cases}


@pytest.mark.exhaustive
def test_it_passes_every_rule_by_post(origin: str, tmp_path: Path) -> None:
    effects = f"{origin}/calls/{{call_id}}#/count"
    code, record = checked(origin, tmp_path, "--effects", effects, "--generated", "8", "--seed", "3")
    assert (found(record), code, record["verdict"]) == ({}, 0, "pass")
    assert record["target"]["webhooks"] == [
        name for name in Specification.load().webhooks if name.startswith("voipappz.")
    ]
    assert record["counts"]["passed"] >= 25


@pytest.mark.exhaustive
def test_it_passes_every_rule_by_get(origin: str, tmp_path: Path) -> None:
    effects = f"{origin}/calls/{{call_id}}#/count"
    code, record = checked(origin, tmp_path, "--method", "GET", "--effects", effects, "--generated", "8", "--seed", "3")
    assert (found(record), code, record["verdict"]) == ({}, 0, "pass")
    assert record["counts"]["passed"] >= 17
