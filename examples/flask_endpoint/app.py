"""A partner's endpoint for Alohub's call webhooks, in Flask: keep the event, answer 200, work afterwards.

ALOHUB_WEBHOOK_KEY  the key agreed with Alohub, sent as it is in the Authorization header (required)
PORT                the port on 127.0.0.1 (default 8000; 0 takes a free one)
CALLS_DB            the SQLite file that remembers events (default calls.sqlite3)
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import queue
import sqlite3
import sys
import threading
from typing import Any, NoReturn

from flask import Flask, Response, abort, jsonify, make_response, request
from werkzeug.serving import WSGIRequestHandler, make_server

PATH = "/api/alohub/webhook"
MAX_BODY = 256 * 1024  # bytes; an event has about 600
MAX_READ = 4 * 1024 * 1024  # bytes of one request that are read at all
MAX_SILENCE_S = 10  # a sender that stops in the middle of a request holds a thread no longer than this

TEXTS = (
    "call_id", "call_status", "direction", "caller_number", "destination_number", "starttime", "answertime", "endtime",
    "hangup_by", "hotline", "total_duration", "holding_duration", "recording_url", "eventType",
)  # fmt: skip
# Alohub's documents do not say what these two hold when there is no agent or no transaction: "", null or nothing.
TEXTS_OR_NOTHING = ("transactionID", "userName")
NUMBER = "objectId"

Event = dict[str, Any]
log = logging.getLogger("calls")


def process(event: Event) -> None:
    """Your own work: update the CRM, fetch the recording, tell the agent. It may take its time, the answer is out.

    A crash between this and the mark in the database repeats the work at the next start, so let it be repeatable.
    """
    log.info("call %s: %s, %s", event["call_id"], event["call_status"], "ended" if event["endtime"] else "running")


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
        self._waiting: queue.SimpleQueue[tuple[int, Event]] = queue.SimpleQueue()
        for id_, body in self._sql("SELECT id, body FROM events WHERE NOT processed ORDER BY id"):
            self._waiting.put((id_, json.loads(body)))

    def keep(self, event: Event) -> None:
        """Write `event` down and queue it; a copy of a known one changes nothing."""
        rows = self._sql(
            "INSERT INTO events (call_id, call_status, endtime, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING RETURNING id",
            event["call_id"], event["call_status"], event["endtime"], json.dumps(event),
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

    def read(self, call_id: str) -> tuple[int, Event | None]:
        """How many events of a call were processed, and the latest: an ended call never runs again."""
        rows = self._sql(
            "SELECT body FROM events WHERE call_id = ? AND processed ORDER BY endtime <> '' DESC, id DESC", call_id
        )
        return len(rows), json.loads(rows[0][0]) if rows else None

    def _sql(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def create_app() -> Flask:
    """The WSGI application, for this file's own server and for those of production."""
    key = os.environ.get("ALOHUB_WEBHOOK_KEY", "").encode()
    if not key:
        sys.exit("ALOHUB_WEBHOOK_KEY is not set: without a key anybody could post calls")
    calls = CallLog(os.environ.get("CALLS_DB", "calls.sqlite3"))
    threading.Thread(target=calls.work, daemon=True).start()

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_READ

    @app.post(PATH)
    def receive() -> Response:
        # Read before any verdict: a server that answers and closes with bytes unread resets the connection, and the
        # sender may never see the answer.
        body = request.get_data(cache=False)
        # In constant time, and as bytes: a string comparison tells by its duration how much of a guess was right.
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode("latin-1"), key):
            refuse(401, "wrong or missing Authorization")
        if request.mimetype != "application/json":
            refuse(415, "wanted application/json")
        if len(body) > MAX_BODY:
            refuse(413, "too long for a call event")
        # Some servers hand over what came before the sender died, as if it were all.
        if request.content_length not in (None, len(body)):
            refuse(400, "the body ended early")
        # Kept before it is acknowledged, for 200 means that Alohub never sends it again.
        calls.keep(event_of(body))
        return jsonify(received=True)

    # Shows customers' numbers: for your own network, not for the internet.
    @app.get("/calls/<path:call_id>")
    def show(call_id: str) -> Response:
        count, latest = calls.read(call_id)
        if latest is None:
            refuse(404, "unknown call")
        return jsonify(call_id=call_id, count=count, latest=latest)

    return app


def event_of(body: bytes) -> Event:
    """The known fields of an event. Unknown fields and values pass: Alohub may add some any day."""
    try:
        event = json.loads(body.decode(), parse_constant=not_json)
        if not isinstance(event, dict):
            refuse(400, "wanted a JSON object")
        known = {name: event[name] for name in (*TEXTS, *TEXTS_OR_NOTHING, NUMBER) if name in event}
        # JSON allows half a surrogate pair and 1e999; no database column and no JSON writer does.
        json.dumps(known, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets inside each other
        refuse(400, "not JSON in UTF-8")
    wrong = [name for name in TEXTS if not isinstance(known.get(name), str)]
    wrong += [name for name in TEXTS_OR_NOTHING if not isinstance(known.get(name), str | None)]
    if not isinstance(known.get(NUMBER), int | float) or isinstance(known[NUMBER], bool):
        wrong.append(NUMBER)
    if known.get("call_id") == "":  # then no call could be told from another
        wrong.append("call_id")
    if wrong:
        refuse(422, f"missing, empty or of a wrong type: {', '.join(wrong)}")
    return known


def not_json(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's json reads though they are not JSON."""
    raise ValueError(constant)


def refuse(status: int, reason: str) -> NoReturn:
    """End this request with `status`; the reason helps whoever reads Alohub's delivery log."""
    abort(make_response(jsonify(error=reason), status))


class RequestHandler(WSGIRequestHandler):
    """HTTP/1.1, and no endless wait for a sender that went silent."""

    protocol_version = "HTTP/1.1"
    timeout = MAX_SILENCE_S


def main() -> None:
    """Serve on loopback until a signal ends the process."""
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    port = int(os.environ.get("PORT", "8000"))
    server = make_server("127.0.0.1", port, create_app(), threaded=True, request_handler=RequestHandler)
    print(f"listening on http://127.0.0.1:{server.port}{PATH}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
