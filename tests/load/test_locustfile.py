"""Locust started by hand with the bundled locustfile: on the command line, and by its web UI."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from mock_alohub import bundle
from tests.load.documents import SIGNED, written
from tests.load.receiving import Received, receiving
from tests.specification.imported.test_webhooks import PETS

LOCUST = (sys.executable, "-m", "locust", "-f", str(bundle.path("load") / "locustfile.py"))


@pytest.fixture
def endpoint() -> Iterator[Received]:
    with receiving() as received:
        yield received


def locust(*arguments: str, folder: Path, key: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LOCUST, *arguments], capture_output=True, text=True, cwd=folder, timeout=120, check=False,
        env={**os.environ, **({"MOCK_ALOHUB_KEY": key} if key else {})},
    )  # fmt: skip


def figures(output: str) -> dict[str, str]:
    """The exact figures that are printed at the end, by name."""
    block = output[output.index("mock-alohub: the exact figures") :]
    return {line[:23].strip(): line[23:65].strip() for line in block.splitlines() if line[:1].isupper()}


def test_a_headless_run_offers_its_schedule_and_prints_the_exact_figures(endpoint: Received, tmp_path: Path) -> None:
    run = locust("--headless", "--only-summary", "--host", endpoint.url, "--rate", "100", "-t", "2s", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert endpoint.count > 100
    shown = figures(run.stdout)
    assert shown["Departures due"] == shown["Sent"] == f"{endpoint.count}"
    assert shown["Acknowledged in time"] == f"{endpoint.count} (100 %)"
    assert shown["Late"] == "0 (0 %)"


@pytest.mark.exhaustive
def test_locusts_own_files_hold_the_same_counts(endpoint: Received, tmp_path: Path) -> None:
    run = locust(
        "--headless", "--host", endpoint.url, "--rate", "100", "-t", "2s", "--csv", "run", "--html", "run.html",
        "--json-file", "run", folder=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    rows = [line.split(",")[:4] for line in (tmp_path / "run_stats.csv").read_text().splitlines()]
    assert rows[1] == ["POST", "first attempts", str(endpoint.count), "0"]
    assert json.loads((tmp_path / "run.json").read_text())[0]["num_requests"] == endpoint.count
    assert "first attempts" in (tmp_path / "run.html").read_text()


@pytest.mark.exhaustive
def test_locusts_own_processes_share_the_load(endpoint: Received, tmp_path: Path) -> None:
    run = locust("--headless", "--processes", "2", "--host", endpoint.url, "--rate", "100", "-t", "2s", folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert figures(run.stdout)["Sent"] == str(endpoint.count)
    sent = [line.partition("sent ")[2].split(",")[0] for line in run.stdout.splitlines() if line.startswith("Worker ")]
    assert sum(map(int, sent)) == endpoint.count
    assert abs(int(sent[0]) - int(sent[1])) <= 1
    assert "is gone" not in run.stderr


@pytest.mark.exhaustive
def test_the_webhooks_of_a_document_are_signed_as_they_depart(tmp_path: Path) -> None:
    document = str(written(tmp_path, SIGNED))
    with receiving(status=SIGNED.status) as endpoint:
        run = locust(
            "--headless", "--only-summary", "--host", endpoint.url, "--rate", "20", "-t", "1s", "--spec", document,
            folder=tmp_path, key=SIGNED.key,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert figures(run.stdout)["Acknowledged in time"] == f"{endpoint.count} (100 %)"


@pytest.mark.exhaustive
def test_a_document_is_not_for_the_web_ui(endpoint: Received, tmp_path: Path) -> None:
    run = locust("--host", endpoint.url, "--web-port", "0", "--spec", str(PETS), folder=tmp_path)
    assert (run.returncode, endpoint.count) == (2, 0)
    assert "error: --spec is not for the web UI\nhint: add --headless" in run.stderr


@pytest.mark.exhaustive
def test_an_endpoint_that_refuses_fails_locusts_run_with_the_cause(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}/hook"
    run = locust("--headless", "--host", url, "--rate", "50", "-t", "1s", "--no-retries", folder=tmp_path)
    assert run.returncode == 1
    assert "any attempt: refused" in run.stdout + run.stderr
    shown = figures(run.stdout)
    assert shown["Failed"].endswith("(100 %)")
    assert shown["Lost"] == shown["Sent"]


@pytest.mark.exhaustive
def test_ctrl_c_ends_a_headless_run_and_prints_what_was_counted(endpoint: Received, tmp_path: Path) -> None:
    arguments = [*LOCUST, "--headless", "--host", endpoint.url, "--rate", "100", "-t", "60s"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path) as run:
        _until(lambda: endpoint.count > 30)
        run.send_signal(signal.SIGINT)
        output, _ = run.communicate(timeout=120)
    # What was still on its way when the connections were closed was sent, and never came.
    counted = figures(output)
    assert 0 < int(counted["Acknowledged in time"].partition(" ")[0]) <= endpoint.count
    assert int(counted["Sent"]) >= 0.9 * endpoint.count


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "no endpoint is named"),
        (("--host", "http://127.0.0.1:9/", "--rate", "0"), "the rate is 0"),
        (("--host", "http://127.0.0.1:9/", "-t", "soon"), "--duration: `soon` is not a duration"),
        (("--host", "http://127.0.0.1:9/", "--seed", "x"), "--seed is `x`"),
        (("--host", "http://127.0.0.1:9/", "--profile", "rampe"), "invalid choice: 'rampe'"),
        (("--host", "http://127.0.0.1:9/", "--webhook", "alohub.call-end"), "did you mean `alohub.call-ended`?"),
        (("--host", "http://127.0.0.1:9/", "--spec", str(PETS), "--webhook", "newPt"), "did you mean `newPet`?"),
        (("--host", "http://127.0.0.1:9/", "--spec", "missing.yaml"), "cannot read missing.yaml"),
        (("--host", "127.0.0.1:9/hook"), "did you mean http://127.0.0.1:9/hook ?"),
        (("--host", "http://100.64.0.1/hook"), "--i-own-this-endpoint"),
    ],
)
def test_a_plan_that_cannot_be_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    run = locust("--headless", *arguments, folder=tmp_path)
    assert run.returncode == 2
    assert word in run.stderr
    assert "Traceback" not in run.stderr


class Browser:
    """What a browser does with locust's web UI."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.root + path, timeout=120) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **form: str) -> dict[str, Any]:
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(self.root + path, data, timeout=120) as answer:
            return dict(json.loads(answer.read()))

    def statistics(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/stats/requests")))

    def calls(self) -> dict[str, str]:
        (tab,) = [one["data"] for one in self.statistics()["extended_stats"] if one["key"] == "calls"]
        return {row["figure"]: row["value"] for row in tab}


@contextmanager
def _web_ui(endpoint: Received, folder: Path, *arguments: str) -> Iterator[Browser]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [*LOCUST, "--web-host", "127.0.0.1", "--web-port", str(port), "--host", endpoint.url, *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOCK_ALOHUB_KEY": "k"},
    ) as run:
        browser = Browser(port)
        try:
            _until(lambda: _answers(port))
            yield browser
        finally:
            run.terminate()
            run.wait(20)


def test_a_run_is_started_and_watched_and_ends_in_the_web_ui(endpoint: Received, tmp_path: Path) -> None:
    with _web_ui(endpoint, tmp_path) as browser:
        started = browser.post("/swarm", host=endpoint.url, rate="100", duration="3s", load_profile="steady")
        assert started["success"], started
        _until(lambda: browser.statistics()["state"] == "stopped")
        calls = browser.calls()
        assert calls["Sent"] == calls["Departures due"] == f"{endpoint.count}"
        assert endpoint.keys == {"k"}
        (first,) = [row for row in browser.statistics()["stats"] if row["name"] == "first attempts"]
        assert first["num_requests"] == endpoint.count


@pytest.mark.exhaustive
def test_the_web_ui_shows_figures_while_the_load_runs_and_stops_it_at_once(endpoint: Received, tmp_path: Path) -> None:
    with _web_ui(endpoint, tmp_path, "--rate", "50", "-t", "60s", "--processes", "2") as browser:
        _until(lambda: json.loads(browser.get("/worker-count"))["worker_count"] == 2)
        browser.post("/swarm", host=endpoint.url)
        _until(lambda: int(browser.calls()["Sent"]) > 20)
        browser.post("/stop")
        count = endpoint.count
        assert 0 < int(browser.calls()["Sent"]) <= count
        sleep(0.5)
        assert endpoint.count == count


@pytest.mark.exhaustive
def test_a_second_run_of_the_web_ui_counts_from_nothing(endpoint: Received, tmp_path: Path) -> None:
    with _web_ui(endpoint, tmp_path, "--rate", "50", "-t", "3s") as browser:
        for runs in (1, 2):
            browser.post("/swarm", host=endpoint.url)
            _until(lambda: browser.statistics()["state"] == "running")
            _until(lambda: browser.statistics()["state"] == "stopped")
            sent = int(browser.calls()["Sent"])
            assert sent == endpoint.count, runs
            endpoint.bodies.clear()


@pytest.mark.exhaustive
def test_the_form_says_why_a_plan_cannot_be(endpoint: Received, tmp_path: Path) -> None:
    with _web_ui(endpoint, tmp_path) as browser:
        refused = browser.post("/swarm", host=endpoint.url, rate="-3")
        assert not refused["success"]
        assert refused["message"] == "the rate is -3, wanted a number above 0"
        assert "whole URL" in browser.post("/swarm", host="")["message"]
        assert browser.statistics()["state"] == "ready"
    assert endpoint.count == 0


@pytest.mark.exhaustive
def test_the_page_has_the_tabs_and_the_fields_of_the_plan(endpoint: Received, tmp_path: Path) -> None:
    with _web_ui(endpoint, tmp_path) as browser:
        page = browser.get("/")
        for word in ('"title": "Calls"', '"title": "Webhooks"', '"rate"', '"load_profile"', "busy-hour"):
            assert word in page
        assert '"key"' not in json.dumps(sorted(json.loads(browser.get("/logs"))))


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def _until(holds: Any, within_s: float = 60.0) -> None:
    deadline = monotonic() + within_s
    while not holds():
        assert monotonic() < deadline
        sleep(0.1)
