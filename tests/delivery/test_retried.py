"""What a provider changes in a message that is sent again, and what an endpoint that wants another method gets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
import pytest

from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.delivery.state import StateName
from mock_alohub.messages.message import Message, with_fields
from mock_alohub.providers import PROVIDERS
from tests.delivery.desk import Partner, desk, in_loop
from tests.fakes import message, replied


def _counted(one: Message, number: int) -> Message:
    return with_fields(one, {"times": number})


@in_loop
async def test_a_retry_says_what_the_provider_lets_it_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PROVIDERS, "alohub", replace(PROVIDERS["alohub"], retried=_counted))
    async with desk(tmp_path, Partner(lambda request: replied(503))) as at:
        there = await at.endpoint()
        [number] = await at.engine.enqueue([NewDelivery(there.id, message())])
        for made in range(1, 5):
            while at.engine.delivery(DEFAULT_NAMESPACE, number).attempts < made:  # noqa: ASYNC110 - it is on disk
                await asyncio.sleep(0.001)
            at.time.advance(3_600)
        await at.settled(StateName.DEAD)
        told = [orjson.loads(one.request.body).get("times") for one in at.sender.sent]
    assert told == [None, 1, 2, 3]


@in_loop
async def test_an_endpoint_that_wants_get_is_told_in_the_query(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        there = await at.endpoint(method="GET")
        await at.engine.enqueue([NewDelivery(there.id, message())])
        await at.settled(StateName.DELIVERED)
        [sent] = at.sender.sent
    path, _, query = sent.request.url.target.partition("?")
    assert (sent.request.method, path, sent.request.body) == ("GET", "/hook", b"")
    assert dict(parse_qsl(query, keep_blank_values=True))["call_id"] == message().payload["call_id"]
    assert not {"content-type", "content-length"} & {name.lower() for name, _ in sent.request.headers}
