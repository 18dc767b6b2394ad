"""The whole mock in this process: every operation, asked without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from mock_alohub.server.access import Access
from mock_alohub.server.app import App
from mock_alohub.server.handler_table import HANDLERS
from mock_alohub.server.lifespan import Plan, opened
from mock_alohub.specification.specification import Specification
from tests.server.alohub import Mock, Reply

API = "/api/v1"
PUBLIC_URL = "http://mock.test:8080"
NOWHERE = "http://127.0.0.1:9/alohub"
"""Nothing listens at the discard port: what is sent there fails at once and is tried again."""
KEY = "k3y-Of-The-Partner-42"

Result = TypeVar("Result")


@asynccontextmanager
async def mock(path: Path, *, names: Iterable[str] = (), **plan: Any) -> AsyncIterator[Mock]:
    known = plan.pop("specification", None) or Specification.load()
    async with opened(Plan(known, PUBLIC_URL, path / "mock.db", **plan)) as context:
        yield Mock(context, App(context, Access(names, context.token), HANDLERS))


def asked(path: Path, scenario: Callable[[Mock], Awaitable[Result]], **plan: Any) -> Result:
    """What `scenario` finds out about a mock with its database in the folder `path`."""

    async def run() -> Result:
        async with asyncio.timeout(120), mock(path, **plan) as one:
            return await scenario(one)

    return asyncio.run(run())


def answered(path: Path, method: str, target: str, content: Any = None, **more: Any) -> Reply:
    """What a fresh mock answers to one request."""
    headers: Mapping[str, str] = more.pop("headers", {})
    query, body = more.pop("query", None), more.pop("body", None)

    async def scenario(one: Mock) -> Reply:
        return await one.ask(method, target, content, headers=headers, query=query, body=body)

    return asked(path, scenario, **more)


async def registered(one: Mock, url: str = NOWHERE, prefix: str = "", **wishes: Any) -> int:
    """The number of an endpoint that is registered now."""
    reply = await one.ask("POST", f"{prefix}{API}/endpoints", {"url": url, "key": KEY, **wishes})
    assert reply.status == 201, reply.body
    return int(reply.json["id"])


async def placed(one: Mock, prefix: str = "", **wishes: Any) -> Any:
    """What is answered to calls that are placed."""
    reply = await one.ask("POST", f"{prefix}{API}/calls", wishes)
    assert reply.status == 201, reply.body
    return reply.json
