"""What is made of a schema is as the schema wants it, plain to read, and different enough."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import Any

import jsonschema_rs
import pytest

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.imported.samples import samples
from tests.specification.imported.writing import loaded, one, operation

TEXT = {"type": "string"}
NODE = {"type": "object", "required": ["name"], "properties": {"name": TEXT, "next": {"$ref": "#/$defs/Node"}}}


def field(schema: Any) -> Any:
    return {"type": "object", "required": ["f"], "properties": {"f": schema}}


FIELDS: dict[str, Any] = {
    "a date": {"type": "string", "format": "date-time"},
    "a short text": {"type": "string", "maxLength": 2},
    "a long text": {"type": "string", "minLength": 30},
    "a currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "digits": {"type": "string", "pattern": r"^\d{9}$"},
    "an id with a prefix": {"type": "string", "pattern": "^org_[A-Za-z0-9]{27}$"},
    "a share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "a multiple": {"type": "integer", "minimum": 7, "multipleOf": 5},
    "a small number": {"type": "integer", "maximum": -3},
    "one value": {"const": {"a": [1]}},
    "nothing or a text": {"type": ["string", "null"]},
    "a list of others": {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}},
    "a pair": {"prefixItems": [TEXT, {"type": "integer"}], "items": False, "minItems": 2},
    "a map": {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    "parts": {"allOf": [{"properties": {"a": TEXT}, "required": ["a"]}, {"required": ["b"]}]},
    "stricter parts": {"allOf": [{"type": "number", "minimum": 2}, {"type": "integer", "minimum": 5, "maximum": 5}]},
    "a field in two parts": {
        "allOf": [
            {"properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"a": {"enum": ["x"]}}},
        ]
    },
    "one of several": {"oneOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]},
    "words": {"enum": ["a", "b"]},
    "no field": {"type": "object", "properties": {"a": {"not": {}}}},
    "a field nobody described": {"type": "object", "required": ["a"], "additionalProperties": {"type": "integer"}},
    "a wrong example": {"type": "integer", "example": "seven"},
}


@pytest.mark.parametrize("what", FIELDS)
def test_every_sample_is_as_the_schema_wants_it(what: str) -> None:
    schema = field(FIELDS[what])
    made = list(samples(schema, 12))
    assert len(made) == 12
    assert [one for one in made if not jsonschema_rs.is_valid(schema, one)] == []


def test_what_the_author_shows_is_taken() -> None:
    shown = {"type": "object", "properties": {"f": {"type": "string", "examples": ["Ada"]}}}
    assert next(samples(shown, 1)) == {"f": "Ada"}


def test_one_has_all_fields_and_one_has_as_few_as_can_be() -> None:
    schema = {"required": ["a"], "properties": {"a": TEXT, "b": TEXT, "c": {"type": ["integer", "null"]}}}
    full, bare, *others = samples(schema, 4)
    assert (full.keys(), bare.keys()) == ({"a", "b", "c"}, {"a"})
    assert {frozenset(one) for one in others} == {frozenset("ac"), frozenset("ab")}


def test_all_forms_and_words_come_in_turn() -> None:
    forms = {"oneOf": [{"const": "x"}, {"const": "y"}, {"const": "z"}]}
    made = list(samples({"properties": {"f": forms, "w": {"enum": [1, 2]}}}, 12))
    assert {one.get("f") for one in made} == {"x", "y", "z", None}
    assert {one.get("w") for one in made} == {1, 2, None}


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    full, bare = samples({**NODE, "$defs": {"Node": NODE}}, 2)
    assert bare == {"name": "text 2"}
    assert full["next"]["next"]["name"] == "text 1"


@pytest.mark.parametrize(
    "schema",
    [
        {**field({"$ref": "#/$defs/Node"}), "$defs": {"Node": field({"$ref": "#/$defs/Node"})}},
        field({"type": "array", "minItems": 10**9, "items": TEXT}),
        field({"type": "object", "minProperties": 10**9}),
        field({"type": "string", "minLength": 10**9}),
        field({"type": "string", "pattern": "^(a+)+$", "minLength": 40, "maxLength": 40, "not": {}}),
        field({"type": "array", "minItems": 200, "items": {"type": "array", "minItems": 200}}),
    ],
)
def test_what_would_never_end_or_be_too_large_is_not_made(schema: Any) -> None:
    began = monotonic()
    assert [one for one in samples(schema, 12) if jsonschema_rs.is_valid(schema, one)] == []
    assert monotonic() - began < 20


def test_samples_are_always_the_same() -> None:
    schema = {"properties": FIELDS}
    assert json.dumps(list(samples(schema, 12))) == json.dumps(list(samples(schema, 12)))


def test_a_webhook_of_which_no_message_can_be_made_is_left_out_with_a_reason(tmp_path: Path) -> None:
    nobody = {"allOf": [field(TEXT)], **field({"type": "null"})}
    found = loaded(tmp_path, {"good": operation(field(TEXT)), "bad": operation(nobody), "ugly": operation(nobody)})
    assert list(found.webhooks) == ["good"]
    assert found.notes[0].startswith("webhooks bad, ugly are left out: no message could be made")
    assert "`f` is" in found.notes[0]


def test_an_example_is_enough_where_no_message_can_be_made(tmp_path: Path) -> None:
    item = operation(field({"type": "string", "pattern": "^[a-z]+@[0-9]+!$"}))
    with pytest.raises(BadSpecification, match="it needs an example"):
        one(tmp_path, item)
    item["post"]["requestBody"]["content"]["application/json"]["example"] = {"f": "a@1!"}
    (tmp_path / "shown").mkdir()
    assert one(tmp_path / "shown", item).examples == {"example": {"f": "a@1!"}}


def test_a_field_that_leads_back_and_may_be_null_is_null_at_last() -> None:
    node = {"required": ["next"], "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}}}
    full, bare = samples({**node, "$defs": {"Node": node}}, 2)
    assert bare == {"next": None}
    assert full["next"]["next"] != full["next"]
    assert str(full).count("None") == 1


@pytest.mark.exhaustive
def test_thousands_of_fields_that_lead_back_take_no_minutes(tmp_path: Path) -> None:
    me = {"$ref": "#/components/schemas/Me"}
    leading = {"type": "object", "properties": {"me": me, "x": TEXT}, "example": {"x": "1"}}
    schemas = {"Me": {"type": "object", "properties": {f"f{n}": leading for n in range(2_000)}}}
    texts = {f"p{n}": {"type": "string", "pattern": f"^(a+)+b{{{n + 70}}}$"} for n in range(100)}
    began = monotonic()
    loaded(tmp_path, {"a": operation(me), "b": operation({"properties": texts})}, components={"schemas": schemas})
    assert monotonic() - began < 30
