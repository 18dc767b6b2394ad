"""Alohaa's REST API as a client of it meets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from mock_alohub.delivery.destination import Registration
from mock_alohub.delivery.view import Wanted
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.server.providers.alohaa.errors import FAILURES, Code
from mock_alohub.server.providers.api_keys import api_key
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from tests.listening import listening
from tests.server.alohub import KEY, Mock, Reply, asked

CLICK, VOICE, LOGS = "/v1/external/click-2-call", "/v1/call", "/v1/external/click-2-call-logs"
OUTGOING, CAMPAIGN = "alohaa.outgoing-call", "alohaa.campaign"
ALOHAA = {"x-metro-api-key": KEY}
AT_ONCE = {"caller_number": "9052930042", "receiver_number": "9670000200", "did_number": "918069730042"}
"""A call that is over at once."""
SPOKEN = {"campaign_id": "6463506445d971bd24cf599f", "number": "9670000200", "media_type": "TEXT", "text": "Hello"}
FAST = {"time_scale": 1_000_000.0}
"""Here a call is over in no time, and nobody waits a second between two requests."""


@dataclass(frozen=True, slots=True)
class Told:
    """A request that came to an endpoint."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = orjson.loads(self.body)
        return payload


@dataclass(slots=True)
class Listening:
    """An endpoint on loopback that acknowledges everything and keeps it."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def first(self) -> Told:
        """What comes first."""
        return (await self.got(1))[0]

    async def got(self, count: int) -> list[Told]:
        """What came, once there are `count`."""
        async with asyncio.timeout(20):
            while len(self.told) < count:
                self._news.clear()
                await self._news.wait()
        return self.told

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                pairs = (line.partition(":") for line in lines)
                headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                method, target, _ = first.split(" ")
                self.told.append(Told(method, target, headers, body))
                self._news.set()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def unknown() -> AsyncIterator[Listening]:
    endpoint = Listening()
    async with listening(endpoint.serve) as port:
        endpoint.url = f"http://127.0.0.1:{port}/alohaa"
        yield endpoint


@asynccontextmanager
async def registered(one: Mock, *webhooks: str, key: str | None = None) -> AsyncIterator[Listening]:
    """An endpoint that is registered with the mock."""
    async with unknown() as endpoint:
        address = Endpoint(parse_url(endpoint.url), None if key is None else Key(key))
        await one.context.engine.register(Registration(address, webhooks=webhooks))
        yield endpoint


async def settled(one: Mock, count: int) -> None:
    """Wait until `count` deliveries have been made."""
    found = await one.context.engine.until(Wanted("default"), count, 20.0)
    assert found >= count


async def click(one: Mock, **changes: Any) -> Reply:
    return await one.post(CLICK, AT_ONCE | changes, ALOHAA)


def replied(folder: Path, path: str, content: Any, headers: Mapping[str, str] = ALOHAA, **plan: Any) -> Reply:
    return asked(folder, lambda one: one.post(path, content, headers), **plan)


def refusal(reply: Reply) -> tuple[int, int, str]:
    assert reply.json["success"] is False
    return reply.status, reply.json["error"]["code"], reply.json["error"]["reason"]


# Click to call


def test_a_placed_call_leads_to_its_webhook(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Reply, Told]:
        async with registered(one, OUTGOING) as endpoint:
            return await click(one), await endpoint.first()

    reply, told = asked(tmp_path, scenario, **FAST)
    assert (reply.status, reply.json["success"]) == (200, True)
    assert len(reply.json["response"]["reference_id"]) == 24
    assert Validator(Specification.load().webhook(OUTGOING)).problems(told.payload) == []
    assert told.payload | AT_ONCE == told.payload
    assert (told.payload["call_status"], told.payload["hangup_cause"]) == ("answered", "receiver_hangup")


def test_the_metadata_come_back_as_they_were_given(tmp_path: Path) -> None:
    metadata = {"customerId": "12345", "nested": {"tags": ["a", "ü"], "number": 7}}

    async def scenario(one: Mock) -> Told:
        async with registered(one, OUTGOING) as endpoint:
            await click(one, metadata=metadata)
            return await endpoint.first()

    assert asked(tmp_path, scenario, **FAST).payload["metadata"] == metadata


def test_a_call_without_metadata_has_none(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Told:
        async with registered(one, OUTGOING) as endpoint:
            await click(one)
            return await endpoint.first()

    assert "metadata" not in asked(tmp_path, scenario, **FAST).payload


@pytest.mark.parametrize(
    ("receiver", "status", "cause"),
    [
        ("9670000201", "answered", "initiator_hangup"),
        ("9670000486", "notanswered", "receiver_disconnected"),
        ("9670000408", "notanswered", "receiver_disconnected"),
        ("9670000404", "notanswered", "network_error"),
        ("9670000499", "notanswered", "initiator_disconnected"),
        ("9676500042", "answered", "receiver_hangup"),
    ],
)
def test_the_number_dialled_decides_how_a_call_goes(tmp_path: Path, receiver: str, status: str, cause: str) -> None:
    async def scenario(one: Mock) -> Told:
        async with registered(one, OUTGOING) as endpoint:
            await click(one, receiver_number=receiver)
            return await endpoint.first()

    payload = asked(tmp_path, scenario, **FAST).payload
    assert (payload["call_status"], payload["hangup_cause"]) == (status, cause)


def test_the_ringing_of_both_sides_is_told(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Told:
        async with registered(one, OUTGOING) as endpoint:
            await click(one, receiver_number="9670000408")
            return await endpoint.first()

    payload = asked(tmp_path, scenario, **FAST).payload
    rings = [payload[f"{side}_ring_duration"] for side in ("initiator", "receiver", "total")]
    assert rings == [2, 30, 32]


def test_with_did_shuffle_a_number_of_the_organisation_is_taken(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> set[str]:
        async with registered(one, OUTGOING) as endpoint:
            for _ in range(6):
                assert (await click(one, did_number="", did_shuffle=True)).status == 200
            return {told.payload["did_number"] for told in await endpoint.got(6)}

    assert asked(tmp_path, scenario, **FAST) == {"918069730042", "918069730043", "918069730044"}


# A webhook of its own


def own_webhook(url: str, **more: str) -> dict[str, Any]:
    return {"webhook_details": {"url": url, "request_type": "POST", **more}}


def test_a_webhook_of_its_own_takes_the_place_of_the_registered_one(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[int, int]:
        async with registered(one) as usual, unknown() as own:
            await click(one, **own_webhook(own.url))
            await own.first()
            await settled(one, 1)
            return len(usual.told), len(own.told)

    assert asked(tmp_path, scenario, **FAST) == (0, 1)


def test_a_webhook_of_its_own_is_for_its_call_alone(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[int, int]:
        async with registered(one) as usual, unknown() as own:
            await click(one, **own_webhook(own.url))
            await own.first()
            await click(one)
            await usual.first()
            return len(usual.told), len(own.told)

    assert asked(tmp_path, scenario, **FAST) == (1, 1)


def test_a_header_of_the_partners_choice_comes_with_it(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Told:
        async with unknown() as own:
            await click(one, **own_webhook(own.url, api_key="X-Shop-Key", api_value="s3cret of the shop"))
            return await own.first()

    assert asked(tmp_path, scenario, **FAST).headers["x-shop-key"] == "s3cret of the shop"


def test_the_value_of_that_header_is_never_shown(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> bytes:
        async with unknown() as own:
            await click(one, **own_webhook(own.url, api_key="X-Shop-Key", api_value="s3cret-of-the-shop"))
            await own.first()
            await settled(one, 1)
            pages = [await one.ask("GET", f"/api/v1/{path}") for path in ("endpoints", "deliveries")]
            [delivery] = pages[1].json["items"]
            pages.append(await one.ask("GET", f"/api/v1/deliveries/{delivery['id']}"))
            assert [page.status for page in pages] == [200, 200, 200]
            return b"".join(page.body for page in pages)

    assert b"s3cret-of-the-shop" not in asked(tmp_path, scenario, **FAST)


def test_it_is_sent_by_get_where_that_is_asked_for(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Told:
        async with unknown() as own:
            details = {"url": f"{own.url}?shop=7", "request_type": "GET"}
            await click(one, webhook_details=details, metadata={"order": "7"})
            return await own.first()

    told = asked(tmp_path, scenario, **FAST)
    query = {name: values[0] for name, values in parse_qs(urlsplit(told.target).query).items()}
    assert (told.method, told.body, query["shop"], query["call_status"]) == ("GET", b"", "7", "answered")
    assert orjson.loads(query["metadata"]) == {"order": "7"}


def test_the_same_webhook_again_is_no_other_endpoint(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        async with unknown() as own:
            for _ in range(3):
                await click(one, **own_webhook(own.url, api_key="X-Shop-Key", api_value="a"))
            await own.got(3)
            return len(one.context.engine.store.destinations())

    assert asked(tmp_path, scenario, **FAST) == 1


# What is refused


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"receiver_number": "919676500042"}, "ten digits without 91"),
        ({"caller_number": "+919052930042"}, "ten digits without 91"),
        ({"receiver_number": 9676500042}, "`receiver_number` is 9676500042, wanted a text"),
        ({"did_number": "8069730042"}, "91 and ten digits"),
        ({"did_number": ""}, "`did_shuffle: true` in its place"),
        ({"did_number": "", "did_shuffle": False}, "`did_shuffle: true` in its place"),
        ({"metadata": "7"}, "wanted an object"),
        ({"webhook_details": "http://127.0.0.1:1/"}, "wanted an object"),
        ({"webhook_details": {"url": "http://127.0.0.1:1/"}}, "lacks `request_type`"),
        ({"webhook_details": {"url": "ftp://a.test/", "request_type": "POST"}}, "http(s) URL"),
        ({"webhook_details": {"url": "http://a.test/", "request_type": "PUT"}}, "allowed: `POST`, `GET`"),
        (own_webhook("http://a.test/", api_key="X-Key"), "lacks `api_value`"),
        (own_webhook("http://a.test/", api_key="Content-Length", api_value="0"), "a header of your own"),
        (own_webhook("http://a.test/", api_key="X-Key", api_value="a\r\nX-Other: b"), "visible characters"),
    ],
)
def test_what_is_not_as_described_is_refused_with_what_is_wanted(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    status, code, reason = refusal(replied(tmp_path, CLICK, AT_ONCE | changes))
    assert (status, code) == (400, Code.INVALID_SCHEMA)
    assert reason.startswith("Invalid schema or Missing Data sent: ")
    assert says in reason


def test_a_body_that_is_no_json_is_refused(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Reply:
        headers = {**ALOHAA, "content-type": "application/json"}
        return await one.ask("POST", CLICK, headers=headers, body=b"{")

    status, code, reason = refusal(asked(tmp_path, scenario))
    assert (status, code, "not JSON" in reason) == (400, Code.INVALID_SCHEMA, True)


def test_a_body_of_another_type_is_refused(tmp_path: Path) -> None:
    reply = replied(tmp_path, CLICK, AT_ONCE, {**ALOHAA, "content-type": "text/plain"})
    assert refusal(reply)[:2] == (400, Code.INVALID_SCHEMA)


@pytest.mark.parametrize("path", [CLICK, VOICE, LOGS])
@pytest.mark.parametrize("headers", [{}, {"x-metro-api-key": " "}, {"Authorization": KEY}, {"X-Api-Key": KEY}])
def test_a_request_without_a_key_is_refused(tmp_path: Path, path: str, headers: Mapping[str, str]) -> None:
    status, code, reason = refusal(replied(tmp_path, path, AT_ONCE, headers))
    assert (status, code) == (401, Code.INVALID_API_KEY)
    assert "x-metro-api-key" in reason


def test_where_keys_are_configured_another_is_refused(tmp_path: Path) -> None:
    reply = replied(tmp_path, CLICK, AT_ONCE, {"x-metro-api-key": "another"}, api_keys=[api_key(KEY)])
    assert refusal(reply) == (401, Code.INVALID_API_KEY, "Invalid API key ID")


@pytest.mark.parametrize(
    "code", [Code.CRM_NOT_INTEGRATED, Code.ORGANISATION_NOT_LINKED, Code.OUTGOING_NOT_ALLOWED], ids=str
)
def test_a_documented_failure_can_be_had_by_number(tmp_path: Path, code: Code) -> None:
    reply = replied(tmp_path, CLICK, AT_ONCE | {"receiver_number": f"967000{code.value}"})
    assert refusal(reply) == (403, code, FAILURES[code].reason)


def test_a_refused_call_is_told_to_nobody(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        async with registered(one, OUTGOING) as endpoint:
            await click(one, receiver_number="9670001043")
            await click(one)
            await endpoint.first()
            return await one.placed()

    assert asked(tmp_path, scenario, **FAST) == 1


# One request in a second


def test_the_second_call_within_a_second_is_refused(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[Reply]:
        return [await click(one) for _ in range(2)]

    first, second = asked(tmp_path, scenario)
    assert (first.status, *refusal(second)) == (200, 429, 1046, "Rate limit exceeded. Please try again later.")
    assert second.headers["retry-after"] == "1"


def test_another_organisation_need_not_wait(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        keys = ("a", "b")
        return [(await one.post(CLICK, AT_ONCE, {"x-metro-api-key": key})).status for key in keys]

    assert asked(tmp_path, scenario) == [200, 200]


def test_the_limit_follows_the_servers_time(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> int:
        await click(one)
        await asyncio.sleep(0.02)  # 20 s of the server's time
        return (await click(one)).status

    assert asked(tmp_path, scenario, time_scale=1_000.0) == 200


def test_a_request_that_is_not_as_described_does_not_count(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        return [(await click(one, did_number=number)).status for number in ("1", "918069730042")]

    assert asked(tmp_path, scenario) == [400, 200]


# Voice API


def test_a_call_of_a_campaign_leads_to_the_campaigns_webhook(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[Reply, list[Told]]:
        async with registered(one, OUTGOING, CAMPAIGN) as endpoint:
            reply = await one.post(VOICE, SPOKEN, ALOHAA)
            await endpoint.first()
            await settled(one, 1)
            return reply, endpoint.told

    reply, [told] = asked(tmp_path, scenario, **FAST)
    assert Validator(Specification.load().webhook(CAMPAIGN)).problems(told.payload) == []
    assert told.payload["call_id"] == reply.json["response"]["call_id"]
    assert (told.payload["campaign_id"], told.payload["status"]) == (SPOKEN["campaign_id"], "ANSWERED")


def test_a_campaigns_call_that_nobody_answers_is_unanswered(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> Told:
        async with registered(one, CAMPAIGN) as endpoint:
            await one.post(VOICE, SPOKEN | {"number": "9670000486"}, ALOHAA)
            return await endpoint.first()

    payload = asked(tmp_path, scenario, **FAST).payload
    assert (payload["status"], payload["dtmf_key"]) == ("UNANSWERED", "")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"media_type": "AUDIO"}, Code.NO_AUDIO_URL),
        ({"text": None}, Code.INVALID_SCHEMA),
        ({"campaign_id": "7"}, Code.INVALID_SCHEMA),
        ({"number": "919676500042"}, Code.INVALID_SCHEMA),
        ({"media_type": "VIDEO"}, Code.INVALID_SCHEMA),
    ],
)
def test_a_voice_call_that_is_not_as_described_is_refused(tmp_path: Path, changes: dict[str, Any], code: Code) -> None:
    assert refusal(replied(tmp_path, VOICE, SPOKEN | changes))[:2] == (400, code)


def test_a_text_that_is_missing_has_a_number_of_its_own(tmp_path: Path) -> None:
    without = {name: value for name, value in SPOKEN.items() if name != "text"}
    assert refusal(replied(tmp_path, VOICE, without)) == (400, Code.NO_TEXT, "text is required for mediaType TEXT")


@pytest.mark.parametrize(
    "code", [Code.INTERNAL, Code.NO_ORGANISATION, Code.NO_DIDS, Code.NO_VOICE_API, Code.TEXT_TO_SPEECH]
)
def test_a_documented_failure_of_the_voice_api_can_be_had_by_number(tmp_path: Path, code: Code) -> None:
    reply = replied(tmp_path, VOICE, SPOKEN | {"number": f"967000{code.value}"})
    assert refusal(reply) == (FAILURES[code].status, code, FAILURES[code].reason)


# Call logs


async def some_calls(one: Mock) -> None:
    for caller, receiver in (("9052930042", "9670000200"), ("9052930043", "9670000486"), ("9052930042", "9670000404")):
        assert (await click(one, caller_number=caller, receiver_number=receiver)).status == 200
    await settled(one, 3)


async def logs(one: Mock, **asked_for: Any) -> Reply:
    return await one.post(LOGS, {"page_no": 1, "page_size": 10} | asked_for, ALOHAA)


def test_the_logs_have_the_calls_with_their_numbers_masked(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> tuple[dict[str, Any], dict[str, Any]]:
        async with registered(one, OUTGOING) as endpoint:
            await click(one)
            told = await endpoint.first()
            return (await logs(one)).json, told.payload

    found, told = asked(tmp_path, scenario, **FAST)
    assert found["success"] is True
    assert found["response"]["metadata"] == {"total": 1, "query": {"page_no": 1, "page_size": 10}}
    [item] = found["response"]["call_logs"]
    assert item == {
        "_id": told["call_id"],
        "organisation_id": told["organisation_id"],
        "agent_name": told["agent_name"],
        "caller_number": "XXXXXX0042",
        "receiver_number": "XXXXXX0200",
        "did_number": "XXXXXXXX0042",
        "call_duration": 0,
        "recording_url": told["call_recording_url"],
        "created_at": told["received_at"],
        "updated_at": told["ended_at"],
        "status": "answered",
    }


def test_the_logs_can_be_those_of_some_agents(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[str]:
        async with registered(one, OUTGOING):
            await some_calls(one)
            found = await logs(one, caller_number=["9052930042"])
            return [item["receiver_number"][-4:] for item in found.json["response"]["call_logs"]]

    assert sorted(asked(tmp_path, scenario, **FAST)) == ["0200", "0404"]


def test_the_logs_come_in_pages(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[tuple[int, int]]:
        async with registered(one, OUTGOING):
            await some_calls(one)
            pages = [(await logs(one, page_no=str(page), page_size="2")).json["response"] for page in (1, 2, 3)]
            return [(len(page["call_logs"]), page["metadata"]["total"]) for page in pages]

    assert asked(tmp_path, scenario, **FAST) == [(2, 3), (1, 3), (0, 3)]


def test_a_get_is_asked_by_query_or_by_body(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[int]:
        async with registered(one, OUTGOING):
            await some_calls(one)
            query = {"page_no": 1, "page_size": 10, "caller_number": "9052930042"}
            by_query = await one.ask("GET", LOGS, headers=ALOHAA, query=query)
            by_body = await one.ask("GET", LOGS, {**query, "caller_number": ["9052930042"]}, headers=ALOHAA)
            return [reply.json["response"]["metadata"]["total"] for reply in (by_query, by_body)]

    assert asked(tmp_path, scenario, **FAST) == [2, 2]


@pytest.mark.parametrize(
    "asked_for", [{"page_no": 0}, {"page_size": "many"}, {"page_size": 1000}, {"caller_number": "9"}]
)
def test_logs_that_cannot_be_had_are_refused(tmp_path: Path, asked_for: dict[str, Any]) -> None:
    assert refusal(asked(tmp_path, lambda one: logs(one, **asked_for)))[:2] == (400, Code.INVALID_SCHEMA)


def test_a_page_has_to_be_asked_for(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> list[tuple[int, int, str]]:
        return [refusal(await one.post(LOGS, {}, ALOHAA)), refusal(await one.ask("GET", LOGS, headers=ALOHAA))]

    assert [found[:2] for found in asked(tmp_path, scenario)] == [(400, Code.INVALID_SCHEMA)] * 2
