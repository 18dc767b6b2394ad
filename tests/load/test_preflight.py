"""The ordinary calls before a load run."""

from __future__ import annotations

import asyncio
import json

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mock_alohub.delivery.transport import Transport
from mock_alohub.load.preflight import Preflight, preflight, tally_of
from mock_alohub.messages import transmission
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.policy import policy_of
from mock_alohub.specification.specification import Specification

CALL_ENDED, AUTO_CALL = "alohub.call-ended", "alohub.auto-call"


def fly(url: str, *webhooks: str, key: Key | None = None) -> Preflight:
    async def go() -> Preflight:
        known = Specification.load()
        chosen = [known.webhook(name) for name in webhooks or (CALL_ENDED,)]
        async with Transport() as sender:
            return await preflight(Endpoint(parse_url(url), key), chosen, 1, sender)

    return asyncio.run(go())


def test_an_endpoint_that_acknowledges_may_be_loaded(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("")
    assert fly(httpserver.url_for("/hook")) == Preflight()


def test_every_webhook_is_tried_with_all_its_messages(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("")
    assert fly(httpserver.url_for("/hook"), CALL_ENDED, AUTO_CALL).reason == ""
    assert len(httpserver.log) == 3
    assert len({json.loads(request.data).get("call_id") for request, _ in httpserver.log[:1]}) == 1


@pytest.mark.parametrize("name", sorted(Specification.load().webhooks))
def test_no_webhook_goes_untried(name: str, httpserver: HTTPServer) -> None:
    statuses = sorted(policy_of(Specification.load().webhook(name)).acknowledged_by)
    httpserver.expect_request("/hook").respond_with_data("", status=statuses[0])
    assert fly(httpserver.url_for("/hook"), name).reason == ""
    assert httpserver.log


def test_a_refusal_is_told_at_once(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("who are you", status=401)
    found = fly(httpserver.url_for("/hook"))
    assert "(alohub.call-ended) was not acknowledged" in found.reason
    assert "401" in found.reason
    assert (found.hint, found.reachable, len(httpserver.log)) == ("the agreed key goes into MOCK_ALOHUB_KEY", True, 1)


def test_a_refused_key_is_asked_about_and_not_shown(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("not s3cret-Q7-key", status=403)
    found = fly(httpserver.url_for("/hook"), key=Key("s3cret-Q7-key"))
    assert found.hint == "is this the agreed key?"
    assert "s3cret" not in found.reason


def test_a_wrong_path_is_asked_about(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=404)
    assert fly(httpserver.url_for("/hook")).hint == "is the path of the URL right?"


def test_an_endpoint_that_is_busy_for_a_moment_is_asked_again(httpserver: HTTPServer) -> None:
    answers = iter([503, 503, 200])
    httpserver.expect_request("/hook").respond_with_handler(lambda request: Response(status=next(answers)))
    assert fly(httpserver.url_for("/hook")).reason == ""


def test_one_that_stays_busy_is_not_loaded(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=503)
    found = fly(httpserver.url_for("/hook"))
    assert "503" in found.reason
    assert len(httpserver.log) == 3


def test_the_same_call_is_asked_again(httpserver: HTTPServer) -> None:
    bodies: list[bytes] = []

    def busy(request: Request) -> Response:
        bodies.append(request.data)
        return Response(status=503)

    httpserver.expect_request("/hook").respond_with_handler(busy)
    fly(httpserver.url_for("/hook"))
    assert len(set(bodies)) == 1


def test_nobody_there_is_unreachable(closed_url: str) -> None:
    found = fly(closed_url)
    assert not found.reachable
    assert closed_url in found.reason


def test_the_one_call_is_counted_for_the_reports(httpserver: HTTPServer, closed_url: str) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=401)
    refused, failed = tally_of(fly(httpserver.url_for("/hook"))), tally_of(fly(closed_url))
    assert (refused.sent, refused.first.refused, refused.causes) == (1, 1, {"status 401": 1})
    assert (failed.sent, failed.first.failed) == (1, 1)
    assert next(iter(failed.causes)).startswith("refused: ")


class Silent:
    """Sends nothing, and has waited for the answer in vain."""

    async def send(
        self,
        request: transmission.Request,
        *,
        deadline_s: float,
        wire: transmission.Wire = transmission.ORDINARY,
        number: int = 1,
    ) -> Attempt:
        return Attempt(number, 0.0, deadline_s, cause=Cause.DEADLINE, detail="no answer came within 5 s")

    def drop_idle(self) -> None:
        """Keeps nothing."""


def test_an_endpoint_that_answers_nothing_in_time_is_not_loaded() -> None:
    webhook = Specification.load().webhook(CALL_ENDED)
    found = asyncio.run(preflight(Endpoint(parse_url("http://127.0.0.1:1/hook")), [webhook], 1, Silent()))
    assert found.reason.startswith("the first ordinary call (alohub.call-ended) was not answered in time: ")
    assert (found.reachable, tally_of(found).first.late) == (True, 1)


def test_nothing_is_counted_where_nothing_went_wrong() -> None:
    assert tally_of(Preflight()).sent == 0


@pytest.fixture
def closed_url() -> str:
    """Where nobody listens."""
    return "http://127.0.0.1:1/hook"
