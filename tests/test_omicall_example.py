"""The example endpoint for OMICall's webhooks, started as a partner would start it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.check.rules import RULES
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.specification.specification import Specification

APP = Path(__file__).parent.parent / "examples" / "omicall_endpoint" / "app.py"
PATH = "/api/omicall/webhook"
KEY = "k3y-of-the-partner"
SUBJECTS = [under_test(Specification.load().webhook(name)) for name in Specification.load().names("omicall")]
LIVE = Specification.load().webhook("omicall.live").examples
CDR = Specification.load().webhook("omicall.cdr").examples


@dataclass(frozen=True, slots=True)
class Running:
    """The example, listening at `port`."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def tell(self, event: object, **headers: str) -> int:
        headers = {"X_Webhook_Key": KEY, "Content_Type": "application/json"} | headers
        return self.ask("POST", PATH, json.dumps(event).encode(), **headers)[0]

    def call(self, event: Any) -> Any:
        """What is known of the call of `event`."""
        return self.ask("GET", f"/calls/{event.get('transaction_id') or event['call_uuid']}")[1]


@contextmanager
def started(folder: Path, **settings: str) -> Iterator[Running]:
    environment = os.environ | {"PORT": "0", "CALLS_DB": str(folder / "calls.db"), **settings}
    with (
        (folder / "stderr").open("a") as errors,
        subprocess.Popen(
            [sys.executable, APP], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as run,
    ):
        try:
            assert run.stdout is not None
            line = run.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:"), (folder / "stderr").read_text()
            yield Running(int(line.split(":")[2].split("/")[0]))
        finally:
            run.terminate()
            run.wait(60)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Running]:
    with started(tmp_path, OMICALL_WEBHOOK_KEY=KEY) as running:
        yield running
    errors = (tmp_path / "stderr").read_text()
    assert "Traceback" not in errors, errors
    assert KEY not in errors, "the key is in the log"


@pytest.mark.exhaustive
def test_every_rule_is_kept_even_when_strict(endpoint: Running, tmp_path: Path) -> None:
    command = (
        *(sys.executable, "-m", "mock_alohub", "check", endpoint.origin + PATH, "--webhook", "omicall", "--strict"),
        *("--effects", f"{endpoint.origin}/calls/{{call_id}}#/count", "--generated", "10", "--seed", "7"),
        *("--report", "json=report.json"),
    )
    environment = os.environ | {"MOCK_ALOHUB_KEY": KEY}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    outcomes = {rule["id"]: rule["outcome"] for rule in json.loads((tmp_path / "report.json").read_bytes())["rules"]}
    # Loopback needs no TLS, and some rules are about what other providers send; all else must have been tried.
    told = {rule.id for rule in RULES if rule.judge is not None or list(rule.cases(SUBJECTS))}
    assert {rule for rule, outcome in outcomes.items() if outcome == "pass"} == told - {"http.https", "http.tls"}


def test_a_call_is_one_row_from_its_ringing_to_its_report(endpoint: Running) -> None:
    for event in (LIVE["ringing"], LIVE["answered"], LIVE["hangup"], CDR["answered"]):
        assert endpoint.tell(event) == 200
    known = endpoint.call(CDR["answered"])
    assert (known["state"], known["count"], known["newest"]) == ("cdr", 4, CDR["answered"])


def test_a_state_that_comes_late_undoes_nothing(endpoint: Running) -> None:
    for name in ("hangup", "ringing", "answered"):
        assert endpoint.tell(LIVE[name]) == 200
    assert (endpoint.call(LIVE["ringing"])["state"], endpoint.call(LIVE["ringing"])["count"]) == ("hangup", 3)


@pytest.mark.parametrize("order", [("answered", "again"), ("again", "answered")], ids=" then ".join)
def test_the_newest_report_stays(endpoint: Running, order: tuple[str, str]) -> None:
    for name in order:
        assert endpoint.tell(CDR[name]) == 200
    assert endpoint.call(CDR["again"])["newest"]["tag"] == ["vip"]


def test_a_retry_is_no_news(endpoint: Running) -> None:
    for name in ("answered", "retry"):
        assert endpoint.tell(CDR[name]) == 200
    assert endpoint.call(CDR["answered"])["count"] == 1


def test_times_are_read_in_seconds_and_in_milliseconds(endpoint: Running) -> None:
    endpoint.tell(LIVE["ringing"])
    in_seconds = {**LIVE["inbound"], "date_time": LIVE["inbound"]["date_time"] // 1000}
    endpoint.tell(in_seconds)
    known = [endpoint.call(one)["since"] for one in (LIVE["ringing"], in_seconds)]
    assert known == ["2024-03-01T07:00:01.000+00:00", "2024-03-01T07:00:02.000+00:00"]


def test_a_stranger_is_refused(endpoint: Running) -> None:
    assert endpoint.tell(CDR["answered"], X_Webhook_Key="another") == 401


def test_without_a_key_it_takes_calls_from_anybody(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        assert running.tell(CDR["answered"], X_Webhook_Key="anything") == 200
