"""Who may use a provider's REST API."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.endpoint import Key
from mock_alohub.server.providers.api_keys import Access, ApiKey, NotAdmitted, Scope, api_key

KEY = "sk_live_1"
STRANGER, LACKS_SCOPE = "a stranger", "lacks the scope"


def refused(access: Access, headers: Mapping[str, str], scope: Scope = Scope.REPORT) -> str | None:
    try:
        access.admit(headers, scope)
    except NotAdmitted as error:
        return LACKS_SCOPE if error.lacks_scope else STRANGER
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
    assert refused(Access(), headers) == STRANGER


def test_without_configured_keys_any_is_accepted() -> None:
    assert refused(Access(), {"authorization": "anything"}) is None


@pytest.mark.parametrize("given", [KEY.upper(), f"Bearer {KEY}", KEY[:-1], f"{KEY} "])
def test_a_configured_key_is_wanted_as_it_is(given: str) -> None:
    assert refused(Access((api_key(KEY),)), {"authorization": given}) == STRANGER


@pytest.mark.parametrize("wrong", ["x-api-key", "authorization"])
def test_of_two_keys_both_have_to_be_right(wrong: str) -> None:
    headers = {"x-api-key": KEY, "authorization": KEY, wrong: "other"}
    assert refused(Access((api_key(KEY),)), headers) == STRANGER


def test_of_two_keys_the_gateways_has_the_scopes() -> None:
    access = Access((api_key("one=report"), api_key("two=campaign")))
    assert refused(access, {"x-api-key": "one", "authorization": "two"}) is None


def test_a_scope_that_the_key_lacks_is_refused() -> None:
    access = Access((api_key(f"{KEY}=report"),))
    answers = [refused(access, {"x-api-key": KEY}, scope) for scope in Scope]
    assert answers == [LACKS_SCOPE, None, LACKS_SCOPE]


def test_the_scopes_of_a_key_that_is_given_twice_add_up() -> None:
    access = Access((api_key(f"{KEY}=report"), api_key(f"{KEY}=voice")))
    assert [refused(access, {"x-api-key": KEY}, scope) for scope in (Scope.VOICE, Scope.REPORT)] == [None, None]


def test_a_key_with_marks_is_compared() -> None:
    assert refused(Access((api_key("khóa"),)), {"x-api-key": "khóa"}) is None
