from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from mock_alohub.calls.simulator import Simulator
from mock_alohub.check import schemathesis_source
from mock_alohub.check.generated_messages import Generated, fit, generated_messages, recent_calls, unfit
from mock_alohub.check.generated_payload import rings_for_help
from mock_alohub.check.schemathesis_source import GeneratedBody
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.errors import MissingExtra
from mock_alohub.specification.payload_stream import parsed
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import spellings
from mock_alohub.vietnam_time import local_now
from tests.tiers import cases

SUBJECTS = {name: under_test(webhook) for name, webhook in Specification.load().webhooks.items()}
ENDED = SUBJECTS["alohub.call-ended"]
AUTO = SUBJECTS["alohub.auto-call"]
START = datetime(2024, 1, 13, 15)  # noqa: DTZ001 - calls have no zone


def calls() -> Simulator:
    return Simulator(3, start=START)


# All are drawn by the same code. The quick tests draw messages of the first one and of two others.
QUICK = list(SUBJECTS)[::5]


@pytest.fixture(scope="module", params=cases(SUBJECTS.items(), QUICK))
def subject(request: pytest.FixtureRequest) -> WebhookUnderTest:
    one: WebhookUnderTest = request.param
    return one


@pytest.fixture(scope="module")
def messages(subject: WebhookUnderTest) -> list[Generated]:
    return list(generated_messages(subject, 3, 40, calls()))


def test_as_many_are_made_as_asked_for_half_of_them_valid(messages: list[Generated]) -> None:
    assert [one.valid for one in messages] == [True, False] * 20


def test_of_an_odd_number_one_more_is_valid(subject: WebhookUnderTest) -> None:
    assert [one.valid for one in generated_messages(subject, 3, 3, calls())] == [True, False, True]


def test_none_are_made_when_none_are_asked_for() -> None:
    assert list(generated_messages(ENDED, 3, 0)) == []


def test_valid_means_that_the_validator_accepts_the_final_bytes(
    subject: WebhookUnderTest, messages: list[Generated]
) -> None:
    validator = Validator(subject.webhook)
    assert [one for one in messages if (validator.problems_of(one.message.body) == []) is not one.valid] == []


def test_the_same_seed_gives_the_same_bytes(subject: WebhookUnderTest) -> None:
    made = []
    for _ in range(2):
        for kept in (
            schemathesis_source.drawn_valid,
            schemathesis_source.drawn_invalid,
            schemathesis_source.boundary_drafts,
        ):
            kept.cache_clear()
        made.append([one.message.body for one in generated_messages(subject, 3, 10, calls())])
    assert made[0] == made[1]


def test_another_seed_gives_others(subject: WebhookUnderTest) -> None:
    made = [[one.message.body for one in generated_messages(subject, seed, 6, calls())] for seed in (3, 4)]
    assert made[0] != made[1]


def test_no_two_bodies_are_the_same(messages: list[Generated]) -> None:
    assert len({one.message.body for one in messages}) == len(messages)


def test_no_two_valid_messages_are_about_the_same_call(subject: WebhookUnderTest, messages: list[Generated]) -> None:
    ids = [subject.call_id(one.message) for one in messages if one.valid]
    assert len(set(ids)) == len(ids)


def test_messages_are_sent_as_the_webhook_sends_them(subject: WebhookUnderTest, messages: list[Generated]) -> None:
    heads = {(one.message.webhook, one.message.method, one.message.headers) for one in messages}
    assert heads == {(subject.name, "POST", (("Content-Type", "application/json"),))}


def test_no_message_holds_an_emergency_number(messages: list[Generated]) -> None:
    assert [one for one in messages if rings_for_help(_numbers(parsed(one.message.body).payload))] == []


def _numbers(payload: Any) -> Any:
    """What could be dialled: a call may well last 113 seconds."""
    if not isinstance(payload, dict):
        return payload
    return {name: value for name, value in payload.items() if not name.endswith("_duration")}


def test_the_valid_ones_have_many_outcomes(subject: WebhookUnderTest, messages: list[Generated]) -> None:
    literals = set(spellings(subject.webhook).values())
    for name in subject.fields_with_role("status"):
        # A webhook may say how a call ended in the last of its messages alone.
        said = {one.message.payload[name] for one in messages if one.valid and name in one.message.payload}
        assert said <= literals
        assert len(said) >= min(2, len(literals))


def test_invalid_ones_come_from_the_boundaries_and_from_anywhere(messages: list[Generated]) -> None:
    said = [one.says for one in messages if not one.valid]
    assert said.count("generated, against the specification") == 10


def test_a_value_that_is_wrong_in_itself_is_among_the_first_invalid_ones(
    subject: WebhookUnderTest, messages: list[Generated]
) -> None:
    first = [one.message.payload for one in messages if not one.valid and one.says.startswith("generated: ")][:8]
    whole = [one for one in first if all(field.admits(one.get(field.name, ...)) for field in subject.fields)]
    assert len(whole) >= min(len(first), 2)


def test_no_two_boundaries_are_about_one_call(subject: WebhookUnderTest, messages: list[Generated]) -> None:
    first = [one for one in messages if not one.valid and one.says.startswith("generated: ")][:8]
    told = [subject.call_id(one.message) for one in first]
    assert len(set(told)) == len(told)


def test_a_webhook_of_running_calls_reports_running_ones_too() -> None:
    bodies = [one.message.payload for one in generated_messages(AUTO, 3, 40, calls()) if one.valid]
    assert {body["endtime"] == "" for body in bodies if body["call_status"] == "answered"} == {True, False}


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": "\ud800"}, "x" * 70_000, {"hotline": "0113"}, object()])
def test_what_is_not_to_be_sent_is_left_out(body: Any) -> None:
    assert unfit(ENDED, GeneratedBody(body, "by hand")) is None


def test_a_draft_that_turns_out_to_be_valid_does_not_pass_for_an_invalid_one() -> None:
    assert unfit(ENDED, GeneratedBody(dict(ENDED.webhook.examples["answered"]), "by hand")) is None


def test_bytes_that_break_json_itself_are_sent_as_they_are() -> None:
    made = unfit(ENDED, GeneratedBody(b"\x00{", "by hand"))
    assert made is not None
    assert (made.message.body, made.valid) == (b"\x00{", False)


def test_a_whole_number_of_any_size_can_be_sent() -> None:
    made = unfit(ENDED, GeneratedBody({"objectId": 10**40}, "by hand"))
    assert made is not None
    assert made.message.body == b'{"objectId":1' + b"0" * 40 + b"}"


def test_a_fit_message_keeps_the_call_of_its_draft() -> None:
    made = fit(
        ENDED, GeneratedBody({"call_status": "busy", "direction": "inbound", "hangup_by": "system"}, "by hand"), calls()
    )
    body = orjson.loads(made.message.body)
    assert (body["call_status"], body["direction"], body["hangup_by"]) == ("busy", "inbound", "system")


def test_recent_calls_are_over_even_for_who_reads_their_times_as_utc() -> None:
    ends = [call.ended_at for call in recent_calls(1).calls(500)]
    assert local_now() - timedelta(days=2) < min(ends)
    assert max(ends) < local_now() - timedelta(hours=14)


def test_without_schemathesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(MissingExtra):
        next(generated_messages(ENDED, 1, 2))


_ALONE = """
import sys
import mock_alohub.check.generated_messages as generation
assert not {"schemathesis", "hypothesis"} & sys.modules.keys()
from mock_alohub.specification.specification import Specification
from mock_alohub.check.webhook_under_test import under_test
ended = under_test(Specification.load().webhook("alohub.call-ended"))
assert len(list(generation.generated_messages(ended, 1, 6))) == 6
"""


@pytest.fixture
def ran(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", _ALONE]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.exhaustive
def test_a_run_of_its_own_imports_late_says_nothing_and_leaves_nothing(
    ran: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    assert (ran.returncode, ran.stdout, ran.stderr, list(tmp_path.iterdir())) == (0, "", "", [])
