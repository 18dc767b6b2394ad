"""A partner's endpoint for OMICall's webhooks, in Flask: states and reports at one URL, one row for a call.

OMICALL_WEBHOOK_KEY  the value of a header that you agreed on with whoever sends; without it anybody may post
OMICALL_HEADER       the name of that header (default X-Webhook-Key)
PORT                 the port on 127.0.0.1 (default 8000; 0 takes a free one)
CALLS_DB             the SQLite file that remembers calls (default calls.sqlite3)
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from flask import Flask, Response, abort, jsonify, make_response, request
from werkzeug.serving import WSGIRequestHandler, make_server

PATH = "/api/omicall/webhook"
MAX_BODY = 256 * 1024  # bytes; a report has about 1,200
MAX_READ = 4 * 1024 * 1024  # bytes of one request that are read at all
MAX_SILENCE_S = 10  # a sender that stops in the middle of a request holds a thread no longer than this
LARGEST_SECONDS = 10**10  # what is larger is milliseconds: this many seconds end in the year 2286

# What is needed of each; all else is kept as it came, known or not.
STATE = {"call_uuid": str, "state": str, "direction": str, "from_number": str, "to_number": str, "hotline": str}
STATE_TIMES = ("created_time", "date_time")
REPORT = {
    "transaction_id": str, "direction": str, "endby_name": str, "from_number": str, "to_number": str, "hotline": str,
    "sip_user": str, "sip_number": str, "source_number": str, "destination_number": str, "phone_number": str,
    "provider": str, "ivr": str, "note": str, "recording_file_url": str, "tenant_id": str, "domain_fusion": str,
    "answer_sec": int, "bill_sec": int, "duration": int, "record_seconds": int, "send_num_retry": int,
    "call_out_price": (int, float), "is_auto_call": bool, "is_have_forward_out": bool, "create_by": dict,
    "customer": dict, "user": list, "tag": list, "transfer_histories": list,
}  # fmt: skip
REPORT_TIMES = ("time_start_call", "time_end_call", "time_start_to_answer", "created_date", "last_updated_date")

# How far a call is. A state that is not known yet is no reason to refuse it: it comes before the end.
STEPS = {"ringing": 1, "answered": 2, "hangup": 3, "cdr": 4}

Event = dict[str, Any]
log = logging.getLogger("calls")


@dataclass(frozen=True)
class News:
    """What an event says of a call: how far it is (`step`), and since when (`at_ms`, milliseconds since 1970).

    Copies of an event have the same three: the number of a try (`send_num_retry`) is none of them.
    """

    call_id: str
    state: str
    at_ms: int

    @property
    def age(self) -> tuple[int, int]:
        """What is newer has more of it."""
        return STEPS.get(self.state, 0), self.at_ms


def news_of(event: Event) -> News:
    """The news in `event`. Refuses one that lacks what is needed of it."""
    if "transaction_id" in event:
        demand(event, REPORT, REPORT_TIMES)
        return News(event["transaction_id"], "cdr", milliseconds(event["last_updated_date"]))
    demand(event, STATE, STATE_TIMES)
    return News(event["call_uuid"], event["state"], milliseconds(event["date_time"]))


def demand(event: Event, fields: dict[str, Any], times: tuple[str, ...]) -> None:
    """Refuse `event` unless it has all `fields`, each of its type, and all `times`, each in seconds or milliseconds."""
    wrong = [name for name, kind in fields.items() if not is_a(kind, event.get(name))]
    wrong += [name for name in times if not is_a(int, event.get(name)) or not 0 < event[name] < LARGEST_SECONDS * 1000]
    if event.get("transaction_id", event.get("call_uuid")) == "":  # then no call could be told from another
        wrong.append("the call's id")
    if not isinstance(event.get("state"), str):
        wrong.append("state")
    if wrong:
        refuse(422, f"missing, empty or of a wrong type: {', '.join(wrong)}")


def is_a(kind: Any, value: object) -> bool:
    """Whether `value` is of that type; true and false are no numbers, though Python says so."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def milliseconds(time: int) -> int:
    """OMICall writes seconds in some fields and milliseconds in others; their size tells which."""
    return time * 1000 if time < LARGEST_SECONDS else time


class CallLog:
    """One row for a call, as it is by the newest event; and every event once, on disk."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(
            "CREATE TABLE IF NOT EXISTS events"
            " (call_id TEXT, state TEXT, at_ms TEXT, PRIMARY KEY (call_id, state, at_ms));"
            "CREATE TABLE IF NOT EXISTS calls"
            " (call_id TEXT PRIMARY KEY, step INTEGER, at_ms TEXT, state TEXT, event TEXT NOT NULL)"
        )

    def keep(self, news: News, event: Event) -> bool:
        """Write it down; whether it was new. A copy changes nothing, and what is older does not undo what is newer."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                row = news.call_id, news.state, str(news.at_ms)
                new = self._db.execute("INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount == 1
                known = self._db.execute("SELECT step, at_ms FROM calls WHERE call_id = ?", [news.call_id]).fetchone()
                if new and (known is None or news.age >= (known[0], int(known[1]))):
                    # Insert or update: a report comes again for one transaction_id when there is more in it.
                    self._db.execute(
                        "INSERT INTO calls VALUES (?, ?, ?, ?, ?) ON CONFLICT (call_id) DO UPDATE"
                        " SET step = excluded.step, at_ms = excluded.at_ms, state = excluded.state,"
                        " event = excluded.event",
                        (news.call_id, news.age[0], str(news.at_ms), news.state, json.dumps(event)),
                    )
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            return new

    def read(self, call_id: str) -> Event | None:
        """The call by its newest event, and how many different events there were; None when it is not known."""
        with self._lock:
            found = self._db.execute("SELECT state, at_ms, event FROM calls WHERE call_id = ?", [call_id]).fetchone()
            (count,) = self._db.execute("SELECT count(*) FROM events WHERE call_id = ?", [call_id]).fetchone()
        if found is None:
            return None
        event = json.loads(found[2])
        since = datetime.fromtimestamp(int(found[1]) / 1000, UTC).isoformat(timespec="milliseconds")
        return {"call_id": call_id, "count": count, "state": found[0], "since": since, "newest": event}


def create_app() -> Flask:
    """The WSGI application, for this file's own server and for those of production."""
    key = os.environ.get("OMICALL_WEBHOOK_KEY", "").encode()
    header = os.environ.get("OMICALL_HEADER", "X-Webhook-Key")
    calls = CallLog(os.environ.get("CALLS_DB", "calls.sqlite3"))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_READ

    @app.post(PATH)
    def receive() -> Response:
        # Read before any verdict: a server that answers and closes with bytes unread resets the connection, and the
        # sender may never see the answer.
        body = request.get_data(cache=False)
        # In constant time, and as bytes: a string comparison tells by its duration how much of a guess was right.
        if key and not hmac.compare_digest(request.headers.get(header, "").encode("latin-1"), key):
            refuse(401, f"wrong or missing {header}")
        if request.mimetype != "application/json":
            refuse(415, "wanted application/json")
        if len(body) > MAX_BODY:
            refuse(413, "too long for a call")
        # Some servers hand over what came before the sender died, as if it were all.
        if request.content_length not in (None, len(body)):
            refuse(400, "the body ended early")
        event = event_of(body)
        news = news_of(event)
        if calls.keep(news, event):
            log.info("call %s: %s", news.call_id, news.state)
        return jsonify(received=True)

    # Shows customers' numbers: for your own network, not for the internet.
    @app.get("/calls/<path:call_id>")
    def show(call_id: str) -> Response:
        found = calls.read(call_id)
        if found is None:
            refuse(404, "unknown call")
        return jsonify(found)

    return app


def event_of(body: bytes) -> Event:
    """The JSON object in `body`."""
    try:
        event = json.loads(body.decode(), parse_constant=not_json)
        # JSON allows half a surrogate pair and 1e999; no database column and no JSON writer does.
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets inside each other
        refuse(400, "not JSON in UTF-8")
    if not isinstance(event, dict):
        refuse(400, "wanted a JSON object")
    return event


def not_json(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's json reads though they are not JSON."""
    raise ValueError(constant)


def refuse(status: int, reason: str) -> NoReturn:
    """End this request with `status`."""
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
