from __future__ import annotations

from itertools import pairwise

import pytest

from mock_alohub.reports.latency_picture import Picture, draw
from mock_alohub.reports.record import Record, Sample
from tests.reports.records import failing, passing, unreachable


def drawn(record: Record) -> Picture:
    picture = draw(record)
    assert picture is not None
    return picture


def with_samples(*samples: tuple[float, float]) -> Record:
    record = passing()
    record["samples"] = [
        Sample(at_ms=at, elapsed_ms=took, rule="ack.steady", acknowledged=True) for at, took in samples
    ]
    return record


def test_without_samples_there_is_no_picture() -> None:
    assert draw(unreachable()) is None


def test_every_sample_is_drawn_once_as_what_it_is() -> None:
    picture = drawn(failing())
    assert (picture.count_in_time, picture.count_late, picture.count_refused) == (152, 2, 6)
    assert (picture.in_time.count("M"), picture.late.count("M"), picture.refused.count("M")) == (152, 2, 6)


def test_an_answer_at_the_deadline_is_in_time() -> None:
    assert drawn(with_samples((0, 5000.0), (1, 5000.1))).count_late == 1


def test_slower_is_higher() -> None:
    levels = drawn(passing()).levels
    assert [level.at for level in levels] == sorted((level.at for level in levels), reverse=True)


def test_the_deadline_lies_inside_the_picture() -> None:
    picture = drawn(passing())
    assert picture.top < picture.deadline.at < picture.bottom
    assert picture.deadline.label == "deadline 5 s"


@pytest.mark.parametrize("took", [0.0, 0.001, 1.0, 5000.0, 1e7])
@pytest.mark.parametrize("at", [0.0, 0.5, 3e6])
def test_any_sample_is_drawn_inside(at: float, took: float) -> None:
    picture = drawn(with_samples((at, took)))
    path = picture.in_time or picture.late
    x, y = (float(part) for part in path[1:].split("h")[0].split("l")[0].split())
    assert picture.left <= x <= picture.right
    assert picture.top - 5 <= y <= picture.bottom


@pytest.mark.parametrize("span", [1.0, 50.0, 12_400.0, 600_000.0])
def test_the_time_axis_has_a_few_round_marks(span: float) -> None:
    assert 3 <= len(drawn(with_samples((0, 10), (span, 10))).moments) <= 8


def test_labels_of_percentiles_do_not_lie_on_one_another() -> None:
    at = [line.label_at for line in drawn(passing()).percentiles]
    assert all(lower - upper >= 12 for lower, upper in pairwise(at))
