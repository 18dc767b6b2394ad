"""The schemas of Alohub's webhooks: the documents' samples keep them, every corruption breaks them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema
import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from mock_alohub import bundle
from mock_alohub.calls.call import Outcome
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook, spellings, statuses

SPECIFICATION: Final = Specification.load()
CALL_ENDED: Final = SPECIFICATION.webhook("alohub.call-ended")
AUTO_CALL: Final = SPECIFICATION.webhook("alohub.auto-call")
ALOHUB: Final = (CALL_ENDED, AUTO_CALL)
FOLDER: Final = bundle.path("schemas") / "alohub"
SAMPLES: Final = Path(__file__).parent / "data" / "alohub"

Payload = dict[str, Any]


def sample(webhook: Webhook) -> Payload:
    """The payload printed in the webhook's document, its digits masked with x."""
    payload: Payload = orjson.loads((SAMPLES / f"{webhook.name.partition('.')[2]}.sample.json").read_bytes())
    return payload


FAST: Final = {webhook.name: jsonschema_rs.validator_for(dict(webhook.schema)) for webhook in ALOHUB}
SECOND: Final = {webhook.name: jsonschema.Draft202012Validator(webhook.schema) for webhook in ALOHUB}


def judged(webhook: Webhook, payload: object) -> tuple[bool, bool]:
    """What our validator and the independent one say."""
    return FAST[webhook.name].is_valid(payload), SECOND[webhook.name].is_valid(payload)


VALID: Final = (True, True)
INVALID: Final = (False, False)

BOTH = pytest.mark.parametrize("webhook", ALOHUB, ids=lambda webhook: webhook.name)
EXAMPLES = pytest.mark.parametrize(
    ("webhook", "example"),
    [(webhook, example) for webhook in ALOHUB for example in webhook.examples.values()],
    ids=[f"{webhook.name}-{name}" for webhook in ALOHUB for name in webhook.examples],
)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_every_file_is_a_schema_of_2020_12(path: Path) -> None:
    schema = orjson.loads(path.read_bytes())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


@BOTH
def test_the_files_as_they_lie_say_the_same_as_the_schema_in_one_piece(webhook: Webhook) -> None:
    registry: Registry[Any] = Registry().with_resources(
        (path.as_uri(), DRAFT202012.create_resource(orjson.loads(path.read_bytes()))) for path in FOLDER.glob("*.json")
    )
    own = (FOLDER / f"{webhook.name.partition('.')[2]}.json").as_uri()
    validator = jsonschema.Draft202012Validator({"$ref": own}, registry=registry)
    assert all(validator.is_valid(example) for example in webhook.examples.values())
    assert not validator.is_valid({**sample(webhook), "call_status": "ringing"})


@BOTH
def test_the_documents_own_sample_is_valid(webhook: Webhook) -> None:
    assert judged(webhook, sample(webhook)) == VALID


@EXAMPLES
def test_every_example_is_valid(webhook: Webhook, example: Payload) -> None:
    assert judged(webhook, example) == VALID


@pytest.mark.parametrize("example", CALL_ENDED.examples.values(), ids=CALL_ENDED.examples)
def test_a_call_ended_message_is_also_an_automatic_call_message(example: Payload) -> None:
    assert judged(AUTO_CALL, example) == VALID


@BOTH
def test_the_examples_of_a_field_are_valid_for_it(webhook: Webhook) -> None:
    for name, schema in webhook.schema["properties"].items():
        for example in schema.get("examples", ()):
            assert jsonschema.Draft202012Validator(schema).is_valid(example), name


@BOTH
def test_there_are_seventeen_fields(webhook: Webhook) -> None:
    assert len(webhook.schema["required"]) == 17
    assert webhook.schema["required"] == list(webhook.schema["properties"])


@BOTH
def test_an_added_field_is_allowed(webhook: Webhook) -> None:
    assert judged(webhook, {**sample(webhook), "addedLater": {"a": [1]}}) == VALID


@BOTH
@pytest.mark.parametrize("name", sample(CALL_ENDED))
def test_no_field_may_be_missing(webhook: Webhook, name: str) -> None:
    payload = sample(webhook)
    del payload[name]
    assert judged(webhook, payload) == INVALID


@BOTH
@pytest.mark.parametrize("name", sample(CALL_ENDED))
@pytest.mark.parametrize("value", [None, True, 1.5, [], {}], ids=json.dumps)
def test_no_field_may_be_of_another_type(webhook: Webhook, name: str, value: object) -> None:
    assert judged(webhook, {**sample(webhook), name: value}) == INVALID


def in_arabic(text: str) -> str:
    r"""`text` with Arabic-Indic digits, which some engines take for `\d`."""
    return text.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})


WRONG: Final[Mapping[str, tuple[object, ...]]] = {
    "call_id": (
        "",
        "2024011315003",
        "20240113150030",
        "20240113150030000001\n",
        "2024-0113150030000001",
        "abc",
        "20240113150030-nsojcgoo-49278",
        "20240113150030-NSOJCGOO-4927",
        in_arabic("20240113150030000001"),
        "20240113150030" + in_arabic("000001"),
        20240113150030,
    ),
    "call_status": ("", "Answered", "answered ", "answered\n", "ringing", "hangup", 0),
    "direction": ("", "OUTBOUND", "in", "outgoing", "inbound\n", 1),
    "caller_number": (
        "9899123456",
        "+1 555 0100",
        "0 900 000 001",
        "0900000001\n",
        in_arabic("0900000001"),
        "anonymous",
        900000001,
    ),
    "destination_number": ("ext-888", "888\n", "88 8", in_arabic("888"), 888),
    "starttime": (
        "",
        "2024-01-13",
        "2024-01-13T15:00:30",
        "2024-01-13 15:00:30Z",
        "2024-01-13 24:00:30",
        "2024-13-13 15:00:30",
        "2024-02-30 15:00:30",
        "2024-04-31 15:00:30",
        "13/01/2024 15:00:30",
        "2024-01-13 15:00:30\n",
        "2024-01-13 15:00:3",
        "2024-01-13 15:00:30.5",
        in_arabic("2024-01-13 15:00:30"),
        1705132830,
    ),
    "answertime": ("", "2024-01-13", "15:00:35", "2024-01-13 15:00:35\n", "2024-01-13 15:60:35", 1705132835),
    "endtime": ("2024-01-13", "2024-01-13T15:05:30", "2024-01-13 15:05:30\n", " ", 1705133130),
    "hangup_by": ("Customer", "caller", "customer\n", "callee", 1),
    "hotline": ("1900 1234", "hotline", "19001234\n", in_arabic("1900"), 19001234),
    "total_duration": ("-300", "300.0", "00:05:00", "300\n", "\n", in_arabic("300"), " 300", 300),
    "holding_duration": ("-1", "0.5", "0\n", in_arabic("0"), 0),
    "recording_url": (
        "file.mp3",
        "ftp://domain/file.mp3",
        "https://",
        "https://domain/a b.mp3",
        "https://domain/a.mp3\n",
        1,
    ),
    "objectId": ("1", "", 1.5),
    "transactionID": (1111,),
    "userName": (7,),
    "eventType": ("", "Call", "sms", "call\n", 1),
}


@BOTH
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_corrupted_field_of_the_sample_is_refused(webhook: Webhook, name: str, value: object) -> None:
    assert judged(webhook, {**sample(webhook), name: value}) == INVALID


def test_the_corruptions_cover_every_field() -> None:
    assert WRONG.keys() == sample(CALL_ENDED).keys()


@BOTH
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("call_id", "20240113150030000001"),
        ("call_id", "20210222084953-NSOJCGOO-49278"),
        ("caller_number", "0900000001"),
        ("caller_number", "84900000001"),
        ("caller_number", "+84900000001"),
        ("caller_number", ""),
        ("destination_number", ""),
        ("starttime", "2024-02-29 00:00:00"),
        ("hotline", "19001234"),
        ("hotline", "02873000000"),
        ("objectId", 2147483648),
        ("transactionID", ""),
        ("transactionID", "x" * 300),
        ("userName", ""),
        ("userName", "Nguyễn Thị Ánh"),
    ],
)
def test_a_value_the_documents_allow_is_accepted(webhook: Webhook, name: str, value: object) -> None:
    assert judged(webhook, {**sample(webhook), name: value}) == VALID


# What one field says about another


@pytest.mark.parametrize("name", ["endtime", "hangup_by", "total_duration", "holding_duration", "recording_url"])
def test_a_call_that_has_ended_says_how(name: str) -> None:
    assert judged(CALL_ENDED, {**sample(CALL_ENDED), name: ""}) == INVALID


@pytest.mark.parametrize("name", ["hangup_by", "total_duration", "holding_duration", "recording_url"])
def test_an_automatic_call_that_has_ended_says_how(name: str) -> None:
    assert judged(AUTO_CALL, {**sample(CALL_ENDED), name: ""}) == INVALID


@pytest.mark.parametrize("name", ["endtime", "hangup_by", "total_duration", "holding_duration", "recording_url"])
def test_a_running_call_does_not_know_its_end(name: str) -> None:
    assert judged(AUTO_CALL, {**sample(AUTO_CALL), name: sample(CALL_ENDED)[name]}) == INVALID


def test_a_running_call_is_no_call_ended_message() -> None:
    assert judged(CALL_ENDED, sample(AUTO_CALL)) == INVALID


@BOTH
@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.ANSWERED])
@pytest.mark.parametrize("name", ["answertime", "recording_url"])
def test_an_unanswered_call_has_neither_answer_nor_recording(webhook: Webhook, outcome: Outcome, name: str) -> None:
    status = spellings(webhook)[outcome]
    unanswered = {**sample(CALL_ENDED), "call_status": status, "answertime": "", "recording_url": ""}
    assert judged(webhook, unanswered) == VALID
    assert judged(webhook, {**unanswered, name: sample(CALL_ENDED)[name]}) == INVALID


# Spellings


def spelled(node: object) -> list[str]:
    """Every text in a schema that validates: values of `const` and `enum`."""
    if isinstance(node, list):
        return [word for one in node for word in spelled(one)]
    if not isinstance(node, dict):
        return []
    own = [node["const"]] if "const" in node else list(node.get("enum", ()))
    return own + [word for key, value in node.items() if key not in {"const", "enum"} for word in spelled(value)]


def test_every_status_is_spelled_in_one_place() -> None:
    words = [word for path in FOLDER.glob("*.json") for word in spelled(orjson.loads(path.read_bytes()))]
    literals = {one.literal for webhook in ALOHUB for one in statuses(webhook)}
    assert {literal: words.count(literal) for literal in literals} == dict.fromkeys(literals, 1)


@BOTH
def test_the_outcomes_are_those_of_a_call(webhook: Webhook) -> None:
    assert {one.outcome for one in statuses(webhook)} == {outcome.value for outcome in Outcome}


# Two validators, one opinion

NAMES: Final = tuple(sample(CALL_ENDED))
STRANGE: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**53), max_value=2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from([value for values in WRONG.values() for value in values]),
    st.lists(st.integers(0, 9), max_size=2),
)


def without(payload: Payload, name: str, _: object) -> Payload:
    return {key: value for key, value in payload.items() if key != name}


def with_value(payload: Payload, name: str, value: object) -> Payload:
    return {**payload, name: value}


def with_line_feed(payload: Payload, name: str, _: object) -> Payload:
    return {**payload, name: f"{payload[name]}\n"} if name in payload else payload


def in_other_digits(payload: Payload, name: str, _: object) -> Payload:
    return {**payload, name: in_arabic(str(payload[name]))} if name in payload else payload


def emptied(payload: Payload, name: str, _: object) -> Payload:
    return {**payload, name: ""}


def borrowed(payload: Payload, name: str, _: object) -> Payload:
    """The field's value in the sample of the other webhook."""
    return {**payload, name: sample(AUTO_CALL if payload.get("endtime") else CALL_ENDED)[name]}


MUTATIONS: Final = st.lists(
    st.tuples(
        st.sampled_from([without, with_value, with_line_feed, in_other_digits, emptied, borrowed]),
        st.sampled_from(NAMES),
        STRANGE,
    ),
    max_size=3,
)
MESSAGES: Final = st.sampled_from([example for webhook in ALOHUB for example in webhook.examples.values()])


@settings(max_examples=300, deadline=None)
@given(message=MESSAGES, mutations=MUTATIONS)
def test_both_validators_agree_on_mutated_messages(message: Payload, mutations: list[Any]) -> None:
    for mutate, name, value in mutations:
        message = mutate(message, name, value)
    for webhook in ALOHUB:
        ours, theirs = judged(webhook, message)
        assert ours is theirs


@settings(max_examples=50, deadline=None)
@given(payload=STRANGE)
def test_both_validators_refuse_what_is_no_object(payload: object) -> None:
    assert [judged(webhook, payload) for webhook in ALOHUB] == [INVALID, INVALID]
