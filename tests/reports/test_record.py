from __future__ import annotations

import types
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import jsonschema
import orjson
import pytest

from mock_alohub import bundle
from mock_alohub.errors import Unreadable
from mock_alohub.reports import json
from mock_alohub.reports.record import FORMAT, Record, read_record
from tests.reports.records import RECORDS, failing, passing

SCHEMA: dict[str, Any] = orjson.loads((bundle.path("schemas") / "mock-alohub" / "report.json").read_bytes())


def document() -> dict[str, Any]:
    return dict(orjson.loads(json.render(failing())))


def unreadable(text: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read_record(text)
    return caught.value.message


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_was_written_can_be_read(name: str) -> None:
    text = json.render(RECORDS[name]())
    assert json.render(read_record(text.encode())) == text


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_holds_before_an_independent_validator(name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(orjson.loads(json.render(RECORDS[name]())))


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_keys_that_are_not_known_are_tolerated_at_every_depth() -> None:
    record = document()
    record["later"] = 1
    record["rules"][0]["later"] = {"more": []}
    record["rules"][0]["findings"][0]["sent"]["later"] = None
    assert read_record(orjson.dumps(record))["verdict"] == "fail"


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_record(b"\xef\xbb\xbf" + json.render(passing()).encode())["verdict"] == "pass"


@pytest.mark.parametrize("text", [b"", b"{", b"<html>", b'{"format": \xff}'])
def test_what_is_no_json_is_unreadable(text: bytes) -> None:
    assert unreadable(text).startswith("the report is not JSON: ")


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b"{}", b'{"openapi": "3.1.0"}'])
def test_other_json_is_not_taken_for_a_record(text: bytes) -> None:
    assert unreadable(text) == "the report is JSON, but not the record of a check"


def test_a_newer_format_is_named_with_the_one_that_can_be_read() -> None:
    record = document() | {"format": FORMAT + 1}
    assert unreadable(orjson.dumps(record)) == "the report has format 2; this version of mock-alohub reads format 1"


def test_the_place_of_a_mistake_is_a_json_pointer() -> None:
    record = document()
    record["rules"][3]["outcome"] = "maybe"
    assert "at `/rules/3/outcome`: " in unreadable(orjson.dumps(record))


def test_a_missing_key_is_named() -> None:
    record = document()
    del record["counts"]["passed"]
    message = unreadable(orjson.dumps(record))
    assert "at `/counts`: " in message
    assert '"passed" is a required property' in message


def test_a_pointer_escapes_slash_and_tilde() -> None:
    record = document()
    record["contract"]["assumed"]["a/b~c"] = 7
    assert "at `/contract/assumed/a~1b~0c`: " in unreadable(orjson.dumps(record))


def test_the_message_does_not_repeat_what_the_file_holds() -> None:
    record = document()
    record["target"] = "\x1b[31m" + "x" * 5000
    message = unreadable(orjson.dumps(record))
    assert "xxx" not in message


def test_the_message_counts_the_other_mistakes() -> None:
    record = document()
    record["seed"], record["strict"] = "one", "two"
    assert "(and 1 more)" in unreadable(orjson.dumps(record))


def test_the_source_is_named_in_the_message() -> None:
    with pytest.raises(Unreadable, match=r"^out/report\.json is not JSON"):
        read_record(b"", source="out/report.json")


def shapes(shape: Any) -> dict[str, dict[str, Any]]:
    """Every TypedDict below `shape` by name, with its hints."""
    if not is_typeddict(shape):
        return {name: hints for one in get_args(shape) for name, hints in shapes(one).items()}
    hints = get_type_hints(shape, include_extras=True)
    return {shape.__name__: hints} | {name: inner for one in hints.values() for name, inner in shapes(one).items()}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return SCHEMA["$defs"][reference.rpartition("/")[2]] if reference else schema


def differences(schema: dict[str, Any], shape: Any, where: str = "") -> list[str]:
    """Where the keys of `schema` are not those of the TypedDict `shape`."""
    schema = resolved(schema)
    if get_origin(shape) in (Union, types.UnionType, NotRequired):
        shape = next((one for one in get_args(shape) if is_typeddict(one) or get_origin(one) is list), shape)
    if get_origin(shape) is list:
        return differences(schema["items"], get_args(shape)[0], f"{where}[]")
    if not is_typeddict(shape):
        return []
    hints = get_type_hints(shape, include_extras=True)
    required = {key for key, hint in hints.items() if get_origin(hint) is not NotRequired}
    found = [where] if set(hints) != set(schema["properties"]) or required != set(schema["required"]) else []
    return found + [
        place
        for key, hint in hints.items()
        for place in differences(schema["properties"].get(key, {}), hint, f"{where}/{key}")
    ]


def test_the_schema_and_the_types_name_the_same_keys() -> None:
    assert differences(SCHEMA, Record) == []


def test_the_comparison_reaches_every_type_of_the_record() -> None:
    assert {"Record", "RuleRecord", "FindingRecord", "Sent", "Received", "Sample", "Counts"} <= set(shapes(Record))
