"""Scenarios, traffic and hostility as options of `mock-alohub serve`, in a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import command, environment
from tests.server.running import Server, running

API = "/api/v1"
STORY = "title: Mine\nsteps:\n  - inbox: { fail_first: { count: 1 } }\n  - call: {}\nends: { attempts: 2 }\n"


def traffic(server: Server) -> dict[str, float]:
    """What came of the calls of the background traffic."""
    with server.open("/metrics") as answer:
        text = answer.read().decode()
    return {name: float(n) for name, n in re.findall(r'traffic_calls_total\{outcome="(\w+)"\} (\S+)', text)}


def refusal(folder: Path, *options: str) -> str:
    """What is said of options that are refused."""
    done = subprocess.run(
        command("serve", "--port", "0", "--ephemeral", *options),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        timeout=120,
    )
    assert done.returncode == 2
    return " ".join(done.stderr.split())


def test_a_scenario_of_a_users_folder_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(STORY)
    with running("--scenarios", str(tmp_path), cwd=tmp_path) as server:
        run = server.ask(f"{API}/scenarios/mine/runs", {})
        assert server.ask(f"{API}/runs/{run['id']}?timeout=20s")["state"] == "passed"


def test_a_scenario_that_is_none_is_named_before_the_server_starts(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(STORY.replace("call", "cal"))
    said = refusal(tmp_path, "--scenarios", str(tmp_path))
    assert re.search(r"mine\.yaml, line 4: unknown member `cal`; did you mean `call`\?", said)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "there is no folder nowhere" in refusal(tmp_path, "--scenarios", "nowhere")


@pytest.mark.parametrize("percent", ["-1", "101", "nan", "some"])
def test_hostility_is_a_percentage(percent: str, tmp_path: Path) -> None:
    assert f"`{percent}` is not a percentage from 0 to 100" in refusal(tmp_path, f"--hostile={percent}")


@pytest.mark.exhaustive
def test_background_calls_come_until_the_server_stops_and_are_counted(tmp_path: Path) -> None:
    with running("--calls-per-minute", "60000", "--seed", "7", cwd=tmp_path) as server:
        while not traffic(server).get("placed"):
            pass
        assert server.end(signal.SIGTERM) == 0
    assert "seed 7" in server.said


@pytest.mark.exhaustive
def test_a_hostile_server_duplicates_what_a_calm_one_sends_once(tmp_path: Path) -> None:
    made = []
    for percent in ("0", "100"):
        with running("--hostile", percent, "--seed", "7", cwd=tmp_path) as server:
            server.ask(f"{API}/endpoints", {"url": f"{server.url}/inbox/mine"})
            made.append(server.ask(f"{API}/calls", {"count": 50})["deliveries"])
    assert made[0] == 50 < made[1]
