"""An endpoint in this process whose connections are all closed in the end, also those whose handler has not begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def listening(serve: Serve, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """The port at which every connection is served by `serve`."""
    writers: set[asyncio.StreamWriter] = set()
    over = False

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Coroutine[Any, Any, None] | None:
        # Not a coroutine: one that is cancelled before its first step could not close anything.
        if over:
            writer.close()
            return None
        writers.add(writer)
        return serve(reader, writer)

    async with await asyncio.start_server(connected, host, 0) as server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            over = True
            for writer in writers:
                writer.close()
