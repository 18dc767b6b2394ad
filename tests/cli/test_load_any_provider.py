"""`mock-alohub load --spec`, from the command line to the exit code."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mock_alohub.cli.actions import load_values
from mock_alohub.load.capacity import CapacityOptions
from tests.cli.endpoint import Partner
from tests.cli.running import Done, command, environment, offered, process, run
from tests.load.documents import BEARER, SIGNED, written
from tests.load.receiving import receiving
from tests.specification.imported.test_webhooks import PETS

pytestmark = pytest.mark.usefixtures("patient")

SHORT = ("--duration", "1s", "--arrivals", "constant", "--rate", "20")
JSON = ("--report", "json=load.json")


def record() -> dict[str, Any]:
    found = json.loads(Path("load.json").read_text())
    assert isinstance(found, dict)
    return found


def test_signed_messages_are_offered_and_the_report_names_the_shop() -> None:
    document = written(Path.cwd(), SIGNED)
    with receiving(status=SIGNED.status) as endpoint:
        done = run("load", endpoint.url, "--spec", document, "--key", SIGNED.key, *SHORT, *JSON)
        assert endpoint.count == 21
    found = record()
    assert (done.code, found["verdict"]) == (0, "pass"), done.said
    assert found["target"] == {
        "url": endpoint.url, "webhooks": ["order.made"], "key": "masked", "provider": "Shop",
    }  # fmt: skip
    assert "order.made: deadline" in found["contract"]["assumed"]
    assert "HOLDS  20 messages/s for 1 s: every message acknowledged" in done.out
    assert "order.made (Shop)" in done.out
    assert SIGNED.key.removeprefix("whsec_") not in done.said + json.dumps(found)


@pytest.mark.exhaustive
def test_several_workers_share_the_messages() -> None:
    document = written(Path.cwd(), SIGNED)
    with receiving(status=SIGNED.status) as endpoint:
        done = run("load", endpoint.url, "--spec", document, "--key", SIGNED.key, *SHORT, "--workers", "2", *JSON)
        assert endpoint.count == 21
    assert done.code == 0, done.said
    assert sorted(one["sent"] for one in record()["generator"]["workers"]) == [10, 10]


@pytest.mark.exhaustive
def test_a_worker_of_another_machine_needs_the_key_and_not_the_document(free_port: int, tmp_path: Path) -> None:
    document = written(Path.cwd(), BEARER)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    key = environment(MOCK_ALOHUB_KEY=BEARER.key)
    args = command("load", "--worker", f"127.0.0.1:{free_port}")

    def joined_run() -> Done:
        with (
            receiving(status=BEARER.status) as endpoint,
            subprocess.Popen(args, stderr=subprocess.PIPE, env=key, cwd=elsewhere) as worker,
        ):
            try:
                options = ("--spec", document, "--master", "--master-port", str(free_port), *SHORT, *JSON)
                done = process("load", endpoint.url, *options, env=key, cwd=tmp_path)
                worker.communicate(timeout=100)
            finally:
                worker.kill()
        assert (worker.returncode, endpoint.count) == (0, 21)
        return done

    done = offered(joined_run)
    assert done.code == 0, done.said
    assert record()["first_attempts"]["acknowledged"] == 20


@pytest.mark.exhaustive
def test_a_search_for_the_capacity_says_nothing_of_agents() -> None:
    quick = partial(CapacityOptions, step_s=1, confirm_s=2, rest_s=0.1, recovery_s=0.1)
    with receiving() as endpoint, patch.object(load_values, "CapacityOptions", quick):
        words = ("load", endpoint.url, "--spec", PETS, "--find-capacity", "--max-rate", "20", *JSON)
        done = offered(lambda: run(*words))
    found = record()
    assert done.code == 0, done.said
    assert (found["capacity"]["holds_per_s"], found["capacity"]["agents"]) == (20, None)
    assert "20 messages/s" in done.out
    assert "agents" not in done.out


@pytest.mark.exhaustive
def test_an_endpoint_that_is_overloaded_does_not_hold() -> None:
    came: list[bytes] = []

    def status(fields: dict[str, str], body: bytes) -> int:
        came.append(body)
        return 200 if len(came) == 1 else 503

    document = written(Path.cwd(), SIGNED, retries=["100ms"])
    with receiving(status=status) as endpoint:
        done = run("load", endpoint.url, "--spec", document, "--key", SIGNED.key, *SHORT, *JSON)
    found = record()
    assert (done.code, found["verdict"]) == (1, "fail")
    assert (found["first_attempts"]["refused"], found["retry_attempts"]["refused"]) == (20, 20)
    assert found["deliveries"] == {"delivered": 0, "lost": 20, "undecided": 0}
    assert "20 of 20 messages" in found["reason"]


def test_the_first_ordinary_message_says_whether_the_key_is_the_agreed_one() -> None:
    document = written(Path.cwd(), SIGNED)
    with receiving(status=SIGNED.status) as endpoint:
        done = run("load", endpoint.url, "--spec", document, "--key", "whsec_b3RoZXI=", *SHORT)
        assert endpoint.count == 1
    assert (done.code, done.out) == (1, "")
    assert "error: the first ordinary message (order.made) was not acknowledged: 401" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--spec", "missing.yaml"), "cannot read missing.yaml"),
        (("--spec", PETS, "--webhook", "newPt"), "unknown webhook `newPt`; did you mean `newPet`?"),
        (("--spec", PETS, "--webhook", "alohub.call-ended"), "unknown webhook `alohub.call-ended`"),
        (("--spec", PETS, "--status-spelling", "busy=engaged"), "no outcome of a call can be spelled otherwise"),
    ],
)
def test_what_makes_no_sense_is_told_before_the_endpoint_is_called(
    options: tuple[str | Path, ...], said: str, partner: Partner
) -> None:
    done = run("load", partner.url, *options)
    assert (done.code, done.out, partner.requests) == (2, "", [])
    assert said in done.err


def test_a_worker_has_no_use_for_a_document() -> None:
    assert "--spec is of no use with --worker" in run("load", "--worker", "10.0.0.5", "--spec", PETS).err
