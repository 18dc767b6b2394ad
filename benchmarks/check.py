"""How long `check` of a fast endpoint takes, with and without generated cases."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import JSONDecodeError, loads
from threading import Thread

NAME = "check"
KEY = "benchmark-key"
ROUNDS = 5


class Endpoint(BaseHTTPRequestHandler):
    """An endpoint that refuses what it should and acknowledges the rest at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer one webhook."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self._status(body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _status(self, body: bytes) -> int:
        if self.headers["Authorization"] != KEY:
            return 401
        if self.headers.get_content_type() != "application/json":
            return 415
        try:
            return 200 if isinstance(loads(body, parse_constant=_refuse), dict) else 400
        except (JSONDecodeError, UnicodeDecodeError, RecursionError, ValueError):
            return 400

    def log_message(self, *args: object) -> None:
        """Stay quiet."""


def _refuse(constant: str) -> None:
    raise ValueError(constant)


class Server(ThreadingHTTPServer):
    """Clients that hang up are part of the check, and no news."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet."""


@contextmanager
def endpoint() -> Iterator[str]:
    """The URL of an endpoint in this process."""
    server = Server(("127.0.0.1", 0), Endpoint)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def measure(seconds: float) -> list[dict[str, object]]:
    """Two rows: medians of wall-clock times."""
    with endpoint() as url:
        without_s = statistics.median(_timed("check", url, "--key", KEY, "--generated", "0") for _ in range(ROUNDS))
        with_s = statistics.median(_timed("check", url, "--key", KEY, "--generated", "100") for _ in range(ROUNDS))
    return [
        _row("`check` of a fast endpoint, all rules, no generated cases", without_s, 3),
        _row("`check` of a fast endpoint, all rules, 100 generated cases", with_s, 8),
    ]


def _timed(*arguments: str) -> float:
    command = [sys.executable, "-m", "mock_alohub", *arguments]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def _row(what: str, ours: float, target: float) -> dict[str, object]:
    return {
        "what": what, "ours": ours, "peer": None, "peer_name": "", "ratio": None, "target": target, "unit": "s",
    }  # fmt: skip
