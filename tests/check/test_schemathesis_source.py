from __future__ import annotations

import sys

import pytest
from hypothesis import strategies as st

from mock_alohub.check import schemathesis_source
from mock_alohub.check.schemathesis_source import (
    GeneratedBody,
    boundary_drafts,
    draw,
    invalid_drafts,
    smallest,
    valid_drafts,
)
from mock_alohub.errors import MissingExtra
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator

ENDED = Specification.load().webhook("alohub.call-ended")
ACCEPTS = Validator(ENDED).is_valid
TEXTS = st.text().map(lambda text: GeneratedBody(text, "text"))


def test_valid_drafts_are_valid() -> None:
    drafts = draw(valid_drafts(ENDED), 1, 8)
    assert len(drafts) == 8
    assert [draft.body for draft in drafts if not ACCEPTS(draft.body)] == []


def test_valid_drafts_have_no_unknown_fields() -> None:
    assert all(draft.body.keys() == ENDED.schema["properties"].keys() for draft in draw(valid_drafts(ENDED), 1, 8))


def test_the_same_seed_draws_the_same_drafts() -> None:
    assert draw(valid_drafts(ENDED), 5, 6) == draw(valid_drafts(ENDED), 5, 6)


def test_another_seed_draws_others() -> None:
    assert draw(valid_drafts(ENDED), 5, 6) != draw(valid_drafts(ENDED), 6, 6)


def test_drawing_nothing_gives_nothing() -> None:
    assert draw(valid_drafts(ENDED), 5, 0) == []


def test_invalid_drafts_break_the_schema_or_json_itself() -> None:
    drafts = draw(invalid_drafts(ENDED), 1, 20)
    assert any(isinstance(draft.body, bytes) or not ACCEPTS(draft.body) for draft in drafts)


@pytest.mark.parametrize("field", ENDED.schema["required"])
def test_the_boundaries_break_every_field(field: str) -> None:
    assert [draft for draft in boundary_drafts(ENDED) if draft.says.startswith(f"generated: {field}: ")]


def test_the_boundaries_leave_out_every_field_in_turn() -> None:
    said = {draft.says for draft in boundary_drafts(ENDED)}
    assert said >= {f"generated: Missing required property: {field}" for field in ENDED.schema["required"]}


def test_the_boundaries_are_always_the_same() -> None:
    assert boundary_drafts(ENDED) == boundary_drafts(ENDED)


def test_what_breaks_is_made_as_small_as_can_be() -> None:
    found = smallest(TEXTS, lambda draft: len(draft.body) >= 3, 1, 40)
    assert found == GeneratedBody("000", "text")


def test_what_breaks_once_and_not_again_is_found_all_the_same() -> None:
    asked: list[GeneratedBody] = []
    found = smallest(TEXTS, lambda draft: asked.append(draft) or len(asked) == 1, 1, 5)  # type: ignore[func-returns-value]
    assert found == asked[0]


def test_no_more_than_so_many_smaller_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemathesis_source, "SHRINKS", 3)
    asked: list[GeneratedBody] = []
    smallest(TEXTS, lambda draft: asked.append(draft) or True, 1, 5)  # type: ignore[func-returns-value]
    assert 1 < len(asked) <= 4


def test_nothing_is_found_where_nothing_breaks() -> None:
    assert smallest(TEXTS, lambda draft: False, 1, 5) is None


def test_a_missing_extra_is_said_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(MissingExtra) as caught:
        schemathesis_source.demand()
    assert "mock-alohub[contract]" in caught.value.hint
