"""The example endpoint for a provider that is known from its document, started and checked as a partner would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import command, environment

FOLDER = Path(__file__).parents[1] / "examples" / "any_provider_endpoint"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.exhaustive
def test_it_passes_every_rule(tmp_path: Path) -> None:
    settings = {**os.environ, "PORT": "0", "SECRET": SECRET}
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "app.py")], stdout=subprocess.PIPE, text=True, env=settings
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        report = tmp_path / "report.json"
        words = ["check", url, "--spec", str(FOLDER / "openapi.yaml"), "--strict", "--seed", "3", "--generated", "12"]
        effects = ["--effects", f"{url}/{{call_id}}#/count", "--report", f"json={report}"]
        done = subprocess.run(
            command(*words, *effects),
            env=environment(MOCK_ALOHUB_KEY=SECRET),
            capture_output=True,
            timeout=120,
            check=False,
        )
        record = json.loads(report.read_bytes())
        found = {rule["id"]: [one["case"] for one in rule["findings"]] for rule in record["rules"] if rule["findings"]}
        assert (found, done.returncode, record["verdict"]) == ({}, 0, "pass"), done.stderr.decode()
        signed = {rule["id"]: rule["outcome"] for rule in record["rules"] if rule["family"] == "auth"}
        assert [rule for rule, outcome in signed.items() if outcome == "skip"] == ["auth.rejects-near-miss"]
        assert SECRET not in report.read_text()
    finally:
        process.terminate()
        process.communicate(timeout=120)
