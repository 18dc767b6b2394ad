"""A partner's endpoint that a test can shape: a threaded HTTP server on a free port of loopback."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

KEY = "Kd83-secret-Q7"


@dataclass
class Partner:
    """What the endpoint does, and what it saw."""

    status: int = 200
    key: str | None = KEY
    echo: bool = False
    port: int = 0
    scheme: str = "http"
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/alohub"

    def answer(self, authorization: str | None, content_type: str, body: bytes) -> int:
        if self.key is not None and authorization != self.key:
            return 401
        if content_type.partition(";")[0] != "application/json":
            return 415
        try:
            payload = json.loads(body)
        except ValueError:
            return 400
        return self.status if isinstance(payload, dict) else 400


def _handler(partner: Partner) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            authorization = self.headers["Authorization"]
            partner.requests.append((authorization or "", body))
            status = partner.answer(authorization, self.headers["Content-Type"] or "", body)
            said = f"your key is {authorization}".encode() if partner.echo else b"{}"
            # In one piece: in two, the second would wait for the first to be acknowledged.
            self.wfile.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (status, len(said), said))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server calls it
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Hang-ups are what these tests are about."""


@contextmanager
def listening(partner: Partner | None = None, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Partner]:
    """A partner that listens until the block ends."""
    partner = partner or Partner()
    server = _Server(("127.0.0.1", port), _handler(partner))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        partner.scheme = "https"
    partner.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield partner
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
