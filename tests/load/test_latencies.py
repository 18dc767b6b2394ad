import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load.latencies import CoarseLatencies, Latencies
from mock_alohub.percentiles import nearest_rank

SECONDS = st.integers(0, 60_000_000).map(lambda us: us / 1e6)
KINDS = [Latencies, CoarseLatencies]


def counted(values: list[float], kind: type[Latencies] = Latencies) -> Latencies:
    latencies = kind()
    for value in values:
        latencies.add(value)
    return latencies


@given(st.lists(SECONDS, min_size=1), st.floats(0, 1))
def test_a_percentile_is_the_nearest_rank_within_a_tenth_of_a_percent(values: list[float], share: float) -> None:
    exact = nearest_rank(sorted(values), share)
    found = counted(values).percentile(share)
    assert found is not None
    assert exact <= found + 1e-9
    assert found <= exact * 1.001 + 1e-6


@given(st.lists(SECONDS, min_size=1), st.floats(0, 1))
def test_a_coarse_percentile_is_within_five_percent(values: list[float], share: float) -> None:
    exact = nearest_rank(sorted(values), share)
    found = counted(values, CoarseLatencies).percentile(share)
    assert found is not None
    assert exact - 1e-9 <= found <= exact * 1.05 + 5e-6


@given(st.lists(SECONDS), st.integers(0, 60_000))
def test_at_most_a_whole_millisecond_is_counted_exactly(values: list[float], ms: int) -> None:
    limit = ms / 1000
    assert counted(values).at_most(limit) == sum(value <= limit for value in values)


def test_exactly_five_seconds_is_at_most_five_seconds_and_a_microsecond_more_is_not() -> None:
    assert counted([5.0, 4.999999, 5.000001]).at_most(5.0) == 2


def test_percentiles_just_below_five_seconds_are_not_rounded_up_to_it() -> None:
    assert counted([4.95] * 100).percentile(0.99) == 4.95


@given(st.lists(SECONDS), st.lists(SECONDS))
def test_merging_is_as_counting_everything_at_one_place(ours: list[float], theirs: list[float]) -> None:
    merged = counted(ours)
    merged.merge(counted(theirs))
    assert merged == counted(ours + theirs)
    assert merged.count == len(ours) + len(theirs)


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(SECONDS))
def test_what_goes_through_json_comes_back(kind: type[Latencies], values: list[float]) -> None:
    latencies = counted(values, kind)
    back = kind.of_dict(json.loads(json.dumps(latencies.as_dict())))
    assert back == latencies
    assert back.count == len(values)


@pytest.mark.parametrize("kind", KINDS)
@given(bucket=st.integers(0, 30_000))
def test_an_upper_edge_belongs_to_its_bucket_and_a_microsecond_more_does_not(
    kind: type[Latencies], bucket: int
) -> None:
    edge_us = kind._edge_us(bucket)
    assert kind._bucket(edge_us) == bucket
    assert kind._bucket(edge_us + 1) == bucket + 1


def test_the_maximum_is_exact() -> None:
    assert counted([0.1234567891, 7.7777777]).percentile(1.0) == 7.7777777


def test_a_value_below_zero_counts_as_zero() -> None:
    latencies = counted([-0.001])
    assert (latencies.count, latencies.percentile(0.5)) == (1, 0.0)


def test_nothing_counted_has_no_percentile() -> None:
    assert Latencies().percentile(0.99) is None


def test_buckets_of_different_width_are_not_added() -> None:
    with pytest.raises(TypeError):
        Latencies().merge(CoarseLatencies())


@given(st.lists(SECONDS))
def test_pairs_rise_and_hold_every_value(values: list[float]) -> None:
    pairs = list(counted(values).pairs())
    assert pairs == sorted(pairs)
    assert sum(count for _, count in pairs) == len(values)


def test_memory_is_bounded_by_buckets_not_by_values() -> None:
    latencies = counted([abs(math.sin(number)) * 5 for number in range(100_000)], CoarseLatencies)
    assert len(list(latencies.pairs())) < 1_600
