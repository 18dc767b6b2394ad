"""`--alohub-spec` takes the webhooks, and the way they carry the key, from somebody's own document."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_alohub.errors import UnknownName
from mock_alohub.pytest_plugin.options import options_of
from tests.specification.imported.test_webhooks import PETS
from tests.specification.imported.writing import ORDER, loaded, operation


def test_all_webhooks_of_the_document_are_meant() -> None:
    assert [one.name for one in options_of({"alohub_spec": str(PETS)}, {}).subjects] == ["newPet"]


def test_the_document_may_be_named_in_the_environment() -> None:
    assert [one.name for one in options_of({}, {"MOCK_ALOHUB_SPEC": str(PETS)}).subjects] == ["newPet"]


def test_a_webhook_of_another_provider_is_then_unknown() -> None:
    with pytest.raises(UnknownName, match=r"alohub\.call-ended"):
        options_of({"alohub_spec": str(PETS), "alohub_webhook": ["alohub.call-ended"]}, {})


def test_the_key_is_written_as_the_document_wants_it(tmp_path: Path) -> None:
    components = {"securitySchemes": {"s": {"type": "http", "scheme": "bearer"}}}
    loaded(tmp_path, {"order": operation(ORDER, security=[{"s": []}])}, components=components)
    values = {"alohub_spec": str(tmp_path / "openapi.json"), "alohub_key": "token"}
    assert options_of(values, {}).key == "Bearer token"
