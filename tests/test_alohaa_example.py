"""The example endpoint for Alohaa's webhooks, started as a partner would start it."""

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

APP = Path(__file__).parent.parent / "examples" / "alohaa_endpoint" / "app.py"
PATH = "/api/alohaa/webhook"
KEY = "k3y-of-the-partner"
SUBJECTS = [under_test(Specification.load().webhook(name)) for name in Specification.load().names("alohaa")]
INCOMING = Specification.load().webhook("alohaa.incoming-call").examples
OUTGOING = Specification.load().webhook("alohaa.outgoing-call").examples


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
        headers = {"X_Api_Key": KEY, "Content_Type": "application/json"} | headers
        return self.ask("POST", PATH, json.dumps(event).encode(), **headers)[0]

    def events(self, call_id: str) -> list[dict[str, Any]]:
        """What is known of a call."""
        status, found = self.ask("GET", f"/calls/{call_id}")
        return list(found["events"]) if status == 200 else []


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


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("alohaa")
    with started(folder, ALOHAA_WEBHOOK_KEY=KEY) as running:
        yield running
    errors = (folder / "stderr").read_text()
    assert "Traceback" not in errors, errors
    assert KEY not in errors, "the key is in the log"


@pytest.mark.exhaustive
def test_every_rule_is_kept_even_when_strict(endpoint: Running, tmp_path: Path) -> None:
    command = (
        *(sys.executable, "-m", "mock_alohub", "check", endpoint.origin + PATH, "--webhook", "alohaa", "--strict"),
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


def test_an_incoming_call_is_known_by_both_of_its_events(endpoint: Running) -> None:
    for name in ("dial_on_agent", "answered", "answered"):
        assert endpoint.tell(INCOMING[name]) == 200
    events = endpoint.events(INCOMING["answered"]["call_id"])
    assert [(one["kind"], one["seconds"], one["keys"]) for one in events] == [
        ("dial_on_agent", None, ""),
        ("call_completion", 30, "1,3"),
    ]


def test_a_completed_call_of_the_older_form_is_known(endpoint: Running) -> None:
    assert endpoint.tell(INCOMING["older_form"]) == 200
    [event] = endpoint.events(INCOMING["older_form"]["call_id"])
    assert (event["kind"], event["seconds"], event["customer"]) == ("call_completion", 3655, "9052930044")


def test_an_outgoing_call_is_counted_in_seconds(endpoint: Running) -> None:
    assert endpoint.tell(OUTGOING["answered"]) == 200
    [event] = endpoint.events(OUTGOING["answered"]["call_id"])
    assert (event["kind"], event["seconds"], event["answered"]) == ("outgoing", 30, True)


@pytest.mark.parametrize("duration", ["30 s", "1:2", None, 1.5, "00:00:٣٠"])
def test_a_duration_that_is_none_is_rejected(endpoint: Running, duration: object) -> None:
    assert endpoint.tell({**INCOMING["answered"], "call_duration": duration}) == 422


def test_a_stranger_is_refused(endpoint: Running) -> None:
    assert endpoint.tell(OUTGOING["answered"], X_Api_Key="another") == 401


def test_the_header_can_have_another_name(tmp_path: Path) -> None:
    with started(tmp_path, ALOHAA_WEBHOOK_KEY=KEY, ALOHAA_HEADER="X-Shop-Key") as running:
        statuses = [running.tell(OUTGOING["answered"]), running.tell(OUTGOING["answered"], X_Shop_Key=KEY)]
    assert statuses == [401, 200]


def test_without_a_key_it_takes_calls_from_anybody(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        assert running.tell(OUTGOING["answered"], X_Api_Key="whatever") == 200


def test_a_call_is_known_after_a_restart(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        running.tell(OUTGOING["answered"])
    with started(tmp_path) as running:
        assert len(running.events(OUTGOING["answered"]["call_id"])) == 1
