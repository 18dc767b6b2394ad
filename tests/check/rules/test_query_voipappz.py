"""Rules for webhooks that say all in the query of a GET."""

from __future__ import annotations

from urllib.parse import parse_qsl

from mock_alohub.messages.attempt import Attempt
from mock_alohub.messages.transmission import Request
from tests.fakes import Trying, replied, trying

HANGUP = "voipappz.call-hangup"


def layouts() -> Trying:
    return trying("compat.query-layout", webhook=HANGUP, method="GET")


def queries(tries: Trying) -> list[str]:
    return [one.request.url.target.partition("?")[2] for one in tries.sent]


def test_a_query_says_the_same_in_each_layout() -> None:
    told = [dict(parse_qsl(query, keep_blank_values=True)) for query in queries(layouts())]
    assert {frozenset(one) for one in told} == {frozenset(told[0])}
    assert [one["environment_name"] for one in told] == ["MOCK2024"] * 3


def test_parameters_come_in_another_order_spaces_as_escapes_and_everything_escaped() -> None:
    reversed_, spaces, escaped = queries(layouts())
    assert reversed_.startswith("queue_name=")
    assert spaces.startswith("direction=")
    assert ("+" in spaces, "%20" in spaces) == (False, True)
    assert set(escaped) <= set("%=&0123456789ABCDEF")


def test_an_endpoint_that_matches_the_query_is_found() -> None:
    def matched(request: Request) -> Attempt:
        return replied(200 if "uuid=" in request.url.target.partition("&")[2][:5] else 400)

    tries = trying("compat.query-layout", matched, webhook=HANGUP, method="GET")
    assert tries.broken_cases == ["reversed parameters", "every character escaped"]


def test_a_webhook_with_a_body_has_no_layout_of_a_query() -> None:
    assert trying("compat.query-layout", webhook=HANGUP).cases == []
