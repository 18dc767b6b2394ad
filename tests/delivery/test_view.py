from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.delivery.view import cursor_of, number_of
from mock_alohub.errors import BadOption


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_leads_back_to_its_number(number: int) -> None:
    assert number_of(cursor_of(number)) == number


@given(st.text(max_size=20).filter(lambda text: len(text) != 11))
def test_a_text_of_another_length_is_a_mistake(text: str) -> None:
    with pytest.raises(BadOption, match="no cursor"):
        number_of(text)


@pytest.mark.parametrize("text", ["AAYKJE3DK A", "AAYKJE3DKQü", "AAYKJE3DKQ=", "AAYKJE3D/QA", "__________8"])
def test_a_cursor_in_other_letters_is_a_mistake(text: str) -> None:
    with pytest.raises(BadOption):
        number_of(text)
