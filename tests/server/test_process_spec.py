"""`serve --spec`: the server as a process, in place of a provider that is known from its document."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.messages.message import Message
from mock_alohub.messages.signature import signed
from tests.server.running import Server, running
from tests.server.test_process_scenarios import refusal
from tests.specification.imported.writing import document, operation

API = "/api/v1"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
QUICK = {"x-delivery": {"deadline": "2s", "acknowledged-by": [200], "retries": ["10ms", "10ms"]}}
ORDER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "x-role": "call-id"}}}


@dataclass
class Partner:
    """An endpoint that keeps what it gets, and answers 503 so many times before it takes anything."""

    url: str
    failing: int = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def partner() -> Iterator[Partner]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            one.failing, status = max(0, one.failing - 1), 503 if one.failing else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    one = Partner(f"http://127.0.0.1:{server.server_port}/hooks")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


def written(folder: Path, scheme: Any = None, **more: Any) -> str:
    secured: dict[str, Any] = {"security": [{"key": []}]} if scheme else {}
    content = document(
        {"order": operation(ORDER, **QUICK, **secured)},
        components={"securitySchemes": {"key": scheme} if scheme else {}},
    )
    path = folder / "openapi.json"
    path.write_text(json.dumps(content | more))
    return str(path)


def placed(server: Server, **wishes: Any) -> int:
    """The number of the delivery of a message, once it has ended."""
    number = int(server.ask(f"{API}/calls", wishes)["calls"][0]["deliveries"][0])
    ended(server, number)
    return number


def ended(server: Server, number: int) -> None:
    while server.ask(f"{API}/deliveries/{number}")["state"] not in {"delivered", "dead"}:
        pass


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    """Whether a message carries the signature that its id, its time and its body have with the secret."""
    at = int(headers["webhook-timestamp"])
    made = signed(Message("order", json.loads(body)["id"], "POST", (), body), SECRET, at)
    return dict(made) == {name: headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}


SIGNATURE = {"type": "apiKey", "in": "header", "name": "webhook-signature"}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("scheme", "key", "header", "value"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Shop-Key"}, "s3cret-of-ours", "x-shop-key", "s3cret-of-ours"),
        ({"type": "http", "scheme": "bearer"}, "s3cret-of-ours", "authorization", "Bearer s3cret-of-ours"),
        ({"type": "http", "scheme": "basic"}, "shop:s3cret", "authorization", "Basic c2hvcDpzM2NyZXQ="),
    ],
)
def test_the_key_is_carried_as_the_document_says_and_never_shown(
    scheme: Any, key: str, header: str, value: str, tmp_path: Path
) -> None:
    with (
        partner() as there,
        running(
            "--spec", written(tmp_path, scheme), "--endpoint", there.url, cwd=tmp_path, MOCK_ALOHUB_KEY=key
        ) as server,
    ):
        number = placed(server)
        over_the_api = server.ask(f"{API}/endpoints", {"url": there.url, "key": key})
        placed(server)
        shown = json.dumps([server.ask(f"{API}/deliveries/{number}"), server.ask(f"{API}/endpoints"), over_the_api])
        server.end(signal.SIGTERM)
    assert [headers[header] for headers, _ in there.got] == [value] * 3
    assert key not in shown + server.said


def test_every_attempt_is_signed_anew_also_after_a_restart_and_when_it_is_sent_again(tmp_path: Path) -> None:
    options = ("--spec", written(tmp_path, SIGNATURE))
    with partner() as there:
        there.failing = 1
        with running(
            *options, "--endpoint", there.url, cwd=tmp_path, ephemeral=False, MOCK_ALOHUB_KEY=SECRET
        ) as server:
            number = placed(server)
            server.end(signal.SIGTERM)
        told = server.said
        with running(*options, cwd=tmp_path, ephemeral=False) as server:
            before = len(there.got)
            # The timestamp counts whole seconds: one that is another was made anew.
            while there.got[-1][0]["webhook-timestamp"] == there.got[0][0]["webhook-timestamp"]:
                server.ask(f"{API}/deliveries/{number}/resend", method="POST")
                ended(server, number)
            placed(server)
            server.end(signal.SIGTERM)
    assert before == 2
    assert [is_signed(*one) for one in there.got] == [True] * len(there.got)
    ids = [headers["webhook-id"] for headers, _ in there.got]
    assert len(set(ids[:-1])) == 1 != len(set(ids))
    assert SECRET.removeprefix("whsec_") not in told + server.said


def test_a_wrong_key_signs_with_another_secret(tmp_path: Path) -> None:
    with (
        partner() as there,
        running(
            "--spec", written(tmp_path, SIGNATURE), "--endpoint", there.url, cwd=tmp_path, MOCK_ALOHUB_KEY=SECRET
        ) as server,
    ):
        placed(server, faults=["wrong-key"])
        placed(server, faults=["missing-key"])
        wrong, missing = there.got
    assert (is_signed(*wrong), "webhook-signature" in missing[0]) == (False, False)


def test_what_is_not_taken_is_retried_by_the_documents_policy(tmp_path: Path) -> None:
    with partner() as there, running("--spec", written(tmp_path), "--endpoint", there.url, cwd=tmp_path) as server:
        there.failing = 9
        shown = server.ask(f"{API}/deliveries/{placed(server)}")
    assert (shown["state"], len(shown["attempts"]), len(there.got)) == ("dead", 3, 3)


@pytest.mark.exhaustive
def test_background_traffic_is_of_the_documents_webhooks(tmp_path: Path) -> None:
    with (
        partner() as there,
        running(
            "--spec", written(tmp_path), "--endpoint", there.url, "--calls-per-minute", "6000", cwd=tmp_path
        ) as server,
    ):
        while len(there.got) < 5:
            pass
        items = server.ask(f"{API}/deliveries?limit=5")["items"]
    assert {item["webhook"] for item in items} == {"order"}


@pytest.mark.exhaustive
def test_a_start_with_another_document_says_what_it_leaves_alone(tmp_path: Path) -> None:
    with running(cwd=tmp_path, ephemeral=False) as server:
        server.ask(f"{API}/endpoints", {"url": "http://127.0.0.1:9/"})
        server.ask(f"{API}/calls", {"count": 3, "at": "2099-01-01T00:00:00"})
        server.end(signal.SIGTERM)
    with running("--spec", written(tmp_path), "--quiet", cwd=tmp_path, ephemeral=False) as server:
        assert server.end(signal.SIGTERM) == 0
    assert "event=set-aside webhook=alohub.call-ended deliveries=3" in server.said


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--spec", "nowhere.yaml"), "cannot read nowhere.yaml"),
        (("--spec", "openapi.json", "--api-key", "a-key"), "--api-key is of no use with --spec"),
        (("--spec", "openapi.json", "--rate-limit", "5"), "--rate-limit is of no use with --spec"),
        (("--spec", "openapi.json", "--status-spelling", "busy=engaged"), "no outcome of a call can be spelled"),
        (("--spec", "openapi.json", "--endpoint", "http://127.0.0.1:9/", "--key", "no-colon"), "`user:password`"),
        (("--spec", "openapi.json", "--scenarios", "stories"), "`outcome` cannot be wished for"),
    ],
)
def test_what_makes_no_sense_is_said_before_the_server_starts(
    options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    written(tmp_path, {"type": "http", "scheme": "basic"})
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "mine.yaml").write_text("title: A story\nsteps:\n  - call: { outcome: busy }\n")
    assert says in refusal(tmp_path, *options)
