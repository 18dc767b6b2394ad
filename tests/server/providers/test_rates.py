"""How often Alohub's REST API may be used."""

from __future__ import annotations

import pytest

from mock_alohub.errors import BadOption
from mock_alohub.server.providers.rates import Limits, OverLimit, Rates, header_names

NOW = 1_700_000_001.0
"""One second into ten."""


def used_up(rates: Rates, *requests: tuple[str, str, float]) -> list[bool]:
    answers = []
    for tenant, route, now in requests:
        try:
            rates.count(tenant, route, now)
            answers.append(False)
        except OverLimit:
            answers.append(True)
    return answers


def test_a_tenant_has_so_many_requests_in_all() -> None:
    rates = Rates(Limits(tenant=2))
    assert used_up(rates, ("a", "x", NOW), ("a", "y", NOW), ("a", "z", NOW)) == [False, False, True]


def test_a_route_has_so_many_requests_of_a_tenant() -> None:
    rates = Rates(Limits(route=1))
    assert used_up(rates, ("a", "x", NOW), ("a", "x", NOW), ("a", "y", NOW)) == [False, True, False]


def test_tenants_do_not_use_up_each_others_requests() -> None:
    assert used_up(Rates(Limits(tenant=1)), ("a", "x", NOW), ("b", "x", NOW)) == [False, False]


def test_ten_seconds_later_there_are_as_many_again() -> None:
    assert used_up(Rates(Limits(tenant=1)), ("a", "x", NOW), ("a", "x", NOW + 10)) == [False, False]


def test_who_waits_as_long_as_told_is_let_through() -> None:
    rates = Rates(Limits(tenant=1))
    rates.count("a", "x", NOW)
    with pytest.raises(OverLimit) as refusal:
        rates.count("a", "x", NOW)
    wait_s = int(refusal.value.headers["Retry-After"])
    assert (wait_s, used_up(rates, ("a", "x", NOW + wait_s))) == (9, [False])


def test_the_names_of_the_headers_are_a_setting() -> None:
    rates = Rates(Limits(tenant=5, route=3, headers=("A", "B", "C", "D")))
    assert rates.count("a", "x", NOW) == {"A": "5", "B": "4", "C": "3", "D": "2"}


def test_countless_tenants_take_bounded_memory() -> None:
    rates = Rates(Limits(tenant=5))
    for number in range(30_000):
        rates.count(str(number), "x", NOW)
    assert len(rates._counts) <= 10_001


def test_header_names_are_given_with_commas() -> None:
    assert header_names("A, B,C,X-D") == ("A", "B", "C", "X-D")


@pytest.mark.parametrize("text", ["", "A,B,C", "A,B,C,", "A,B,C,D D", "A,B,C,D,E"])
def test_other_than_four_header_names_are_refused(text: str) -> None:
    with pytest.raises(BadOption, match="is not four names of headers"):
        header_names(text)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(BadOption, match="lets none through"):
        Limits(tenant=0)
