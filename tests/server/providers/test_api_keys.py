"""Who may use Alohub's REST API, and how often."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.endpoint import Key
from mock_alohub.server.providers.alohub.errors import Code, Refused
from mock_alohub.server.providers.api_keys import Access, ApiKey, Limits, Rates, Scope, api_key, header_names

KEY = "sk_live_1"
NOW = 1_700_000_001.0
"""One second into ten."""


def refused(access: Access, headers: Mapping[str, str], scope: Scope = Scope.REPORT) -> Code | None:
    try:
        access.admit(headers, scope)
    except Refused as refusal:
        return refusal.code
    return None


def test_a_key_alone_is_good_for_everything() -> None:
    assert api_key(KEY) == ApiKey(Key(KEY), frozenset(Scope))


def test_a_key_is_given_with_its_scopes() -> None:
    assert api_key(f"{KEY}=report,campaign") == ApiKey(Key(KEY), frozenset({Scope.REPORT, Scope.CAMPAIGN}))


def test_a_key_in_base64_is_whole() -> None:
    assert api_key("c2VjcmV0MQ==").key.reveal() == "c2VjcmV0MQ=="


def test_an_unknown_scope_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `report`"):
        api_key(f"{KEY}=reports")


@pytest.mark.parametrize("text", ["", "  "])
def test_a_key_cannot_be_empty(text: str) -> None:
    with pytest.raises(BadOption, match="cannot be empty"):
        api_key(text)


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"x-api-key": " "}])
def test_a_key_has_to_be_there(headers: dict[str, str]) -> None:
    assert refused(Access(), headers) is Code.UNAUTHORIZED


def test_without_configured_keys_any_is_accepted() -> None:
    assert refused(Access(), {"authorization": "anything"}) is None


@pytest.mark.parametrize("given", [KEY.upper(), f"Bearer {KEY}", KEY[:-1], f"{KEY} "])
def test_a_configured_key_is_wanted_as_it_is(given: str) -> None:
    assert refused(Access((api_key(KEY),)), {"authorization": given}) is Code.UNAUTHORIZED


@pytest.mark.parametrize("wrong", ["x-api-key", "authorization"])
def test_of_two_keys_both_have_to_be_right(wrong: str) -> None:
    headers = {"x-api-key": KEY, "authorization": KEY, wrong: "other"}
    assert refused(Access((api_key(KEY),)), headers) is Code.UNAUTHORIZED


def test_of_two_keys_the_gateways_has_the_scopes() -> None:
    access = Access((api_key("one=report"), api_key("two=campaign")))
    assert refused(access, {"x-api-key": "one", "authorization": "two"}) is None


def test_a_scope_that_the_key_lacks_is_refused() -> None:
    access = Access((api_key(f"{KEY}=report"),))
    answers = [refused(access, {"x-api-key": KEY}, scope) for scope in Scope]
    assert answers == [Code.INSUFFICIENT_SCOPE, None, Code.INSUFFICIENT_SCOPE]


def test_the_scopes_of_a_key_that_is_given_twice_add_up() -> None:
    access = Access((api_key(f"{KEY}=report"), api_key(f"{KEY}=voice")))
    assert [refused(access, {"x-api-key": KEY}, scope) for scope in (Scope.VOICE, Scope.REPORT)] == [None, None]


def test_a_key_with_marks_is_compared() -> None:
    assert refused(Access((api_key("khóa"),)), {"x-api-key": "khóa"}) is None


def used_up(rates: Rates, *requests: tuple[str, str, float]) -> list[bool]:
    answers = []
    for tenant, route, now in requests:
        try:
            rates.count(tenant, route, now)
            answers.append(False)
        except Refused as refusal:
            answers.append(refusal.code is Code.RATE_LIMIT_EXCEEDED)
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
    with pytest.raises(Refused) as refusal:
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
