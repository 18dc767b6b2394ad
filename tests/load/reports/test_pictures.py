from __future__ import annotations

import re

import pytest

from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import chart, pictures
from mock_alohub.load.reports.chart import Chart
from tests.load.records import RECORDS, breaking, capacity, cells, holding, hour, unreachable

DRAWN = (pictures.rate, pictures.latency, pictures.percentiles, pictures.retries, pictures.knee)


def drawn(picture: Chart | None) -> Chart:
    assert picture is not None
    return picture


def points(picture: Chart, name: str) -> list[tuple[float, float]]:
    path = next(series.path for series in picture.series if series.name == name)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


@pytest.mark.parametrize("name", RECORDS)
def test_everything_is_drawn_inside(name: str) -> None:
    record = RECORDS[name]()
    for picture in (draw(record) for draw in DRAWN):
        for series in picture.series if picture else ():
            for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", series.path):
                assert chart.LEFT - 6 <= float(x) <= chart.RIGHT + 6
                assert chart.TOP - 6 <= float(y) <= chart.BOTTOM + 6


def test_a_run_without_a_timeline_has_no_pictures_over_time() -> None:
    record = holding()
    record["timeline"] = []
    assert (pictures.rate(record), pictures.latency(record), pictures.retries(record)) == (None, None, None)


def test_a_run_without_an_answer_has_no_latencies_to_draw() -> None:
    assert (pictures.latency(unreachable()), pictures.percentiles(unreachable())) == (None, None)


def test_a_line_goes_from_the_beginning_to_the_end_of_the_run() -> None:
    made = points(drawn(pictures.rate(holding())), "made")
    assert (made[0][0], made[-1][0]) == (chart.LEFT, chart.RIGHT)


def test_more_calls_are_higher() -> None:
    record = holding()
    record["timeline"][3]["sent"] = 400
    made = points(drawn(pictures.rate(record)), "made")
    assert min(made, key=lambda point: point[1]) == made[4]


def test_what_was_not_acknowledged_is_drawn_where_there_was_any() -> None:
    def names(record: LoadRecord) -> set[str]:
        return {series.name for series in drawn(pictures.rate(record)).series}

    assert names(breaking()) - names(holding()) == {"broken"}


def test_a_long_run_is_drawn_with_as_many_points_as_can_be_seen() -> None:
    assert len(points(drawn(pictures.rate(hour())), "made")) == 302


def test_cells_that_are_put_together_keep_the_slowest_answer() -> None:
    record = hour()
    record["timeline"][301]["max_ms"] = 4999.0
    picture = drawn(pictures.latency(record))
    assert picture.deadline is not None
    assert min(y for _, y in points(picture, "slowest")) == pytest.approx(picture.deadline.at, abs=0.2)


def test_the_median_is_below_the_p99() -> None:
    picture = drawn(pictures.latency(holding()))
    assert all(p50 >= p99 for (_, p50), (_, p99) in zip(points(picture, "p50"), points(picture, "p99"), strict=True))


@pytest.mark.parametrize("draw", [pictures.latency, pictures.percentiles])
def test_the_deadline_is_in_the_picture(draw: object) -> None:
    picture = drawn(draw(holding()))  # type: ignore[operator]
    assert picture.deadline is not None
    assert chart.TOP < picture.deadline.at < chart.BOTTOM
    assert picture.deadline.label == "deadline 5 s"


def test_each_nine_of_the_percentiles_takes_as_much_room() -> None:
    ticks = {tick.label: tick.at for tick in drawn(pictures.percentiles(holding())).across}
    assert ticks["99 %"] - ticks["90 %"] == pytest.approx(ticks["99.9 %"] - ticks["99 %"])


def test_retries_are_drawn_where_there_were_any() -> None:
    assert pictures.retries(holding()) is None
    assert len(drawn(pictures.retries(breaking())).series) == 2


def test_the_knee_shows_each_step_as_what_came_of_it() -> None:
    picture = drawn(pictures.knee(capacity()))
    marks = {series.name: series.path.count("M") for series in picture.series}
    assert (marks["held"], marks["broke"]) == (7, 2)
    assert [tick.label for tick in picture.uprights] == ["holds 180/s"]


def test_a_search_in_which_nothing_was_answered_has_no_knee() -> None:
    record = capacity()
    assert record["capacity"] is not None
    for step in record["capacity"]["steps"]:
        step["p99_ms"] = None
    assert pictures.knee(record) is None


def test_every_picture_says_in_words_what_it_shows() -> None:
    said = [drawn(draw(breaking())).says for draw in DRAWN[:4]] + [drawn(pictures.knee(capacity())).says]
    assert all(re.search(r"\d", one) for one in said)
    assert len(set(said)) == 5


def test_a_run_of_one_second_is_drawn() -> None:
    record = holding()
    record["timeline"] = cells(1, 3)
    assert len(points(drawn(pictures.rate(record)), "made")) == 3
