"""A client over real HTTP: what it placed survives the sudden end of the server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.request import Request, urlopen

from tests.server.alohub import served

CALL = {"phoneNumber": "0900000486", "ipPhone": "6688", "transactionId": "ALOHUB_1"}
"""It rings for six seconds, so the server is killed while the call is running."""


@contextmanager
def endpoint() -> Iterator[tuple[str, SimpleQueue[dict[str, Any]]]]:
    """A partner's endpoint: its URL and what it gets."""
    got: SimpleQueue[dict[str, Any]] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/alohub", got
        finally:
            server.shutdown()
            thread.join()


def post(url: str, content: Any) -> Any:
    headers = {"Authorization": "key", "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(content).encode(), headers), timeout=15) as answer:
        return json.load(answer)


def test_a_call_that_was_accepted_is_told_of_and_found_after_a_kill(tmp_path: Path) -> None:
    with endpoint() as (url, got):
        arguments = ("serve", "--db", "mock.db", "--endpoint", url)
        with served(tmp_path, *arguments) as (mock, process):
            assert post(f"{mock}/api/v1.0/base/makeCall", CALL)["success"] == "1"
            process.kill()
            process.wait(10)
        assert got.empty()
        with served(tmp_path, *arguments) as (mock, _):
            assert got.get(timeout=20)["transactionID"] == "ALOHUB_1"
            found = post(f"{mock}/api/v1.0/base/searchCallV2", {"transactionId": "ALOHUB_1"})
            assert [item["call_status"] for item in found["data"]] == ["busy"]
