"""A partner's endpoint for VoipAppz's webhooks, with nothing but Python's standard library.

It takes POST with a JSON body and GET with a query, for a webhook object can be either. All a template must name is
`uuid`; whatever else comes is kept as it came. Each event is worked on once, however often it is sent.

PORT      the port on 127.0.0.1 (default 8000; 0 takes a free one)
CALLS_DB  the SQLite file that remembers events (default calls.sqlite3)
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

HOOK = "/voipappz"  # an object for each event can have a URL of its own below it: /voipappz/hangup
CALLS = "/calls/"
MAX_BODY = 256 * 1024  # bytes; an event has about 900

Event = dict[str, Any]


class No(Exception):
    """The request is answered with another status than 200."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def event_in(body: bytes) -> Event:
    """The JSON object in `body`."""
    try:
        event = json.loads(body.decode(), parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise No(400, "not JSON") from None
    if not isinstance(event, dict):
        raise No(400, "wanted an object")
    return event


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)


def call_of(event: Event) -> str:
    """Which call `event` is about."""
    uuid = event.get("uuid")
    if not isinstance(uuid, str) or not 0 < len(uuid) <= 200:
        raise No(422, "the field uuid is missing or no text")
    return uuid


class CallLog:
    """Every event once, on disk. Two events of a call differ in what they say, a copy does not."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS events (uuid TEXT, digest TEXT, event TEXT, UNIQUE (uuid, digest))"
        )

    def keep(self, uuid: str, event: Event) -> None:
        """Remember `event`; a copy of what is known changes nothing."""
        text = json.dumps(event, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", [uuid, digest, text])

    def count(self, uuid: str) -> int:
        """How many different events of a call were kept."""
        with self._lock:
            found = self._db.execute("SELECT count(*) FROM events WHERE uuid = ?", [uuid]).fetchone()
        return int(found[0])


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "endpoint"
    sys_version = ""
    wbufsize = -1  # status, headers and body leave in one packet: two would wait for each other
    timeout = 10  # a sender that stops in the middle of a request holds a thread no longer than this
    log: CallLog

    def do_POST(self) -> None:
        self._answer(self._posted)

    def do_GET(self) -> None:
        self._answer(self._got)

    def _posted(self) -> tuple[int, Event]:
        body = self._body()
        if not _is_hook(urlsplit(self.path).path):
            raise No(404, "no such page")
        if self.headers.get_content_type() != "application/json":
            raise No(415, "application/json only")
        return self._kept(event_in(body))

    def _got(self) -> tuple[int, Event]:
        parts = urlsplit(self.path)
        if parts.path.startswith(CALLS):
            count = self.log.count(unquote(parts.path.removeprefix(CALLS)))
            return (200, {"count": count}) if count else (404, {"error": "unknown call"})
        if not _is_hook(parts.path):
            raise No(404, "no such page")
        return self._kept(dict(parse_qsl(parts.query, keep_blank_values=True)))

    def _kept(self, event: Event) -> tuple[int, Event]:
        self.log.keep(call_of(event), event)
        return 200, {"received": True}

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise No(411, "say how long the body is")
        if int(length) > MAX_BODY:
            self.close_connection = True
            raise No(413, "too long for a call")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise No(400, "the body ended early")
        return body

    def _answer(self, act: Any) -> None:
        try:
            status, content = act()
        except No as no:
            status, content = no.status, {"error": str(no)}
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what has no method here, briefly and without a page."""
        # What was sent along is not read, so the connection is of no further use.
        self.close_connection = True
        self._answer(lambda: (405 if code == 501 else code, {"error": message or "no"}))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is there
        """Telephone numbers stand in queries: no line for each request."""


def _is_hook(path: str) -> bool:
    return path == HOOK or path.startswith(f"{HOOK}/")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # calls of a call centre end at the same moment

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up before its answer is no defect; anything else is told as usual."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Endpoint.log = CallLog(os.environ.get("CALLS_DB", "calls.sqlite3"))
    server = Server(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Endpoint)
    print(f"listening on http://127.0.0.1:{server.server_port}{HOOK}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
