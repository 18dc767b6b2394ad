"""The server about itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.delivery.store import StoreTrouble
from mock_alohub.specification.specification import Specification
from tests.server.alohub import Mock, Reply
from tests.server.asking import API, answered, asked, placed, registered


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_server_that_is_well_says_so(path: str, tmp_path: Path) -> None:
    assert answered(tmp_path, "GET", path).json["status"] == "ok"


def test_a_server_that_cannot_write_is_alive_and_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(one: Mock) -> list[Reply]:
        trouble = StoreTrouble("the disk is full")
        monkeypatch.setattr(type(one.context.engine), "parked", property(lambda engine: trouble))
        return [await one.ask("GET", path) for path in ("/healthz", "/readyz")]

    alive, ready = asked(tmp_path, scenario)
    assert (alive.status, ready.status, ready.json["detail"]) == (200, 503, "the disk is full")


def test_metrics_count_attempts_and_ends(tmp_path: Path) -> None:
    async def scenario(one: Mock) -> str:
        await registered(one, policy={"retries": ["0s"]})
        await placed(one, count=2, outcome="busy", webhooks=[])
        text = ""
        # What is on disk can be read a moment before it is counted.
        while text.count('deliveries_total{outcome="dead"') < 2:
            await asyncio.sleep(0.01)
            text = (await one.ask("GET", "/metrics")).body.decode()
        return text

    lines = asked(tmp_path, scenario).splitlines()
    assert 'mock_alohub_attempts_total{outcome="refused",webhook="alohub.call-ended"} 4.0' in lines
    assert 'mock_alohub_deliveries_total{outcome="dead",webhook="alohub.auto-call"} 2.0' in lines
    assert 'mock_alohub_retries_total{webhook="alohub.call-ended"} 2.0' in lines
    assert "mock_alohub_queue_depth 0.0" in lines


def test_the_document_is_whole(tmp_path: Path) -> None:
    text = answered(tmp_path, "GET", "/openapi.json").body.decode()
    assert '"$ref":"schemas/' not in text
    assert '"url":"http://127.0.0.1"' in text


def test_the_document_of_an_open_server_asks_for_no_token(tmp_path: Path) -> None:
    document = answered(tmp_path, "GET", "/openapi.json").json
    assert document["paths"][f"{API}/calls"]["post"]["security"] == []


def test_the_document_of_a_guarded_server_asks_for_it(tmp_path: Path) -> None:
    document = answered(tmp_path, "GET", "/openapi.json", token="t" * 20).json
    assert document["paths"][f"{API}/calls"]["post"]["security"] == [{"serverToken": []}]


def test_the_page_has_every_operation_and_webhook(tmp_path: Path) -> None:
    page = answered(tmp_path, "GET", "/docs").body.decode()
    named: list[Any] = [*Specification.load().document["paths"], *Specification.load().webhooks]
    assert [name for name in named if f"<code>{name}</code>" not in page] == []


def test_the_page_needs_nothing_from_anywhere(tmp_path: Path) -> None:
    reply = answered(tmp_path, "GET", "/docs")
    page = reply.body.decode()
    assert [word for word in ("<script", "<link", "@import", " src=", "url(") if word in page] == []
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
