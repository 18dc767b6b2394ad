import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load.counts import MOST_CAUSES, MOST_CELLS, OTHER_CAUSES, Counts, RunCounts


def drawn(seed: int) -> RunCounts:
    """A tally as a worker could have it, every field set."""
    draw = Random(seed)
    run_counts = RunCounts(
        scheduled=draw.randrange(100),
        sent=draw.randrange(100),
        first=Counts(*(draw.randrange(9) for _ in range(4))),
        retries=Counts(*(draw.randrange(9) for _ in range(4))),
        delivered=draw.randrange(9),
        lost=draw.randrange(9),
        undecided=draw.randrange(9),
        by_webhook={"alohub.call-ended": Counts(*(draw.randrange(9) for _ in range(4)))},
        in_flight_max=draw.randrange(99),
        cpu_s=draw.randrange(9),
        elapsed_s=draw.random(),
    )
    run_counts.unsend("in-flight-limit", draw.randrange(5))
    run_counts.blame("status 503", draw.randrange(1, 5))
    for _ in range(20):
        cell = run_counts.cell(draw.randrange(30))
        cell.sent += 1
        cell.latencies.add(draw.random())
        cell.in_flight = draw.randrange(9)
        run_counts.latencies.add(draw.random())
        run_counts.lag.add(draw.random() / 1000)
    return run_counts


def merged(*all_counts: RunCounts, beside: bool = False) -> RunCounts:
    whole = RunCounts()
    for run_counts in all_counts:
        whole.merge(run_counts, beside=beside)
    return whole


@given(st.integers())
def test_what_goes_through_json_comes_back(seed: int) -> None:
    run_counts = drawn(seed)
    assert RunCounts.of_dict(json.loads(json.dumps(run_counts.as_dict()))) == run_counts


@given(st.integers(), st.integers(), st.integers())
def test_it_does_not_matter_in_which_order_parts_are_added(one: int, two: int, three: int) -> None:
    a, b, c = drawn(one), drawn(two), drawn(three)
    assert merged(a, b, c) == merged(c, merged(b, a))


@given(st.integers(), st.integers())
def test_merging_leaves_the_other_as_it_was(one: int, two: int) -> None:
    other = drawn(two)
    whole = merged(drawn(one), other)
    whole.merge(drawn(one))
    assert other == drawn(two)


def test_counts_of_all_parts_are_added() -> None:
    one = RunCounts(first=Counts(1, 2, 3, 4), retries=Counts(5, 6, 7, 8))
    two = RunCounts(first=Counts(10, 20, 30, 40), retries=Counts(50, 60, 70, 80))
    whole = merged(one, two)
    assert (whole.first, whole.retries) == (Counts(11, 22, 33, 44), Counts(55, 66, 77, 88))


def test_durations_of_all_parts_are_counted() -> None:
    one, two = RunCounts(), RunCounts()
    for run_counts, seconds in ((one, 0.1), (two, 0.2)):
        run_counts.latencies.add(seconds)
        run_counts.lag.add(seconds / 100)
        run_counts.cell(0).latencies.add(seconds)
    whole = merged(one, two)
    for times, longest in ((whole.latencies, 0.2), (whole.lag, 0.002), (whole.cell(0).latencies, 0.2)):
        assert (times.count, times.max) == (2, longest)


def test_what_is_in_flight_is_the_most_of_one_worker_and_the_sum_of_several() -> None:
    one, two = RunCounts(in_flight_max=3), RunCounts(in_flight_max=5)
    one.cell(0).in_flight, two.cell(0).in_flight = 3, 5
    after, beside = merged(one, two), merged(one, two, beside=True)
    assert (after.in_flight_max, after.cell(0).in_flight) == (5, 5)
    assert (beside.in_flight_max, beside.cell(0).in_flight) == (8, 8)


def test_a_long_run_has_longer_cells_and_loses_nothing() -> None:
    whole = RunCounts()
    for second in range(4 * MOST_CELLS):
        beat = RunCounts()
        beat.cell(second).sent = 1
        beat.cell(second).latencies.add(0.01)
        whole.merge(beat)
    assert len(whole.timeline) <= MOST_CELLS
    assert whole.cell_s == 4
    assert {cell.sent for cell in whole.timeline.values()} == {4}
    assert all(second % 4 == 0 for second in whole.timeline)


def test_tallies_with_cells_of_different_lengths_add_up() -> None:
    long, short = RunCounts(cell_s=4), RunCounts()
    long.cell(5).sent, short.cell(7).sent = 1, 2
    for whole in (merged(long, short), merged(short, long)):
        assert {second: cell.sent for second, cell in whole.timeline.items()} == {4: 3}


def test_an_endpoint_that_fails_in_ever_new_ways_does_not_fill_the_memory() -> None:
    run_counts = RunCounts()
    for number in range(1_000):
        run_counts.blame(f"status {number}")
    assert len(run_counts.causes) == MOST_CAUSES + 1
    assert run_counts.causes[OTHER_CAUSES] == 1_000 - MOST_CAUSES


def test_causes_of_several_workers_stay_bounded_and_complete() -> None:
    one, two = RunCounts(), RunCounts()
    for number in range(100):
        one.blame(f"one {number}")
        two.blame(f"two {number}")
    whole = merged(one, two)
    assert len(whole.causes) <= MOST_CAUSES + 1
    assert sum(whole.causes.values()) == 200


def test_the_total_of_counts_is_all_attempts_that_ended() -> None:
    assert Counts(1, 2, 3, 4).total == 10
