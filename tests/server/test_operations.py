"""The description of the API names what there is, and nothing that is not."""

from __future__ import annotations

from typing import Any

import pytest

from mock_alohub.calls.call import Direction, Outcome, Party
from mock_alohub.delivery.state import StateName
from mock_alohub.faults import FAULTS
from mock_alohub.messages.endpoint import parse_url
from mock_alohub.messages.policy import seconds
from mock_alohub.providers import PROVIDERS
from mock_alohub.server.operations import Shape, operations
from mock_alohub.specification.specification import Specification

DOCUMENT = Specification.load().document
SCHEMAS = DOCUMENT["components"]["schemas"]
CALLS = SCHEMAS["NewCalls"]["properties"]


def shape(name: str) -> Shape:
    return Shape({"$ref": f"#/components/schemas/{name}"}, DOCUMENT)


@pytest.mark.parametrize(
    ("listed", "there_are"),
    [
        (SCHEMAS["WebhookName"]["enum"], [*PROVIDERS, *Specification.load().webhooks]),
        (SCHEMAS["Outcome"]["enum"], list(Outcome)),
        (SCHEMAS["Direction"]["enum"], list(Direction)),
        (CALLS["ended_by"]["enum"], list(Party)),
        (CALLS["faults"]["items"]["enum"], [fault.name for fault in FAULTS]),
        (SCHEMAS["Delivery"]["properties"]["state"]["enum"], list(StateName)),
        (DOCUMENT["components"]["parameters"]["state"]["schema"]["enum"], list(StateName)),
        (SCHEMAS["States"]["required"], list(StateName)),
    ],
    ids=["webhooks", "outcomes", "directions", "parties", "faults", "states", "states to filter by", "states counted"],
)
def test_a_list_in_the_description_is_the_list_in_the_program(listed: list[str], there_are: list[str]) -> None:
    assert listed == there_are


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/alohub",
        "https://crm.example.com",
        "http://[::1]:8000/",
        "http://[2001:db8::1]/a?b=c",
        "http://crm_1/",
        "http://localhost:65535",
    ],
)
def test_urls_are_accepted_as_they_are_by_the_sender(url: str) -> None:
    assert shape("URL").accepts(url)
    parse_url(url)


@pytest.mark.parametrize(
    "url",
    ["http://a:0/", "http://a:65536/", "ftp://a", "http://u:p@a/", "http://a b/", "http:///a", "a", "http://[::]::1/"],
)
def test_urls_that_cannot_be_sent_to_are_not_accepted(url: str) -> None:
    assert not shape("URL").accepts(url)


@pytest.mark.parametrize("text", ["5s", "250ms", "1m30s", "2h", "0s", "1.5s", "30d"])
def test_durations_are_accepted_as_they_are_read(text: str) -> None:
    assert shape("Duration").accepts(text)
    assert seconds(text) >= 0


@pytest.mark.parametrize("text", ["2026-02-29T00:00:00", "2026-04-31T00:00", "2026-13-01T00:00", "now", "2026-01-01"])
def test_moments_that_never_are_are_not_accepted(text: str) -> None:
    assert not shape("Instant").accepts(text)


@pytest.mark.parametrize(
    "text", ["2024-02-29T00:00:00", "2026-01-31T23:59", "2026-01-13T15:00:30+07:00", "2026-01-13T15:00Z"]
)
def test_moments_are_accepted_with_and_without_a_zone(text: str) -> None:
    assert shape("Instant").accepts(text)


def test_a_flaw_says_what_is_allowed() -> None:
    (flaw,) = shape("Outcome").flaws("lost", "body")
    assert (flaw.allowed, flaw.nearest) == (tuple(Outcome), None)
    assert flaw.detail == "the body is `lost`; allowed: `answered`, `no_answer`, `busy`, `failed`, `canceled`"


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ({"count": "2"}, "`count` is `2`, wanted a whole number"),
        ({"agent": {"extension": "1"}}, "`agent` lacks `account`"),
        ({"at": "soon"}, "`at` is `soon`, wanted `now`, or a time such as"),
        ([], "the body is an array of 0, wanted an object"),
        ({"set": 1}, "`set` is 1, wanted an object"),
        ({"x" * 100: 1}, f"unknown member `{'x' * 60}…`"),
    ],
)
def test_a_flaw_is_a_sentence(value: Any, detail: str) -> None:
    (flaw,) = shape("NewCalls").flaws(value, "body")
    assert flaw.detail.startswith(detail)


def test_whole_numbers_are_settled_where_the_description_wants_them() -> None:
    settled = shape("NewCalls").settled({"count": 3.0, "set": {"a": 3.0}})
    assert (repr(settled["count"]), repr(settled["set"]["a"])) == ("3", "3.0")


def test_every_operation_that_changes_something_of_ours_is_guarded() -> None:
    open_ones = {one.id for one in operations(Specification.load()) if one.checked and not one.guarded}
    assert open_ones == {"healthz", "readyz", "describeApi", "showDocs"}
