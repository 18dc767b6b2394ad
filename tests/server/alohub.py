"""A mock Alohub in this process, asked without a socket, and a partner's endpoint that is a real one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from starlette.types import Message, Scope

from mock_alohub.delivery.call_log import Search
from mock_alohub.delivery.destination import Registration
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.server.access import Access
from mock_alohub.server.app import App
from mock_alohub.server.context import Context
from mock_alohub.server.handler_table import HANDLERS
from mock_alohub.server.lifespan import Plan, opened
from mock_alohub.specification.specification import Specification
from tests.listening import listening

KEY = "sk_live_of-the-partner"
PARTNER_KEY = "k3y-Of-The-Partner-42"
PUBLIC_URL = "http://mock.test:9909"
LEGACY = {"Authorization": KEY}
GATEWAY = {"X-Api-Key": KEY, "X-Tenant-ID": "20260310"}
LATER = 1e12
"""A moment by which every call is over."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The `error_code` of the envelope."""
        return str(self.json["error_code"])


@dataclass(frozen=True, slots=True)
class Mock:
    """The mock and a way to ask it."""

    context: Context
    app: App

    async def ask(
        self,
        method: str,
        path: str,
        content: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One request; `content` is sent as JSON, `body` as it is."""
        sent = orjson.dumps(content) if body is None and content is not None else body or b""
        own = {"host": "127.0.0.1", **(headers or {})}
        if content is not None and not any(name.lower() == "content-type" for name in own):
            own["content-type"] = "application/json"
        scope: Scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": urlencode(query or {}).encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in own.items()],
        }
        messages: list[Message] = []

        requests: list[Message] = [{"type": "http.request", "body": sent, "more_body": False}]

        async def receive() -> Message:
            if not requests:
                await asyncio.Event().wait()  # the client stays
            return requests.pop()

        async def send(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        start = messages[0]
        answered = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], answered, b"".join(one.get("body", b"") for one in messages[1:]))

    async def post(self, path: str, content: Any, headers: Mapping[str, str] = LEGACY, **more: Any) -> Reply:
        """A POST with a key."""
        return await self.ask("POST", path, content, headers=headers, **more)

    async def get(self, path: str, headers: Mapping[str, str] = GATEWAY, **query: Any) -> Reply:
        """A GET with a key."""
        return await self.ask("GET", path, headers=headers, query=query)

    async def placed(self, namespace: str = "default") -> int:
        """How many calls were placed."""
        await self.context.providers.log.written()
        return self.context.providers.log.find(Search(namespace, LATER)).total


@asynccontextmanager
async def mock(path: Path, **plan: Any) -> AsyncIterator[Mock]:
    async with opened(Plan(Specification.load(), PUBLIC_URL, path, **plan)) as context:
        yield Mock(context, App(context, Access(), HANDLERS))


def asked(path: Path, scenario: Callable[[Mock], Awaitable[Result]], **plan: Any) -> Result:
    """What `scenario` finds out about a mock with its database in the folder `path`."""

    async def run() -> Result:
        async with mock(path / "mock.db", **plan) as one:
            return await scenario(one)

    return asyncio.run(run())


@dataclass(slots=True)
class Partner:
    """A partner's endpoint on loopback: acknowledges everything and keeps it."""

    url: str = ""
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def got(self, count: int) -> list[dict[str, Any]]:
        """The payloads, once there are `count`."""
        async with asyncio.timeout(20):
            while len(self.messages) < count:
                self._news.clear()
                await self._news.wait()
        return [payload for _, payload in self.messages]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines[1:])
                }
                body = await reader.readexactly(int(headers["content-length"]))
                self.messages.append((headers.get("authorization", ""), orjson.loads(body)))
                self._news.set()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def partner(one: Mock, *webhooks: str, namespace: str = "default") -> AsyncIterator[Partner]:
    """A partner's endpoint, registered with the mock."""
    endpoint = Partner()
    async with listening(endpoint.serve) as port:
        endpoint.url = f"http://127.0.0.1:{port}/alohub"
        address = Endpoint(parse_url(endpoint.url), Key(PARTNER_KEY))
        await one.context.engine.register(Registration(address, namespace, webhooks))
        yield endpoint


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`mock-alohub` with `arguments` as a process of its own at a free port: its URL and the process."""
    command = [sys.executable, "-m", "mock_alohub", *arguments, "--port", "0", "--quiet"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip(), server
        finally:
            server.terminate()
            server.wait(20)
