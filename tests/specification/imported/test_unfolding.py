"""References of foreign documents lead where they should, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_alohub.errors import BadSpecification
from mock_alohub.specification.imported.unfolding import Unfolding
from mock_alohub.specification.validation import Validator
from tests.specification.imported.writing import one, operation


def unfolded(schemas: dict[str, Any], name: str = "A", folder: Path = Path()) -> dict[str, Any]:
    root = folder / "openapi.yaml"
    return Unfolding(root, {"components": {"schemas": schemas}}).schema({"$ref": f"#/components/schemas/{name}"}, root)


def test_a_reference_is_replaced_by_what_it_refers_to() -> None:
    schemas = {"A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}}, "B": {"type": "string"}}
    assert unfolded(schemas) == {"properties": {"b": {"type": "string"}}}


def test_what_stands_beside_a_reference_holds_as_well() -> None:
    schemas = {"A": {"$ref": "#/components/schemas/B", "minLength": 2}, "B": {"minLength": 1}}
    assert unfolded(schemas) == {"allOf": [{"minLength": 1}, {"minLength": 2}]}


def test_a_schema_that_contains_itself_still_judges_every_level(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}}}
    webhook = one(tmp_path, operation({"$ref": "#/components/schemas/Node"}), components={"schemas": {"Node": node}})
    validator = Validator(webhook)
    assert validator.is_valid({"kids": [{"kids": [{"kids": []}]}]})
    (problem,) = validator.problems({"kids": [{"kids": [{"kids": 7}]}]})
    assert problem.pointer == "/kids/0/kids/0/kids"


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"$ref": "#/components/schemas/A"}},
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}},
    ],
)
def test_a_schema_that_is_nothing_but_itself_is_refused(schemas: dict[str, Any]) -> None:
    with pytest.raises(BadSpecification, match="nothing but itself"):
        unfolded(schemas)


def test_references_that_multiply_are_counted_and_never_written_out() -> None:
    schemas = {f"S{n}": {"prefixItems": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 9} for n in range(30)}
    with pytest.raises(BadSpecification, match="more than 100,000 parts"):
        unfolded({**schemas, "S30": {}}, "S0")


def test_a_long_chain_of_references_is_refused() -> None:
    schemas = {f"S{n}": {"items": {"$ref": f"#/components/schemas/S{n + 1}"}} for n in range(5_000)}
    with pytest.raises(BadSpecification, match="levels deep"):
        unfolded({**schemas, "S5000": {}}, "S0")


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/a.yaml#/A", "//127.0.0.1/a.yaml", "file:///etc/hostname", "HTTPS://a.example/x"]
)
def test_a_remote_reference_is_refused_and_never_fetched(reference: str) -> None:
    with pytest.raises(BadSpecification, match="not fetched"):
        unfolded({"A": {"$ref": reference}})


def test_a_file_outside_the_documents_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("A: {type: string}")
    (tmp_path / "specs").mkdir()
    with pytest.raises(BadSpecification, match="outside the document's folder"):
        unfolded({"A": {"$ref": "../secret.yaml#/A"}}, folder=tmp_path / "specs")


def test_a_file_beside_the_document_is_read(tmp_path: Path) -> None:
    (tmp_path / "parts.yaml").write_text("A: {$ref: '#/B'}\nB: {type: integer}\n")
    assert unfolded({"A": {"$ref": "parts.yaml#/A"}}, folder=tmp_path) == {"type": "integer"}


@pytest.mark.parametrize("reference", ["#/components/schemas/Nobody", "#anchor", "#/components/schemas/A/0/x"])
def test_a_reference_that_leads_nowhere_is_told_of(reference: str) -> None:
    with pytest.raises(BadSpecification, match="refers to"):
        unfolded({"A": {"$ref": reference}})


def test_a_field_called_ref_is_a_field() -> None:
    schema = {"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}}
    assert unfolded({"A": schema}) == schema
