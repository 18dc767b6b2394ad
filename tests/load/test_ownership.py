"""Whether an endpoint may be loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address
from unittest.mock import patch

import pytest
from pytest_httpserver import HTTPServer

from mock_alohub.delivery import address
from mock_alohub.delivery.address import Address, IPAddress
from mock_alohub.delivery.transport import Transport
from mock_alohub.errors import BadOption, ExitCode, Unreachable
from mock_alohub.load import ownership
from mock_alohub.load.ownership import FAR, FILE, NEAR, NotOwned, demand_ownership, distant_addresses, word_for
from mock_alohub.messages.endpoint import URL, parse_url
from tests.load.generators import plan, run

FOREIGN: list[IPAddress] = [ip_address("203.0.113.9")]


def distant(url: str) -> list[str]:
    return [str(one) for one in asyncio.run(distant_addresses(parse_url(url)))]


def demand(url: URL, found: list[IPAddress], *, declared: bool = False) -> None:
    async def ask() -> None:
        async with Transport() as sender:
            await demand_ownership(url, found, sender, declared=declared)

    asyncio.run(ask())


@pytest.fixture
def resolving() -> Iterator[dict[str, list[str]]]:
    """Names and their addresses; no name server is asked."""
    known: dict[str, list[str]] = {}

    async def addresses_of(host: str, port: int) -> list[Address]:
        return [one for ip in known[host] if (one := address.literal(ip, port)) is not None]

    with patch.object(ownership, "addresses_of", addresses_of):
        yield known


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.8.9.1", "[::1]", "10.1.2.3", "172.16.0.1", "192.168.1.9", "[fd00::1]", "[::ffff:10.0.0.1]"],
)
def test_loopback_and_private_addresses_are_ones_own(host: str) -> None:
    assert distant(f"http://{host}/hook") == []


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "172.32.0.1", "100.64.0.1", "[::ffff:8.8.8.8]"])
def test_other_addresses_are_a_strangers(host: str) -> None:
    assert len(distant(f"http://{host}/hook")) == 1


def test_a_name_is_judged_by_its_addresses(resolving: dict[str, list[str]]) -> None:
    resolving["crm.local"] = ["8.8.4.4"]
    resolving["crm.example.vn"] = ["10.0.0.7"]
    assert (distant("http://crm.local/"), distant("http://crm.example.vn/")) == (["8.8.4.4"], [])


def test_one_public_address_of_many_is_enough(resolving: dict[str, list[str]]) -> None:
    resolving["crm"] = ["10.0.0.7", "8.8.4.4", "127.0.0.1"]
    assert distant("http://crm/") == ["8.8.4.4"]


def test_a_name_without_an_address_cannot_be_reached() -> None:
    with pytest.raises(Unreachable, match=r"crm\.invalid") as caught:
        distant("http://crm.invalid/hook")
    assert caught.value.exit_code is ExitCode.UNREACHABLE


def test_a_generator_dials_no_strangers_address_unless_somebody_answers_for_it() -> None:
    run_counts = run(plan("http://8.8.8.8/hook", duration_s=0.2, retries=False))
    assert (run_counts.sent, run_counts.first.failed) == (20, 20)
    assert [cause.partition(":")[0] for cause in run_counts.causes] == ["forbidden"]


def test_an_endpoint_at_home_needs_no_word() -> None:
    demand(parse_url("http://127.0.0.1:1/hook"), [])


def test_a_declared_owner_is_believed_without_asking_the_host() -> None:
    demand(parse_url("http://127.0.0.1:1/hook"), FOREIGN, declared=True)


def test_a_host_that_says_its_word_may_be_loaded(httpserver: HTTPServer) -> None:
    url = parse_url(httpserver.url_for("/hook?token=s3cret"))
    httpserver.expect_request(FILE, query_string="").respond_with_data(f"# load tests\r\n  {word_for(url)} \r\n")
    demand(url, FOREIGN)


def test_a_host_without_the_file_may_not(httpserver: HTTPServer) -> None:
    url = parse_url(httpserver.url_for("/hook"))
    httpserver.expect_request(FILE).respond_with_data("", status=404)
    with pytest.raises(NotOwned, match=r"203\.0\.113\.9.*mock-alohub\.txt answers 404") as caught:
        demand(url, FOREIGN)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "--i-own-this-endpoint" in caught.value.hint
    assert word_for(url) in caught.value.hint


def test_the_word_of_another_host_does_not_do(httpserver: HTTPServer) -> None:
    url = parse_url(httpserver.url_for("/hook"))
    httpserver.expect_request(FILE).respond_with_data(word_for(parse_url("http://another.example/")))
    with pytest.raises(NotOwned, match="lacks the word of this host"):
        demand(url, FOREIGN)


def test_a_page_that_only_quotes_the_word_does_not_do(httpserver: HTTPServer) -> None:
    url = parse_url(httpserver.url_for("/hook"))
    httpserver.expect_request(FILE).respond_with_data(f"you asked for {word_for(url)}")
    with pytest.raises(NotOwned):
        demand(url, FOREIGN)


def test_a_redirect_to_the_file_is_not_followed(httpserver: HTTPServer) -> None:
    url = parse_url(httpserver.url_for("/hook"))
    httpserver.expect_request(FILE).respond_with_data("", status=302, headers={"Location": "/elsewhere"})
    httpserver.expect_request("/elsewhere").respond_with_data(word_for(url))
    with pytest.raises(NotOwned, match="answers 302"):
        demand(url, FOREIGN)


def test_a_host_that_cannot_be_asked_may_not_be_loaded() -> None:
    with pytest.raises(NotOwned, match="could not be read"):
        demand(parse_url("http://127.0.0.1:1/hook"), FOREIGN)


def test_the_word_is_that_of_host_and_port_however_they_are_written() -> None:
    assert word_for(parse_url("http://CRM.example.vn/a")) == word_for(parse_url("http://crm.example.vn.:80/b?c=d"))


def test_another_port_has_another_word() -> None:
    assert word_for(parse_url("http://crm.example.vn/")) != word_for(parse_url("http://crm.example.vn:8080/"))


@pytest.mark.parametrize(
    ("rate", "duration_s", "said", "hint"),
    [
        (1_001, 60, "1,001 calls/s is more than the 1,000", "--max-rate 1001 allows it"),
        (10, 601, "601 s is longer than the 600 s", "--max-duration 601s allows it"),
    ],
)
def test_a_run_above_the_ceiling_is_refused(rate: float, duration_s: float, said: str, hint: str) -> None:
    with pytest.raises(BadOption, match=said) as caught:
        FAR.demand(rate, duration_s)
    assert caught.value.hint == hint


def test_a_run_at_the_ceiling_is_not() -> None:
    FAR.demand(FAR.rate, FAR.duration_s)
    NEAR.demand(NEAR.rate, NEAR.duration_s)


def test_more_is_allowed_at_home() -> None:
    NEAR.demand(5_000, 7_200)
