from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.vietnam_time import local_now
from tests.cli.running import Done, environment, process, run


def payloads(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done.err
    return [orjson.loads(line) for line in done.out.splitlines()]


def test_ten_calls_are_written_unless_asked_otherwise() -> None:
    assert len(payloads(run("generate"))) == 10


def test_every_message_keeps_to_the_specification() -> None:
    validator = Validator(Specification.load().webhook("alohub.call-ended"))
    assert all(validator.is_valid(payload) for payload in payloads(run("generate", "-n", "200")))


def test_a_seed_gives_the_same_bytes_in_another_process_and_hash_seed() -> None:
    digests = {
        hashlib.sha256(
            process("generate", "--seed", "7", "-n", "50", env=environment(PYTHONHASHSEED=one, TZ=zone)).out.encode()
        ).hexdigest()
        for one, zone in (("1", "UTC"), ("2", "America/New_York"))
    }
    assert len(digests) == 1


def test_another_seed_gives_other_calls() -> None:
    assert run("generate", "--seed", "7").out != run("generate", "--seed", "8").out


def test_without_a_seed_calls_differ() -> None:
    assert run("generate").out != run("generate").out


def test_seeded_calls_start_on_the_day_of_the_documents_sample() -> None:
    assert payloads(run("generate", "--seed", "1", "-n", "1"))[0]["starttime"].startswith("2024-01-13 08:0")


def test_calls_without_a_seed_start_now() -> None:
    started = datetime.fromisoformat(payloads(run("generate", "-n", "1"))[0]["starttime"])
    assert abs(local_now() - started) < timedelta(hours=4)


def test_the_start_can_be_set() -> None:
    first = payloads(run("generate", "--start", "2030-05-06T10:00", "-n", "1"))[0]
    assert first["call_id"].startswith("2030050610")


def test_a_start_with_a_zone_is_turned_into_local_time() -> None:
    first = payloads(run("generate", "--start", "2030-05-06T03:00+00:00", "-n", "1"))[0]
    assert first["starttime"].startswith("2030-05-06 10:")


@pytest.mark.parametrize(
    ("option", "value", "field", "wanted"),
    [
        ("--outcome", "busy", "call_status", "busy"),
        ("--direction", "inbound", "direction", "inbound"),
        ("--ended-by", "agent", "hangup_by", "agent"),
    ],
)
def test_facts_can_be_wished_for(option: str, value: str, field: str, wanted: str) -> None:
    assert {payload[field] for payload in payloads(run("generate", option, value))} == {wanted}


def test_wishes_that_cannot_be_true_together_are_refused() -> None:
    done = run("generate", "--outcome", "failed", "--ended-by", "customer")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: a call with outcome `failed` cannot be ended by `customer`; allowed: `system`")


def test_an_automatic_call_is_told_running_and_ended() -> None:
    told = payloads(run("generate", "--webhook", "alohub.auto-call", "--outcome", "answered", "-n", "1"))
    assert [payload["endtime"] == "" for payload in told] == [True, False]


def test_one_moment_can_be_wished_for() -> None:
    told = payloads(run("generate", "--webhook", "alohub.auto-call", "--moment", "running", "-n", "5"))
    assert [payload["endtime"] for payload in told] == [""] * 5


def test_a_moment_the_webhook_does_not_tell_is_refused() -> None:
    done = run("generate", "--moment", "running")
    assert done.err == ("error: alohub.call-ended is not sent while a call is running\n  hint: leave --moment away\n")


def test_a_call_nobody_answered_never_runs() -> None:
    done = run("generate", "--webhook", "alohub.auto-call", "--moment", "running", "--outcome", "busy")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: a call with outcome `busy` is never running")


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ("total_duration=300", "total_duration", "300"),
        ("total_duration:=300", "total_duration", 300),
        ("objectId=7", "objectId", 7),
        ("objectId=seven", "objectId", "seven"),
        ("hotline=", "hotline", ""),
        ("recording_url=https://x/?a=b", "recording_url", "https://x/?a=b"),
        ("call_status:=null", "call_status", None),
    ],
)
def test_a_field_is_set_as_its_type_wants_unless_json_is_asked_for(change: str, field: str, value: object) -> None:
    assert payloads(run("generate", "-n", "1", "--set", change))[0][field] == value


def test_an_unknown_field_is_added_and_said_to_be_unknown() -> None:
    done = run("generate", "-n", "1", "--set", "foo=[1]")
    assert payloads(done)[0]["foo"] == [1]
    assert done.err == "warning: `foo` is no field of alohub.call-ended; it is added\n"


@pytest.mark.parametrize("change", ["", "foo", "=x", ":=1", "foo:=x"])
def test_a_change_that_is_none_is_refused(change: str) -> None:
    done = run("generate", "--set", change)
    assert (done.code, done.err.startswith("error: `--set`: ")) == (2, True)


def test_a_field_can_be_left_out() -> None:
    assert "hotline" not in payloads(run("generate", "-n", "1", "--unset", "hotline", "--unset", "hotline"))[0]


def test_a_field_that_is_not_there_cannot_be_left_out() -> None:
    done = run("generate", "--unset", "hotlin")
    assert done.err == "error: unknown field of alohub.call-ended `hotlin`; did you mean `hotline`?\n"


def test_messages_can_be_written_to_a_file() -> None:
    done = run("generate", "--seed", "1", "--output", "calls.ndjson")
    assert done.out == ""
    assert Path("calls.ndjson").read_text() == run("generate", "--seed", "1").out


def test_a_wrong_wish_leaves_the_file_as_it_was() -> None:
    Path("calls.ndjson").write_text("mine")
    run("generate", "--outcome", "failed", "--ended-by", "customer", "-o", "calls.ndjson")
    assert Path("calls.ndjson").read_text() == "mine"


def test_a_file_that_cannot_be_written_is_named() -> None:
    done = run("generate", "-o", "nowhere/calls.ndjson")
    assert (done.code, done.err) == (2, "error: cannot write to nowhere/calls.ndjson: no such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--webhook", "alohub.call-end"], "unknown webhook `alohub.call-end`; did you mean `alohub.call-ended`?"),
        (["--count", "0"], "`--count` is `0`; allowed: a whole number from 1 on"),
        (["--count", "1_0"], "`--count` is `1_0`; allowed: a whole number from 1 on"),
        (["--seed", "-1"], "`--seed` is `-1`; allowed: a whole number from 0 to 2,147,483,647"),
        (["--start", "noon"], "`--start`: `noon` is not a time"),
        (["--direction", "up"], "unknown direction `up`; allowed: `inbound`, `outbound`"),
        (
            ["--moment", "later"],
            (
                "unknown moment `later`; allowed: `answered`, `dialled-agent`, `ended`, `ivr-ended`, "
                "`ivr-started`, `reported`, `ringing`, `running`"
            ),
        ),
        (["--status-spelling", "busy"], "`--status-spelling`: `busy` is no spelling; allowed: OUTCOME=WORD"),
        (["--status-spelling", "buzy=x"], "unknown outcome `buzy`; did you mean `busy`?"),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_allowed(arguments: list[str], words: str) -> None:
    done = run("generate", *arguments)
    assert (done.code, done.out, done.err.splitlines()[0]) == (2, "", f"error: {words}")
