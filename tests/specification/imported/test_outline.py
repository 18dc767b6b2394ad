"""What a generator cannot grasp it is told in outline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from mock_alohub.check import schemathesis_source
from mock_alohub.specification.imported.outline import outline
from mock_alohub.specification.validation import Validator
from tests.specification.imported.writing import ORDER, one, operation

TEXT = {"type": "string"}


def test_a_small_and_plain_schema_is_its_own_outline(tmp_path: Path) -> None:
    webhook = one(tmp_path, operation(ORDER))
    assert outline(webhook) is webhook.schema


def test_parts_become_fields_and_what_lies_deep_becomes_one_value(tmp_path: Path) -> None:
    deep = {"type": "object", "required": ["x"], "properties": {"x": {"properties": {"y": TEXT}, "required": ["y"]}}}
    parts = [{"properties": {"kind": {"const": "a"}}, "required": ["kind"]}, {"properties": {"data": deep}}]
    found = outline(one(tmp_path, operation({"allOf": parts})))
    assert found["properties"]["kind"] == {"const": "a"}
    assert found["properties"]["data"]["properties"]["x"] == {"const": {"y": "text 1"}}
    assert (found["required"], found["additionalProperties"]) == (["kind"], False)


@pytest.mark.exhaustive
def test_messages_of_parts_that_overlap_can_be_generated(tmp_path: Path) -> None:
    kinds = [{"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"b": TEXT}, "required": ["b"]}]
    parts = [{"properties": {"type": {"const": "x"}}, "required": ["type"]}, {"oneOf": kinds}]
    webhook = one(tmp_path, operation({"allOf": parts}))
    drafts = schemathesis_source.draw(schemathesis_source.valid_drafts(webhook), 1, 5)
    assert drafts
    assert all(Validator(webhook).is_valid(draft.body) for draft in drafts)
    assert [
        draft for draft in schemathesis_source.boundary_drafts(webhook) if not Validator(webhook).is_valid(draft.body)
    ]


@pytest.mark.exhaustive
def test_a_large_schema_is_generated_from_quickly(tmp_path: Path) -> None:
    leaf = {"type": "object", "properties": {f"f{n}": TEXT for n in range(12)}, "required": ["f1"]}
    tree: dict[str, Any] = leaf
    for _ in range(3):
        tree = {"type": "object", "properties": {f"t{n}": tree for n in range(6)}, "required": ["t0"]}
    webhook = one(tmp_path, operation(tree))
    began = monotonic()
    assert schemathesis_source.draw(schemathesis_source.valid_drafts(webhook), 1, 5)
    assert schemathesis_source.boundary_drafts(webhook)
    assert monotonic() - began < 20


def test_where_nothing_can_be_generated_nothing_is(tmp_path: Path) -> None:
    webhook = one(tmp_path, operation({**ORDER, "properties": {"id": {"type": "string", "pattern": "^a$"}}}))
    nothing = {"id": {"type": "string", "maxLength": 1, "minLength": 2}}
    impossible = replace(webhook, schema={**ORDER, "properties": nothing})
    assert schemathesis_source.draw(schemathesis_source.valid_drafts(impossible), 1, 3) == []
    assert schemathesis_source.smallest(schemathesis_source.valid_drafts(impossible), lambda _: True, 1, 3) is None
