"""The running server is attacked from its own description: schemathesis, all checks.

A short run each time; `SOAK=1` makes it long.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mock_alohub.bundle import ROOT
from tests.server.running import running

SOAK = bool(os.environ.get("SOAK"))
EXAMPLES = 60 if SOAK else 1
"""Per operation, beside the examples and the boundaries of each, which are always all tried."""
TOKEN = "t0ken-of-the-server-42"
ORDERS = ROOT / "tests" / "data" / "specs" / "orders.yaml"
PHASES = "examples,coverage,fuzzing,stateful" if SOAK else "examples,coverage,fuzzing"
FEW = PHASES if SOAK else "examples,fuzzing"
"""Without the boundaries, which are most of the time. Whether a token guards it changes none of them."""


@pytest.mark.exhaustive
@pytest.mark.timeout(1_200 if SOAK else 600)
@pytest.mark.parametrize(
    ("token", "phases", "more"),
    [("", FEW, ()), (TOKEN, PHASES, ()), ("", FEW, ("--spec", str(ORDERS)))],
    ids=["open", "guarded", "any provider"],
)
def test_schemathesis_finds_nothing(token: str, phases: str, more: tuple[str, ...], tmp_path: Path) -> None:
    # Ten thousand times as fast: what is fuzzed in is not waited for.
    options = ["--time-scale", "10000", *(["--token", token] if token else []), *more]
    headers = ["-H", f"Authorization: Bearer {token}", "-H", f"X-Api-Key: {token}"] if token else []
    with running(*options, cwd=tmp_path) as server:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "schemathesis.toml")),
            *("run", f"{server.url}/openapi.json", "--phases", phases, "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--no-color", "--generation-database", "none", *headers),
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tried = re.search(r"(\d+) generated", done.stdout)
    assert tried is not None, done.stdout
    assert int(tried[1]) >= (2_000 if SOAK else 200 if phases == PHASES else 40)
