"""`mock-alohub load`, from the command line to the exit code: real runs, as short as they can be."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mock_alohub.cli.actions import load as verb
from mock_alohub.cli.actions import load_values
from mock_alohub.delivery.address import IPAddress
from mock_alohub.load.capacity import CapacityOptions
from mock_alohub.messages.endpoint import URL
from mock_alohub.specification.specification import Specification
from tests.cli.endpoint import KEY, Partner, listening
from tests.cli.running import Done, command, environment, offered, process, run

pytestmark = pytest.mark.usefixtures("patient")

SHORT = ("--duration", "1s", "--arrivals", "constant", "--rate", "20")
JSON = ("--report", "json=load.json")
WORDED = next(webhook.name for webhook in Specification.load().webhooks.values() if webhook.worded)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, dict[str, Any], Partner]:
    """One short run against an endpoint that does all right, with a key."""
    folder = tmp_path_factory.mktemp("held")
    with listening() as one:

        def short_run() -> Done:
            one.requests.clear()
            options = (*SHORT, "--seed", "7", *JSON, "--report", "html=load.html")
            return process("load", one.url, *options, env=environment(MOCK_ALOHUB_KEY=KEY), cwd=folder)

        done = offered(short_run)
    return done, json.loads((folder / "load.json").read_text()), one


def record() -> dict[str, Any]:
    document = json.loads(Path("load.json").read_text())
    assert isinstance(document, dict)
    return document


def test_an_endpoint_that_holds_ends_with_zero(held: tuple[Done, dict[str, Any], Partner]) -> None:
    done, _, _ = held
    assert (done.code, done.out.splitlines()[0].split()[0]) == (0, "HOLDS"), done.said


def test_the_record_says_what_was_offered(held: tuple[Done, dict[str, Any], Partner]) -> None:
    _, found, one = held
    assert (found["verdict"], found["seed"], found["target"]["url"]) == ("pass", 7, one.url)
    assert (found["plan"]["rate"], found["plan"]["duration_s"], found["plan"]["arrivals"]) == (20, 1, "constant")
    assert found["first_attempts"]["acknowledged"] == 20


def test_every_call_and_the_one_before_them_carry_the_key(held: tuple[Done, dict[str, Any], Partner]) -> None:
    _, _, one = held
    assert [key for key, _ in one.requests] == [KEY] * 21


def test_no_call_is_sent_twice(held: tuple[Done, dict[str, Any], Partner]) -> None:
    _, _, one = held
    assert len({json.loads(body)["call_id"] for _, body in one.requests}) == 21


def test_the_key_is_shown_nowhere(held: tuple[Done, dict[str, Any], Partner]) -> None:
    done, found, _ = held
    assert KEY not in done.said
    assert KEY not in json.dumps(found)


def test_where_the_reports_are_is_said(held: tuple[Done, dict[str, Any], Partner]) -> None:
    done, _, _ = held
    assert "json report: load.json\nhtml report: load.html\n" in done.err


def test_a_report_on_standard_output_leaves_it_alone(partner: Partner) -> None:
    done = run("load", partner.url, "--key", KEY, *SHORT, "--report", "json=-")
    assert json.loads(done.out)["verdict"] == "pass"
    assert "HOLDS" in done.err


def test_nobody_there_is_told_at_once(closed_port: int) -> None:
    began = time.monotonic()
    done = run("load", f"http://127.0.0.1:{closed_port}/hook", *JSON)
    assert done.code == 3
    assert "error: connection refused" in done.err
    assert record()["verdict"] == "unreachable"
    assert time.monotonic() - began < 10


def test_a_refused_call_ends_the_run_before_it_begins(partner: Partner) -> None:
    done = run("load", partner.url, "--key", "another", *JSON)
    assert (done.code, len(partner.requests)) == (1, 1)
    assert "error: the first ordinary call (alohub.call-ended) was not acknowledged: 401" in done.err
    assert "hint: is this the agreed key?" in done.err
    assert (record()["verdict"], record()["first_attempts"]["refused"]) == ("fail", 1)


@contextmanager
def mortal() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """An endpoint in a process of its own, which can be killed."""
    serve = (
        "import time; from tests.cli.endpoint import Partner, listening\n"
        "with listening(Partner(key=None)) as one: print(one.url, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", serve], stdout=subprocess.PIPE, env=environment()) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().decode().strip(), server
        finally:
            server.kill()


@contextmanager
def loading(url: str, *options: str, until: bytes = b"offered") -> Iterator[subprocess.Popen[bytes]]:
    """A run as a process of its own that has begun to send, or has said `until`."""
    args = command("load", url, *options)
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as running:
        assert running.stderr is not None
        try:
            while until not in running.stderr.readline():
                assert running.poll() is None
            yield running
        finally:
            running.kill()


@pytest.mark.exhaustive
def test_an_endpoint_that_dies_midway_does_not_hold() -> None:
    def deadly_run() -> Done:
        with (
            mortal() as (url, server),
            loading(url, "--rate", "50", "--duration", "4s", "--time-scale", "1000", *JSON) as running,
        ):
            server.kill()
            out, err = running.communicate(timeout=100)
        return Done(running.returncode, out.decode(), err.decode())

    done, found = offered(deadly_run), record()
    assert (done.code, found["verdict"]) == (1, "fail")
    assert found["first_attempts"]["sent"] == pytest.approx(200, abs=80)
    assert found["first_attempts"]["failed"] > 50
    assert found["deliveries"]["lost"] > 50


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_at_once_and_is_reported(partner: Partner, number: signal.Signals) -> None:
    partner.key = None
    with loading(partner.url, "--rate", "50", "--duration", "10m", *JSON) as running:
        running.send_signal(number)
        began = time.monotonic()
        out, _ = running.communicate(timeout=100)
    assert (running.returncode, out.decode().partition(" ")[0]) == (130, "INTERRUPTED")
    assert time.monotonic() - began < 10
    found = record()
    assert found["verdict"] == "interrupted"
    assert 0 < found["first_attempts"]["acknowledged"] < 30_000


def test_a_run_that_is_interrupted_before_its_first_call_is_reported_too(partner: Partner) -> None:
    with patch("mock_alohub.load.processes.run", side_effect=KeyboardInterrupt):
        done = run("load", partner.url, "--key", KEY, *JSON)
    assert (done.code, record()["verdict"], record()["first_attempts"]["sent"]) == (130, "interrupted", 0)


@pytest.mark.exhaustive
def test_a_latency_above_its_limit_does_not_hold(partner: Partner) -> None:
    done = run("load", partner.url, "--key", KEY, *SHORT, "--max-p99", "0.001ms", *JSON)
    limits = {one["name"]: one for one in record()["thresholds"]}
    assert (done.code, limits["p99"]["limit"], limits["p99"]["kept"]) == (1, 0.001, False)


@pytest.mark.exhaustive
def test_refusals_within_their_limit_hold() -> None:
    with listening(Refusing(key=None)) as one:
        done = run("load", one.url, *SHORT, "--time-scale", "1000", "--max-refused", "60%", *JSON)
    found = record()
    assert (done.code, found["verdict"]) == (0, "pass"), done.said
    assert found["first_attempts"]["refused"] == 10
    assert (found["retry_attempts"]["acknowledged"], found["deliveries"]["lost"]) == (10, 0)


class Refusing(Partner):
    """Refuses every other call when it comes for the first time, but not the first."""

    def answer(self, authorization: str | None, content_type: str, body: bytes) -> int:
        number = json.loads(body)["call_id"]
        seen = list(dict.fromkeys(json.loads(one)["call_id"] for _, one in self.requests))
        again = sum(one == body for _, one in self.requests) > 1
        return 503 if seen.index(number) % 2 and not again else 200


@pytest.mark.exhaustive
def test_calls_that_fail_do_not_come_back_without_retries() -> None:
    with listening(Refusing(key=None)) as one:
        done = run("load", one.url, *SHORT, "--no-retries", *JSON)
        assert len(one.requests) == 21
    assert (done.code, record()["retry_attempts"]["sent"]) == (1, 0)


@pytest.mark.exhaustive
def test_the_capacity_is_searched_up_to_the_highest_rate_allowed(partner: Partner) -> None:
    quick = partial(CapacityOptions, step_s=1, confirm_s=2, rest_s=0.1, recovery_s=0.1)
    with patch.object(load_values, "CapacityOptions", quick):
        done = offered(lambda: run("load", partner.url, "--key", KEY, "--find-capacity", "--max-rate", "20", *JSON))
    found = record()["capacity"]
    assert done.code == 0, done.said
    assert [step["rate"] for step in found["steps"]] == [10, 20, 20]
    assert (found["holds_per_s"], found["breaks_per_s"]) == (20, None)
    assert "--max-rate 20" in done.out
    assert "the number of agents assumes" in " ".join(done.out.split())


@pytest.mark.exhaustive
def test_an_interrupted_search_tells_of_the_rates_it_has_tried(partner: Partner) -> None:
    partner.key = None
    with loading(partner.url, "--find-capacity", "--rate", "20", *JSON, until=b"trying 40/s") as running:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=100)
    found = record()
    assert (running.returncode, found["verdict"]) == (130, "interrupted")
    assert [step["rate"] for step in found["capacity"]["steps"]] == [20]
    assert (found["plan"]["rate"], found["first_attempts"]["sent"]) == (20, pytest.approx(160, abs=80))


@pytest.mark.exhaustive
def test_several_workers_share_the_calls(partner: Partner) -> None:
    done = run("load", partner.url, "--key", KEY, *SHORT, "--workers", "2", *JSON)
    assert done.code == 0, done.said
    assert sorted(one["sent"] for one in record()["generator"]["workers"]) == [10, 10]


@pytest.mark.exhaustive
def test_a_master_is_joined_by_a_worker(partner: Partner, free_port: int) -> None:
    said: list[str] = []

    def joined_run() -> Done:
        key = environment(MOCK_ALOHUB_KEY=KEY)
        args = command("load", "--worker", f"127.0.0.1:{free_port}")
        with subprocess.Popen(args, stderr=subprocess.PIPE, env=key) as worker:
            try:
                options = ("--master", "--master-port", str(free_port), *SHORT, *JSON)
                done = process("load", partner.url, *options, env=key, cwd=Path.cwd())
                said.append(worker.communicate(timeout=100)[1].decode())
            finally:
                worker.kill()
        assert worker.returncode == 0, said
        return done

    done = offered(joined_run)
    assert done.code == 0, done.said
    assert f"mock-alohub load --worker ADDRESS-OF-THIS-MACHINE:{free_port}" in done.err
    assert record()["first_attempts"]["sent"] == 20
    assert f"working for the master at 127.0.0.1:{free_port}" in said[-1]


def test_a_port_that_is_taken_is_no_place_for_a_master(partner: Partner) -> None:
    done = run("load", partner.url, "--key", KEY, "--master", "--master-port", str(partner.port))
    assert done.code == 2
    assert f"workers cannot be waited for at *:{partner.port}" in done.err


@pytest.mark.exhaustive
def test_options_may_stand_in_the_settings_file(partner: Partner) -> None:
    Path("mock-alohub.toml").write_text(
        f'[load]\nurl = "{partner.url}"\nkey = "{KEY}"\nrate = 20\nduration = "500ms"\nmax-late = "0.5%"\n'
        'report = { json = "load.json" }\n'
    )
    assert run("load").code == 0
    assert record()["plan"]["duration_s"] == 0.5
    assert {"name": "late", "limit": 0.5, "measured": 0.0, "unit": "percent", "kept": True} in record()["thresholds"]


@pytest.fixture
def stranger(partner: Partner) -> Iterator[Partner]:
    """An endpoint that seems to be far away."""

    async def addresses(url: URL) -> list[IPAddress]:
        return [ip_address("8.8.8.8")]

    partner.key = None
    with patch.object(verb, "distant_addresses", addresses):
        yield partner


def test_a_strangers_endpoint_gets_no_call(stranger: Partner) -> None:
    done = run("load", stranger.url)
    assert (done.code, stranger.requests) == (2, [])
    assert "`127.0.0.1` (8.8.8.8) is beyond private networks" in done.err
    assert "--i-own-this-endpoint" in done.err


@pytest.mark.exhaustive
def test_an_owners_word_is_taken(stranger: Partner) -> None:
    assert run("load", stranger.url, *SHORT, "--i-own-this-endpoint").code == 0


def test_the_ceiling_is_lower_far_away(stranger: Partner) -> None:
    done = run("load", stranger.url, "--i-own-this-endpoint", "--rate", "1001")
    assert (done.code, stranger.requests) == (2, [])
    assert "more than the 1,000 that are offered beyond private networks" in done.err


def test_a_soak_far_away_needs_to_be_allowed(stranger: Partner) -> None:
    done = run("load", stranger.url, "--i-own-this-endpoint", "--profile", "soak")
    assert done.code == 2
    assert "hint: --max-duration 3600s allows it" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rate", "0"], "`--rate`: `0` is no number above 0"),
        (["--rate", "many"], "`--rate`: `many` is no number above 0"),
        (["--rate", "1e3"], "`--rate`: `1e3` is no number above 0"),
        (["--rate", "20001"], "20,001 calls/s is more than the 20,000"),
        (["--rate", "50", "--max-rate", "40"], "50 calls/s is more than the 40"),
        (["--duration", "0s"], "`--duration`: `0s` is no time at all"),
        (["--duration", "soon"], "`--duration`: `soon` is not a duration"),
        (["--profile", "spke"], "unknown profile `spke`; did you mean `spike`?"),
        (["--arrivals", "even"], "unknown arrivals `even`"),
        (["--max-late", "101%"], "`--max-late`: `101%` is no share"),
        (["--max-lost", "few"], "`--max-lost`: `few` is no share"),
        (["--max-p99", "0"], "`--max-p99`: `0` is no time at all"),
        (["--workers", "0"], "`--workers` is `0`; allowed: a whole number from 1 to 64"),
        (["--time-scale", "-1"], "`--time-scale`: `-1` is no number above 0"),
        (["--webhook", "alohub.call-end"], "did you mean `alohub.call-ended`?"),
        (["--find-capacity", "--profile", "ramp"], "--find-capacity searches at a steady rate"),
        (["--find-capacity", "--duration", "1m"], "--find-capacity and --duration cannot be had together"),
        (["--find-capacity", "--time-budget", "10s"], "10 s is too short for a search"),
        (["--find-capacity", "--max-rate", "5"], "the search cannot begin at 10 calls/s, above 5"),
        (["--time-budget", "1m"], "--time-budget is of no use without --find-capacity"),
        (["--expect-workers", "2"], "--expect-workers is of no use without --master"),
        (["--master", "--workers", "2"], "--master and --workers cannot be had together"),
        (["--worker", "10.0.0.5"], "URL is of no use with --worker"),
        (["--report", "pdf=load.pdf"], "unknown report format `pdf`"),
        (["--report", "json=no/such/folder/load.json"], "its folder does not exist"),
    ],
)
def test_options_that_make_no_sense_are_told(options: list[str], said: str) -> None:
    done = run("load", "http://127.0.0.1:1/hook", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_url_is_needed() -> None:
    done = run("load")
    assert (done.code, done.err) == (
        2,
        "error: URL is missing\n  hint: mock-alohub load URL [OPTIONS], or --worker HOST\n",
    )


def test_a_worker_takes_no_orders_of_its_own() -> None:
    assert "--rate is of no use with --worker" in run("load", "--worker", "10.0.0.5", "--rate", "5").err


@pytest.mark.parametrize("place", ["", ":5557", "host:x", "host:0", "http://host"])
def test_a_place_that_is_none_is_told(place: str) -> None:
    done = run("load", "--worker", place)
    assert (done.code, "is no place of a master" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("host", ("host", 5557)),
        ("host:99", ("host", 99)),
        ("[::1]", ("::1", 5557)),
        ("[::1]:99", ("::1", 99)),
    ],
)
def test_a_place_has_a_host_and_perhaps_a_port(text: str, place: tuple[str, int]) -> None:
    assert load_values.place(text) == place


def test_a_missing_extra_is_told_before_the_endpoint_is_called(partner: Partner) -> None:
    with patch("importlib.util.find_spec", return_value=None):
        done = run("load", partner.url, "--key", KEY)
    assert (done.code, partner.requests) == (2, [])
    assert "pip install 'mock-alohub[load]'" in done.err


@pytest.mark.exhaustive
def test_a_body_that_the_partner_words_is_what_is_offered() -> None:
    Path("body.json").write_text('{"id": "{{uuid}}", "how": "{{cause}}"}')
    own = ("--webhook", WORDED, "--body-template", "body.json")
    with listening(Partner(key=None)) as partner:
        done = offered(lambda: process("load", partner.url, *SHORT, *own, cwd=Path.cwd()))
    assert done.code == 0, done.said
    assert {tuple(json.loads(body)) for _, body in partner.requests} == {("id", "how")}


def test_a_template_for_a_body_that_is_the_providers_is_refused_before_any_call() -> None:
    Path("body.json").write_text('{"id": "{{uuid}}"}')
    with listening() as partner:
        done = run("load", partner.url, "--body-template", "body.json")
    assert (done.code, partner.requests) == (2, [])
    assert "not a template" in done.said


def test_a_webhook_is_offered_by_another_of_its_methods() -> None:
    with listening(Partner(key=None)) as partner:
        done = run("load", partner.url, *SHORT, "--webhook", WORDED, "--method", "GET")
    assert (done.code, partner.requests) == (1, []), done.said
    assert "501" in done.said or "405" in done.said
