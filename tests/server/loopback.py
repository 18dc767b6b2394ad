"""The whole mock on a socket of loopback, so that it can send to inboxes of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from mock_alohub.server import process
from mock_alohub.server.access import Access
from mock_alohub.server.app import App
from mock_alohub.server.handler_table import HANDLERS
from mock_alohub.server.lifespan import Plan, opened
from mock_alohub.specification.specification import Specification
from tests.server.alohub import Mock

API = "/api/v1"

Result = TypeVar("Result")


@asynccontextmanager
async def served(path: Path, **plan: Any) -> AsyncIterator[Mock]:
    """A mock that listens; it is asked without a socket all the same."""
    sock = process.bound("127.0.0.1", 0)
    url = process.url_of(sock)
    known = plan.pop("specification", None) or Specification.load()
    async with opened(Plan(known, plan.pop("public_url", url), path / "mock.db", url=url, **plan)) as context:
        app = App(context, Access(), HANDLERS)
        config = uvicorn.Config(app, http=process.Protocol, ws="none", lifespan="off", log_config=None)
        ready = asyncio.Event()
        front = process.Front(config, context, lambda _: ready.set())
        serving_it = asyncio.create_task(front.serve([sock]))
        await ready.wait()
        try:
            yield Mock(context, app)
        finally:
            front.should_exit = True
            await serving_it
    # The sender has just closed what it had open to here: that is to be seen before the loop ends.
    for _ in range(500):
        if not front.server_state.connections:
            break
        await asyncio.sleep(0.01)


def on_loopback(path: Path, story: Callable[[Mock], Awaitable[Result]], **plan: Any) -> Result:
    """What `story` finds out about a mock that listens, its database in the folder `path`."""

    async def run() -> Result:
        async with asyncio.timeout(50), served(path, **plan) as one:
            return await story(one)

    return asyncio.run(run())


async def ran(one: Mock, name: str, prefix: str = "", **wishes: Any) -> Any:
    """A run of the scenario `name`, as soon as it is over."""
    begun = await one.ask("POST", f"{prefix}{API}/scenarios/{name}/runs", wishes)
    assert begun.status == 201, begun.body
    over = await one.ask("GET", f"{prefix}{API}/runs/{begun.json['id']}", query={"timeout": "40s"})
    assert over.status == 200, over.body
    return over.json
