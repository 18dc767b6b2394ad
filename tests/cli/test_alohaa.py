"""The command line with a provider that has several webhooks, each telling of other calls."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.cli.running import run


def test_calls_of_all_its_webhooks_are_written() -> None:
    done = run("generate", "--webhook", "alohaa", "-n", "40", "--seed", "7")
    payloads = [orjson.loads(line) for line in done.out.splitlines()]
    assert {one.get("call_type", "campaign") for one in payloads} == {"outgoing", "incoming", "campaign"}


def test_what_is_written_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "calls.ndjson"
    assert run("generate", "--webhook", "alohaa", "-n", "40", "--seed", "7", "-o", file).code == 0
    done = run("validate", "--webhook", "alohaa", file)
    assert (done.code, "all valid" in done.said) == (0, True), done.said


def test_the_moment_at_which_an_agent_is_dialled_can_be_asked_for_alone() -> None:
    done = run("generate", "--webhook", "alohaa.incoming-call", "--moment", "dialled-agent", "-n", "5", "--seed", "7")
    kinds = {orjson.loads(line)["webhook_type"] for line in done.out.splitlines()}
    assert kinds == {"dial_on_agent"}


def test_a_name_that_is_nearly_that_of_a_provider_is_told_of() -> None:
    done = run("generate", "--webhook", "alohaaa")
    assert (done.code, "did you mean `alohaa`?" in done.err) == (2, True)
