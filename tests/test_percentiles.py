from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.percentiles import nearest_rank

NUMBERS = st.lists(st.integers(), min_size=1).map(sorted)
SHARES = st.floats(0, 1)


@pytest.mark.parametrize(("share", "value"), [(0, 15), (0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (1, 50)])
def test_the_nearest_rank_is_the_textbooks(share: float, value: int) -> None:
    assert nearest_rank([15, 20, 35, 40, 50], share) == value


@given(NUMBERS, SHARES)
def test_a_percentile_is_a_value_that_occurred(values: list[int], share: float) -> None:
    assert nearest_rank(values, share) in values


@given(NUMBERS, SHARES)
def test_at_least_that_share_of_the_values_is_not_above(values: list[int], share: float) -> None:
    rank = nearest_rank(values, share)
    assert sum(value <= rank for value in values) >= share * len(values)


@given(NUMBERS, SHARES, SHARES)
def test_a_larger_share_has_no_smaller_value(values: list[int], one: float, two: float) -> None:
    assert nearest_rank(values, min(one, two)) <= nearest_rank(values, max(one, two))
