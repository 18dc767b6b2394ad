"""A partner's endpoint for Alohub's call webhooks, in FastAPI: keep the event, answer 200, work afterwards.

ALOHUB_WEBHOOK_KEY  the key agreed with Alohub, sent as it is in the Authorization header (required)
PORT                the port on 127.0.0.1 (default 8000; 0 takes a free one)
CALLS_DB            the SQLite file that remembers events (default calls.sqlite3)
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import queue
import socket
import sqlite3
import sys
import threading
from typing import Any, NoReturn

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticSerializationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

PATH = "/api/alohub/webhook"
MAX_BODY = 256 * 1024  # bytes; an event has about 600
MAX_READ = 4 * 1024 * 1024  # bytes of one request that are read at all
MAX_BODY_S = 10  # a sender that stops in the middle of a body is cut off after this time

log = logging.getLogger("calls")


class CallEvent(BaseModel):
    """One event. Unknown fields and values pass, for Alohub may add some any day; wrong types do not."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    call_id: str = Field(min_length=1)  # without it no call can be told from another
    call_status: str
    direction: str
    caller_number: str
    destination_number: str
    starttime: str
    answertime: str
    endtime: str
    hangup_by: str
    hotline: str
    total_duration: str
    holding_duration: str
    recording_url: str
    object_id: int | float = Field(alias="objectId", allow_inf_nan=False)
    event_type: str = Field(alias="eventType")
    # Alohub's documents do not say what these two hold when there is no agent or no transaction: "", null or nothing.
    transaction_id: str | None = Field(alias="transactionID", default=None)
    user_name: str | None = Field(alias="userName", default=None)


def process(event: CallEvent) -> None:
    """Your own work: update the CRM, fetch the recording, tell the agent. It may take its time, the answer is out.

    A crash between this and the mark in the database repeats the work at the next start, so let it be repeatable.
    """
    log.info("call %s: %s, %s", event.call_id, event.call_status, "ended" if event.endtime else "running")


class CallLog:
    """Every event once, on disk: the inbox of the webhook, the queue of the worker, the history of a call."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # WAL with NORMAL: a kept event survives the end of this process, and a write takes well under a millisecond.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        # Not call_id alone: one call sends several events while its status changes, and each counts. A copy of one of
        # them (Alohub repeats what was not acknowledged in time) has all three values in common.
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY,"
            " call_id TEXT NOT NULL, call_status TEXT NOT NULL, endtime TEXT NOT NULL,"
            " body TEXT NOT NULL, processed INTEGER NOT NULL DEFAULT 0, UNIQUE (call_id, call_status, endtime))"
        )
        self._waiting: queue.SimpleQueue[tuple[int, CallEvent]] = queue.SimpleQueue()
        for id_, body in self._sql("SELECT id, body FROM events WHERE NOT processed ORDER BY id"):
            self._waiting.put((id_, CallEvent.model_validate_json(body)))

    def keep(self, event: CallEvent) -> None:
        """Write `event` down and queue it; a copy of a known one changes nothing."""
        rows = self._sql(
            "INSERT INTO events (call_id, call_status, endtime, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING RETURNING id",
            event.call_id, event.call_status, event.endtime, event.model_dump_json(by_alias=True),
        )  # fmt: skip
        for (id_,) in rows:
            self._waiting.put((id_, event))

    def work(self) -> NoReturn:
        """Process one event after the other, for ever. What fails stays unprocessed until the next start."""
        while True:
            id_, event = self._waiting.get()
            try:
                process(event)
                self._sql("UPDATE events SET processed = 1 WHERE id = ?", id_)
            except Exception:
                log.exception("event %d was not processed", id_)

    def read(self, call_id: str) -> tuple[int, dict[str, Any] | None]:
        """How many events of a call were processed, and the latest: an ended call never runs again."""
        rows = self._sql(
            "SELECT body FROM events WHERE call_id = ? AND processed ORDER BY endtime <> '' DESC, id DESC", call_id
        )
        return len(rows), json.loads(rows[0][0]) if rows else None

    def _sql(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def create_app() -> FastAPI:
    """The ASGI application, for this file's own server and for those of production."""
    key = os.environ.get("ALOHUB_WEBHOOK_KEY", "").encode()
    if not key:
        sys.exit("ALOHUB_WEBHOOK_KEY is not set: without a key anybody could post calls")
    calls = CallLog(os.environ.get("CALLS_DB", "calls.sqlite3"))
    threading.Thread(target=calls.work, daemon=True).start()

    app = FastAPI(title="Calls", openapi_url=None)

    # The raw request, not `event: CallEvent` in the signature: FastAPI would parse the body of a stranger before any
    # line of ours could look at the key, and read a body of any length into memory.
    @app.post(PATH)
    async def receive(request: Request) -> dict[str, bool]:
        # Read before any verdict: a server that answers and closes with bytes unread resets the connection, and the
        # sender may never see the answer.
        body = await body_of(request)
        # In constant time, and as bytes: a string comparison tells by its duration how much of a guess was right.
        if not hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1"), key):
            raise HTTPException(401, "wrong or missing Authorization")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "wanted application/json")
        if len(body) > MAX_BODY:
            raise HTTPException(413, "too long for a call event")
        event = event_of(body)
        # Kept before it is acknowledged, for 200 means that Alohub never sends it again; in a thread, for a slow disk
        # must not hold up the other requests of this event loop.
        await run_in_threadpool(calls.keep, event)
        return {"received": True}

    # Shows customers' numbers: for your own network, not for the internet.
    @app.get("/calls/{call_id:path}")
    def show(call_id: str) -> dict[str, Any]:
        count, latest = calls.read(call_id)
        if latest is None:
            raise HTTPException(404, "unknown call")
        return {"call_id": call_id, "count": count, "latest": latest}

    return app


async def body_of(request: Request) -> bytes:
    """The body; what exceeds `MAX_BODY` is read but not kept, up to `MAX_READ`."""
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(MAX_BODY_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_READ:
                    raise HTTPException(413, "far too long", headers={"Connection": "close"})
                if len(body) <= MAX_BODY:
                    body += chunk
    except (ClientDisconnect, TimeoutError):
        raise HTTPException(400, "the body ended early", headers={"Connection": "close"}) from None
    return bytes(body)


def event_of(body: bytes) -> CallEvent:
    """The event in `body`."""
    try:
        # Python's json, told to refuse NaN and Infinity, as pydantic's own parser lets them pass in unknown fields.
        document = json.loads(body.decode(), parse_constant=not_json)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets inside each other
        raise HTTPException(400, "not JSON in UTF-8") from None
    if not isinstance(document, dict):
        raise HTTPException(400, "wanted a JSON object")
    try:
        event = CallEvent.model_validate(document)
        event.model_dump_json()  # JSON allows half a surrogate pair, "\\ud83d"; no database column takes it
        return event
    except ValidationError as error:
        # A dict, for a number of two possible types is reported twice.
        wrong = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors(include_input=False))
        raise HTTPException(422, f"missing, empty or of a wrong type: {', '.join(wrong)}") from None
    except PydanticSerializationError:
        raise HTTPException(400, "half a character") from None


def not_json(constant: str) -> NoReturn:
    """Refuse a constant that Python's json reads though it is not JSON."""
    raise ValueError(constant)


def main() -> None:
    """Serve on loopback until a signal ends the process."""
    logging.basicConfig(level=logging.INFO)
    port = int(os.environ.get("PORT", "8000"))
    # One second of grace: events are on disk before they are acknowledged, so there is nothing to wait for.
    server = uvicorn.Server(
        uvicorn.Config(create_app(), access_log=False, log_level="warning", timeout_graceful_shutdown=1)
    )
    with socket.create_server(("127.0.0.1", port), backlog=1024) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}{PATH}", flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
