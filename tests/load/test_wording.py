from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.load import wording
from tests.load.records import RECORDS, capacity, hour, interrupted


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 12_000, "0 %"),
        (12_000, 12_000, "100 %"),
        (372, 12_000, "3.1 %"),
        (1, 12_000, "0.0083 %"),
        (11_999, 12_000, "99.9917 %"),
        (1, 2, "50 %"),
        (1, 3, "33.3 %"),
        (0, 0, "–"),  # noqa: RUF001
    ],
)
def test_a_share_is_shown_with_the_figures_that_tell(part: int, whole: int, shown: str) -> None:
    assert wording.percent(part, whole) == shown


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_nothing_is_rounded_to_none_or_all(part: int, more: int) -> None:
    whole = part + more
    assert (wording.percent(part, whole) == "0 %") == (part == 0)
    assert wording.percent(part, whole) != "100 %"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(200, "200"), (200.04, "200"), (200.4, "200.4"), (3000, "3,000"), (0.5, "0.5"), (0.01, "0.01"), (0, "0")],
)
def test_a_rate_is_shown_without_needless_figures(value: float, shown: str) -> None:
    assert wording.per_second(value) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (3, 12_000, "3 of 12,000 calls"),
        (372, 12_000, "3.1 % of 12,000 calls"),
        (12, 50, "12 of 50 calls"),
        (1, 1, "1 of 1 call"),
    ],
)
def test_few_of_many_are_counted(part: int, whole: int, shown: str) -> None:
    assert wording.share(part, whole, "call") == shown


@pytest.mark.parametrize(
    ("profile", "rate", "duration_s", "shown"),
    [
        ("steady", 200.0, 60.0, "200 calls/s for 60 s"),
        ("steady", 1.0, 600.0, "1 call/s for 10 min"),
        ("soak", 50.0, 3600.0, "50 calls/s for 1 h (soak)"),
        ("ramp", 200.0, 90.0, "up to 200 calls/s for 90 s (ramp)"),
    ],
)
def test_a_load_is_said_as_it_was_asked_for(profile: str, rate: float, duration_s: float, shown: str) -> None:
    record = hour()
    record["plan"] |= {"profile": profile, "rate": rate, "duration_s": duration_s}
    assert wording.load(record) == shown


def test_of_a_document_nobody_knows_whether_it_tells_of_calls() -> None:
    record = hour()
    record["target"]["provider"] = "Shop"
    assert wording.load(record).startswith("50 messages/s for")
    assert wording.webhooks(record) == "alohub.call-ended (Shop)"


def test_all_that_acknowledges_is_not_listed() -> None:
    record = hour()
    record["contract"]["acknowledged_by"] = [*range(200, 300)]
    assert wording.statuses(record) == "2xx"
    record["contract"]["acknowledged_by"] = [200, 202]
    assert wording.statuses(record) == "200 or 202"


@pytest.mark.parametrize(
    ("limit", "unit", "shown"), [(0.0, "percent", "none"), (0.1, "percent", "0.1 %"), (2000.0, "ms", "2 s")]
)
def test_a_limit_is_said_in_its_unit(limit: float, unit: str, shown: str) -> None:
    assert wording.limit(limit, unit) == shown


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("pass", "Holds 200 calls/s"),
        ("fail", "Does not hold 200 calls/s"),
        ("capacity", "Holds 180 calls/s"),
        ("bottleneck", "No verdict: the load could not be offered"),
        ("unreachable", "The endpoint could not be reached"),
        ("interrupted", "The run was interrupted"),
    ],
)
def test_the_headline_says_the_verdict(name: str, headline: str) -> None:
    assert wording.headline(RECORDS[name]()) == headline


def test_a_search_that_found_nothing_has_a_headline_of_its_own() -> None:
    record = capacity()
    assert record["capacity"] is not None
    record["verdict"], record["capacity"]["holds_per_s"] = "fail", None
    assert wording.headline(record) == "Holds none of the rates that were tried"


def test_a_worker_that_was_lost_is_named() -> None:
    record = interrupted()
    record["generator"]["workers"][0]["lost_after_s"] = 30.0
    assert wording.generator(record).endswith("; local was lost after 30 s")
