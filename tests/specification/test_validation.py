"""What is wrong with a message is said once, in words that need no schema beside them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import orjson
import pytest

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Problem, Validator, check_lines

SPECIFICATION = Specification.load()
CALL_ENDED = SPECIFICATION.webhook("alohub.call-ended")
AUTO_CALL = SPECIFICATION.webhook("alohub.auto-call")
ENDED = Validator(CALL_ENDED)
AUTO = Validator(AUTO_CALL)
EITHER = Validator(CALL_ENDED, AUTO_CALL)
ANSWERED = dict(CALL_ENDED.examples["answered"])
RUNNING = dict(AUTO_CALL.examples["running"])
NO_ANSWER = dict(CALL_ENDED.examples["no_answer"])


def said(changes: dict[str, Any], *, validator: Validator = ENDED, payload: dict[str, Any] = ANSWERED) -> list[str]:
    return [problem.message for problem in validator.problems({**payload, **changes})]


def test_a_valid_message_has_no_problems() -> None:
    assert (ENDED.is_valid(ANSWERED), ENDED.problems(ANSWERED)) == (True, [])


def test_a_misspelled_status_names_the_nearest_and_all_that_are_allowed() -> None:
    (problem,) = ENDED.problems({**ANSWERED, "call_status": "anwsered"})
    assert problem == Problem(
        "/call_status",
        '`call_status` is "anwsered"; nearest allowed: `answered`',
        ("answered", "no_answer", "busy", "failed", "canceled"),
        "answered",
    )


def test_a_status_in_another_case_names_the_nearest() -> None:
    assert said({"call_status": "ANSWERED"}) == ['`call_status` is "ANSWERED"; nearest allowed: `answered`']


def test_a_status_like_none_lists_the_allowed() -> None:
    assert said({"call_status": "xyz"}) == [
        '`call_status` is "xyz"; allowed: `answered`, `no_answer`, `busy`, `failed`, `canceled`'
    ]


def test_a_likely_other_spelling_says_that_the_spelling_is_assumed() -> None:
    (message,) = said({"call_status": "missed"}, payload=NO_ANSWER)
    assert message == (
        '`call_status` is "missed"; nearest allowed: `no_answer`, a spelling that is assumed '
        "(--status-spelling sets another)"
    )


def test_the_automatic_call_webhook_takes_missed() -> None:
    assert said({"call_status": "missed"}, payload=NO_ANSWER, validator=AUTO) == []


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("total_duration", 300, '`total_duration` is the number 300, wanted a string of digits such as "300"'),
        ("total_duration", "", '`total_duration` is empty, wanted a string of digits such as "300"'),
        ("total_duration", "300\n", '`total_duration` is "300\\n", wanted a string of digits such as "300"'),
        ("objectId", "1", '`objectId` is "1", wanted a whole number such as 1'),
        ("objectId", True, "`objectId` is true, wanted a whole number such as 1"),
        ("hotline", None, '`hotline` is null, wanted a telephone number, such as "19001234", or ""'),
        ("hotline", [1, 2], '`hotline` is an array of 2, wanted a telephone number, such as "19001234", or ""'),
        ("hotline", {}, '`hotline` is an object, wanted a telephone number, such as "19001234", or ""'),
        ("hangup_by", "", '`hangup_by` is empty, wanted "customer", "agent" or "system"'),
        ("hangup_by", 1, '`hangup_by` is the number 1, wanted "customer", "agent" or "system"'),
        ("direction", "outbond", '`direction` is "outbond"; nearest allowed: `outbound`'),
        (
            "starttime",
            "13/01/2024",
            '`starttime` is "13/01/2024", wanted a time written YYYY-MM-DD HH:mm:ss, such as "2024-01-13 15:00:30"',
        ),
    ],
)
def test_a_wrong_value_says_what_came_and_what_is_wanted(name: str, value: object, message: str) -> None:
    assert said({name: value}) == [message]


def test_a_missing_field_is_named() -> None:
    payload = {name: value for name, value in ANSWERED.items() if name != "userName"}
    assert ENDED.problems(payload) == [Problem("/userName", "`userName` is missing")]


def test_a_missing_field_under_another_case_is_pointed_out() -> None:
    payload = {("transactionId" if name == "transactionID" else name): value for name, value in ANSWERED.items()}
    assert [problem.message for problem in ENDED.problems(payload)] == [
        "`transactionID` is missing; there is a `transactionId`"
    ]


@pytest.mark.parametrize("payload", [[], "text", 5, None, True])
def test_what_is_no_object_is_one_problem(payload: object) -> None:
    (problem,) = ENDED.problems(payload)
    assert (problem.pointer, problem.message.endswith("wanted a JSON object")) == ("", True)


def test_an_answered_call_without_recording_says_the_rule() -> None:
    assert said({"recording_url": ""}) == ["the call was answered, so `recording_url` must be set"]


def test_an_unanswered_call_with_an_answer_says_the_rule() -> None:
    assert said({"answertime": "2024-01-13 15:20:05"}, payload=NO_ANSWER) == [
        'nobody answered the call, so `answertime` must be "", not "2024-01-13 15:20:05"'
    ]


def test_a_running_call_with_a_duration_says_the_rule() -> None:
    assert said({"total_duration": "12"}, payload=RUNNING, validator=AUTO) == [
        'the call is still running (`endtime` is ""), so `total_duration` must be "", not "12"'
    ]


def test_an_ended_automatic_call_without_a_duration_says_the_rule() -> None:
    assert said({"total_duration": ""}, validator=AUTO) == [
        "the call has ended (`endtime` is set), so `total_duration` must be set"
    ]


def test_a_condition_is_silent_where_its_own_field_is_wrong() -> None:
    """An unknown status says nothing about whether an answer time belongs there."""
    assert [problem.pointer for problem in AUTO.problems({**ANSWERED, "call_status": 5})] == ["/call_status"]


def test_problems_come_in_the_order_of_the_fields() -> None:
    found = ENDED.problems({**ANSWERED, "eventType": "x", "objectId": "1", "call_id": "", "direction": "up"})
    assert [problem.pointer for problem in found] == ["/call_id", "/direction", "/objectId", "/eventType"]


def test_a_long_value_is_cut() -> None:
    (message,) = said({"caller_number": "x" * 10_000})
    assert len(message) < 250


def test_a_value_that_would_steer_the_terminal_is_escaped() -> None:
    (message,) = said({"caller_number": "\x1b[31m\u202e"})
    assert message.isprintable()


@pytest.mark.parametrize("name", CALL_ENDED.schema["required"])
@pytest.mark.parametrize("value", [None, 1.5, "\n", ["x"], {"x": 1}])
def test_each_field_has_at_most_one_problem(name: str, value: object) -> None:
    pointers = [problem.pointer for problem in AUTO.problems({**ANSWERED, name: value})]
    assert (len(pointers), f"/{name}" in pointers) == (len(set(pointers)), not AUTO.is_valid({**ANSWERED, name: value}))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"a":1,}', "the message is not JSON: column 7: trailing comma"),
        (b"\xff", "the message is not UTF-8: byte 0xff at offset 0"),
        (b"", "the message is not JSON: it is empty"),
        (b"[]", "the message is an array of 0, wanted a JSON object"),
    ],
)
def test_bytes_that_are_no_message_are_one_problem(body: bytes, words: str) -> None:
    (problem,) = ENDED.problems_of(body)
    assert problem.message.startswith(words)


def test_the_bytes_of_a_valid_message_have_no_problems() -> None:
    assert ENDED.problems_of(orjson.dumps(ANSWERED)) == []


# Which webhook


def test_a_call_ended_message_is_also_an_automatic_call_message() -> None:
    assert EITHER.accepting(ANSWERED) == ("alohub.call-ended", "alohub.auto-call")


def test_a_running_call_is_an_automatic_call_message_alone() -> None:
    assert EITHER.accepting(RUNNING) == ("alohub.auto-call",)


def test_the_first_webhook_that_accepts_a_message_is_named() -> None:
    assert [EITHER.judged(payload)[0] for payload in (ANSWERED, RUNNING)] == ["alohub.call-ended", "alohub.auto-call"]


def test_an_invalid_message_is_judged_by_the_webhook_it_comes_nearest_to() -> None:
    name, problems = EITHER.judged({**RUNNING, "objectId": "1"})
    assert (name, [problem.pointer for problem in problems]) == ("alohub.auto-call", ["/objectId"])


# Files


def test_each_line_of_a_file_has_its_result() -> None:
    bad = {**ANSWERED, "objectId": "1"}
    text = b"\n".join([orjson.dumps(ANSWERED), b"", orjson.dumps(bad), b"{", orjson.dumps(ANSWERED)])
    found = [(one.line, one.webhook, len(one.problems)) for one in check_lines(io.BytesIO(text), ENDED)]
    assert found == [(1, "alohub.call-ended", 0), (3, "alohub.call-ended", 1), (4, "", 1), (5, "alohub.call-ended", 0)]


def test_a_file_may_hold_messages_of_several_webhooks() -> None:
    text = orjson.dumps(ANSWERED) + b"\n" + orjson.dumps(RUNNING)
    assert [one.webhook for one in check_lines(io.BytesIO(text), EITHER)] == ["alohub.call-ended", "alohub.auto-call"]


def test_a_pretty_printed_array_is_checked_message_by_message() -> None:
    text = json.dumps([ANSWERED, {**ANSWERED, "objectId": "1"}], indent=2).encode()
    assert [(one.line, len(one.problems)) for one in check_lines(io.BytesIO(text), ENDED)] == [(2, 0), (21, 1)]


def test_the_byte_order_mark_is_noted() -> None:
    (one,) = check_lines(io.BytesIO(b"\xef\xbb\xbf" + orjson.dumps(ANSWERED)), ENDED)
    assert (one.problems, "byte order mark" in one.note) == ((), True)


# Schemas of others


def bare(schema: dict[str, Any]) -> Validator:
    return Validator(replace(CALL_ENDED, schema=schema))


def test_a_schema_without_words_of_its_own_still_says_what_is_wanted() -> None:
    validator = bare({"properties": {"id": {"type": ["string", "null"]}}})
    assert validator.problems({"id": 5}) == [Problem("/id", "`id` is the number 5, wanted a string or null")]


def test_a_nested_field_is_named_by_its_path() -> None:
    validator = bare({"properties": {"a/b": {"properties": {"c": {"maximum": 3}}}}})
    (problem,) = validator.problems({"a/b": {"c": 5}})
    assert (problem.pointer, problem.message.startswith("`a/b.c` is the number 5: ")) == ("/a~1b/c", True)


def test_a_condition_without_a_reason_is_still_told() -> None:
    validator = bare({"properties": {"id": {}}, "if": {"required": ["a"]}, "then": {"required": ["id"]}})
    (problem,) = validator.problems({"a": 1})
    assert problem == Problem("/id", "as the other fields are, `id` must not be missing")


def test_a_condition_of_another_kind_is_told_in_the_validators_words() -> None:
    because = {"properties": {"id": {"maximum": 3}}, "x-because": "`a` is there"}
    (problem,) = bare({"if": {"required": ["a"]}, "then": because}).problems({"a": 1, "id": 5})
    assert problem.message.startswith("`a` is there, so `id` must be another: 5 is greater than")


def test_a_schema_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(BadSpecification, match=r"the schema of webhook alohub.call-ended cannot be used"):
        bare({"type": "strin"})


def test_importing_the_module_does_not_load_the_validator() -> None:
    code = "import sys, mock_alohub.specification.validation; sys.exit('jsonschema_rs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
