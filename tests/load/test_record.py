from __future__ import annotations

import types
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import jsonschema
import orjson
import pytest

from mock_alohub import bundle
from mock_alohub.errors import Unreadable
from mock_alohub.load.record import FORMAT, LoadRecord, read_load_record
from mock_alohub.load.reports import json
from tests.load.records import RECORDS, capacity, holding
from tests.reports.records import passing

SCHEMA: dict[str, Any] = orjson.loads((bundle.path("schemas") / "mock-alohub" / "load.json").read_bytes())


def document() -> dict[str, Any]:
    return dict(orjson.loads(json.render(capacity())))


def unreadable(record: Any) -> str:
    with pytest.raises(Unreadable) as caught:
        read_load_record(record if isinstance(record, bytes) else orjson.dumps(record))
    return caught.value.message


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_was_written_can_be_read(name: str) -> None:
    text = json.render(RECORDS[name]())
    assert json.render(read_load_record(text.encode())) == text


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_holds_before_an_independent_validator(name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(orjson.loads(json.render(RECORDS[name]())))


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_keys_that_are_not_known_are_tolerated_at_every_depth() -> None:
    record = document()
    record["later"] = record["plan"]["later"] = record["timeline"][0]["later"] = 1
    assert read_load_record(orjson.dumps(record))["verdict"] == "pass"


@pytest.mark.parametrize("text", [b"", b"{", b'{"format": \xff}'])
def test_what_is_no_json_is_unreadable(text: bytes) -> None:
    assert unreadable(text).startswith("the report is not JSON: ")


def test_other_json_is_not_taken_for_a_record() -> None:
    assert unreadable(b"[]") == "the report is JSON, but not the record of a load run"


def test_the_record_of_a_check_is_not_taken_for_one_of_a_load_run() -> None:
    assert "is not a valid record" in unreadable(passing())


def test_a_newer_format_is_named_with_the_one_that_can_be_read() -> None:
    message = unreadable(document() | {"format": FORMAT + 1})
    assert message == "the report has format 2; this version of mock-alohub reads format 1"


def test_the_place_of_a_mistake_is_a_json_pointer() -> None:
    record = document()
    record["capacity"]["steps"][3]["kept"] = "maybe"
    assert "at `/capacity/steps/3/kept`: " in unreadable(record)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return SCHEMA["$defs"][reference.rpartition("/")[2]] if reference else schema


def differences(schema: dict[str, Any], shape: Any, where: str = "") -> list[str]:
    """Where the keys of `schema` are not those of the TypedDict `shape`."""
    schema = resolved(schema)
    if get_origin(shape) in (Union, types.UnionType):
        shape = next((one for one in get_args(shape) if is_typeddict(one)), shape)
    if get_origin(shape) is list and get_origin(get_args(shape)[0]) is list:
        return []  # pairs of numbers
    if get_origin(shape) is list:
        return differences(schema["items"], get_args(shape)[0], f"{where}[]")
    if get_origin(shape) is dict:
        return differences(schema["additionalProperties"], get_args(shape)[1], f"{where}{{}}")
    if not is_typeddict(shape):
        return []
    hints = get_type_hints(shape)
    needed = {
        key for key, hint in get_type_hints(shape, include_extras=True).items() if get_origin(hint) is not NotRequired
    }
    found = [where] if set(hints) != set(schema["properties"]) or needed != set(schema["required"]) else []
    return found + [
        place
        for key, hint in hints.items()
        for place in differences(schema["properties"].get(key, {}), hint, f"{where}/{key}")
    ]


def test_the_schema_and_the_types_name_the_same_keys() -> None:
    assert differences(SCHEMA, LoadRecord) == []


@pytest.mark.parametrize("where", ["plan", "rate", "first_attempts", "generator", "latency_ms"])
def test_a_key_that_is_missing_is_told(where: str) -> None:
    record = dict(orjson.loads(json.render(holding())))
    record[where].popitem()
    assert f"at `/{where}`: " in unreadable(record)
