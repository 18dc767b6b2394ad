"""An endpoint for signed webhooks of a provider that is known from its document. Python's standard library alone.

Settings: SECRET (`whsec_…`), PORT (8000; 0 for any that is free).
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = base64.b64decode(os.environ.get("SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").removeprefix("whsec_"))
TOLERANCE_S = 300
LARGEST = 256 * 1024

orders: dict[str, int] = {}
seen: set[str] = set()
lock = threading.Lock()


class No(Exception):
    """The request is answered with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        try:
            self.receive()
            self.say(200)
        except No as no:
            self.say(no.status)

    def do_GET(self) -> None:
        """How often an order was worked on."""
        if not self.path.startswith("/orders/"):
            return self.say(405)
        return self.say(200, json.dumps({"count": orders.get(self.path.removeprefix("/orders/"), 0)}).encode())

    def receive(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            raise No(413)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise No(400)
        self.verify(body)
        if self.headers.get_content_type() != "application/json":
            raise No(415)
        work(order_in(body))

    def verify(self, body: bytes) -> None:
        """The bytes as they came, before anything else: what is parsed and written again is another body."""
        sent = self.headers.get("webhook-timestamp", "")
        if not sent.isdecimal() or abs(time.time() - int(sent)) > TOLERANCE_S:
            raise No(401)
        signed = f"{self.headers.get('webhook-id', '')}.{sent}.".encode() + body
        own = b"v1," + base64.b64encode(hmac.digest(SECRET, signed, "sha256"))
        given = self.headers.get("webhook-signature", "").encode().split()
        # Several may stand there while a secret is changed.
        if not any(hmac.compare_digest(own, one) for one in given):
            raise No(401)

    def say(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: what comes in is the provider's customers' business."""


def order_in(body: bytes) -> dict[str, Any]:
    try:
        order = json.loads(body.decode(), parse_constant=lambda _: 1 / 0)
    except (ValueError, RecursionError, ZeroDivisionError):
        raise No(400) from None
    if not isinstance(order, dict) or not isinstance(order.get("id"), str) or type(order.get("total")) is not int:
        raise No(422)
    return order


def work(order: dict[str, Any]) -> None:
    """Once for each order, however often it comes."""
    with lock:
        if order["id"] not in seen:
            seen.add(order["id"])
            orders[order["id"]] = orders.get(order["id"], 0) + 1


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}/orders", flush=True)
    server.serve_forever()
