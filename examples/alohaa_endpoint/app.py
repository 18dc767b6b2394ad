"""A partner's endpoint for Alohaa's webhooks, in Flask: all three at one URL, brought into one form.

ALOHAA_WEBHOOK_KEY  the value of the header agreed with Alohaa (api_value of click to call); without it anybody may post
ALOHAA_HEADER       the name of that header (api_key of click to call; default X-Api-Key)
PORT                the port on 127.0.0.1 (default 8000; 0 takes a free one)
CALLS_DB            the SQLite file that remembers events (default calls.sqlite3)
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import sqlite3
import threading
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from flask import Flask, Response, abort, jsonify, make_response, request
from werkzeug.serving import WSGIRequestHandler, make_server

PATH = "/api/alohaa/webhook"
MAX_BODY = 256 * 1024  # bytes; an event has about 600
MAX_READ = 4 * 1024 * 1024  # bytes of one request that are read at all
MAX_SILENCE_S = 10  # a sender that stops in the middle of a request holds a thread no longer than this

# What each webhook always has. Everything else may be absent, and what is unknown is kept as it came.
OUTGOING = (
    "organisation_id", "caller_number", "receiver_number", "did_number", "received_at", "ended_at", "call_id",
    "call_status", "call_recording_url", "agent_name", "hangup_cause",
)  # fmt: skip
SECONDS = ("call_duration", "initiator_ring_duration", "receiver_ring_duration", "total_ring_duration")
INCOMING = (
    "organisation_id", "caller_number", "receiver_number", "did_number", "received_at", "call_id", "agent_name",
)  # fmt: skip
CAMPAIGN = ("campaign_id", "call_id", "status", "dtmf_key")

Event = dict[str, Any]
log = logging.getLogger("calls")


@dataclass(frozen=True)
class Call:
    """What all webhooks say, in one form: seconds, numbers without 91, one word for how it went.

    `kind` is outgoing, dial_on_agent, call_completion or campaign (or a kind that is new); with `id` it tells a copy of
    an event from news about a call. `seconds` is None where no duration is told.
    """

    id: str
    kind: str
    answered: bool
    customer: str
    seconds: int | None
    keys: str


def call_of(event: Event) -> Call:
    """The call that `event` tells of. Refuses an event that lacks what its webhook always has."""
    if "campaign_id" in event:
        demand(event, CAMPAIGN, str)
        return Call(event["call_id"], "campaign", is_answered(event["status"]), "", None, event["dtmf_key"])
    if event.get("call_type") == "outgoing":
        demand(event, OUTGOING, str)
        demand(event, SECONDS, int)
        customer = event["receiver_number"]
        return Call(
            event["call_id"], "outgoing", is_answered(event["call_status"]), national(customer),
            event["call_duration"], "",
        )  # fmt: skip
    if event.get("call_type") != "incoming":
        refuse(422, "wanted an outgoing or incoming call, or one of a campaign")
    demand(event, INCOMING, str)
    completed = "ended_at" in event
    # An older version of Alohaa's documents has no webhook_type: what has ended is completed.
    kind = event.get("webhook_type", "call_completion" if completed else "dial_on_agent")
    status, keys = event.get("call_status", ""), event.get("dtmfcodes", "")
    if not all(isinstance(text, str) for text in (kind, status, keys)):
        refuse(422, "webhook_type, call_status and dtmfcodes are texts")
    seconds = seconds_of(event.get("call_duration")) if completed else None
    return Call(event["call_id"], kind, is_answered(status), national(event["caller_number"]), seconds, keys)


def demand(event: Event, names: tuple[str, ...], kind: type) -> None:
    """Refuse `event` unless it has all fields `names`, each of `kind`."""
    wrong = [name for name in names if not isinstance(event.get(name), kind) or isinstance(event[name], bool)]
    if event.get("call_id") == "":  # then no call could be told from another
        wrong.append("call_id")
    if wrong:
        refuse(422, f"missing, empty or of a wrong type: {', '.join(wrong)}")


def is_answered(status: str) -> bool:
    """Alohaa writes answered, ANSWERED and Answered; any other word is a call that was not."""
    return status.lower() == "answered"


def national(number: str) -> str:
    """A number without the country's code: 919676500042 and 9676500042 are one."""
    return number[2:] if len(number) == 12 and number.startswith("91") else number


def seconds_of(duration: object) -> int:
    """Seconds, from the number of an outgoing call or the HH:MM:SS of an incoming one."""
    if isinstance(duration, int) and not isinstance(duration, bool):
        return duration
    parts = duration.split(":") if isinstance(duration, str) else []
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 5 for part in parts):
        refuse(422, "call_duration is neither seconds nor HH:MM:SS")
    hours, minutes, seconds = (int(part) for part in parts)
    return hours * 3600 + minutes * 60 + seconds


class CallLog:
    """Every event once, on disk."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        # Not call_id alone: an incoming call is told of twice, as it is dialled and as it is completed.
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS events"
            " (call_id TEXT, kind TEXT, call TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (call_id, kind))"
        )

    def keep(self, call: Call, event: Event) -> bool:
        """Write it down; whether it was new. A copy of a known event changes nothing."""
        with self._lock:
            row = call.id, call.kind, json.dumps(asdict(call)), json.dumps(event)
            done = self._db.execute("INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
            return done.rowcount == 1

    def read(self, call_id: str) -> list[Any]:
        """The events of a call in one form, as they came."""
        with self._lock:
            rows = self._db.execute("SELECT call FROM events WHERE call_id = ? ORDER BY rowid", [call_id]).fetchall()
        return [json.loads(call) for (call,) in rows]


def create_app() -> Flask:
    """The WSGI application, for this file's own server and for those of production."""
    key = os.environ.get("ALOHAA_WEBHOOK_KEY", "").encode()
    header = os.environ.get("ALOHAA_HEADER", "X-Api-Key")
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
            refuse(413, "too long for a call event")
        # Some servers hand over what came before the sender died, as if it were all.
        if request.content_length not in (None, len(body)):
            refuse(400, "the body ended early")
        event = event_of(body)
        call = call_of(event)
        # Kept before it is acknowledged: Alohaa's documents speak of no second try.
        if calls.keep(call, event):
            log.info("%s call %s: %s", call.kind, call.id, "answered" if call.answered else "not answered")
        return jsonify(received=True)

    # Shows customers' numbers: for your own network, not for the internet.
    @app.get("/calls/<path:call_id>")
    def show(call_id: str) -> Response:
        events = calls.read(call_id)
        if not events:
            refuse(404, "unknown call")
        return jsonify(call_id=call_id, count=len(events), events=events)

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
