from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_alohub.check.curl import curl
from mock_alohub.check.evidence import Exchange
from mock_alohub.messages import credential
from mock_alohub.messages.transmission import Credential, HangUp, Wire
from tests.fakes import KEY, exchange

HEADER = "Authorization"

Received = tuple[str, str, str | None, str | None, bytes]
"""Method, path, key, content type and body."""


class _Recorder(BaseHTTPRequestHandler):
    received: list[Received]

    def _record(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.received.append((self.command, self.path, self.headers[HEADER], self.headers["Content-Type"], body))
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = _record  # noqa: N815 - the names of the server's own

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's own
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    recorder = type("Recorder", (_Recorder,), {"received": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), recorder) as there:
        thread = threading.Thread(target=there.serve_forever)
        thread.start()
        yield there
        there.shutdown()
        thread.join()


def _url(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/hooks?a=1&b=it%27s"


def _reproduced(server: ThreadingHTTPServer, probe: Exchange) -> list[Received]:
    """What arrives when the curl line of `probe` is run in a shell."""
    received: list[Received] = server.RequestHandlerClass.received  # type: ignore[attr-defined]
    received.clear()
    environment = {"PATH": os.environ["PATH"], "MOCK_ALOHUB_KEY": KEY}
    line = curl(probe, HEADER)
    done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, f"{line[:300]}\n{done.stderr.decode()}"
    return received


BODIES = {
    "an ordinary call": None,
    "text of Vietnam": '{"userName": "Nguyễn Thị Ánh"}'.encode(),
    "quotes": rb"""{"a": "it's \"quoted\" \\ $HOME `date` !! %s"}""",
    "line breaks": b'{\r\n\t"a": 1\n}\n',
    "no UTF-8": b'{"a": "\xff\xc0\xaf"}',
    "a zero byte": b"a\x00b",
    "20,000 arrays": b"[" * 20_000 + b"]" * 20_000,
    "a mebibyte": b'{"a": "' + b"a" * (1 << 20) + b'"}',
    "nothing": b"",
    "like a file name": b"@/etc/passwd",
    "like an option": b"--help",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_curl_sends_the_same_bytes(body: bytes | None, server: ThreadingHTTPServer) -> None:
    probe = exchange(body=body, url=_url(server))
    (received,) = _reproduced(server, probe)
    assert received == ("POST", "/hooks?a=1&b=it%27s", KEY, "application/json", probe.request.body)


CREDENTIALS = {
    "the agreed key": None,
    "no header": credential.NO_KEY,
    "an empty key": credential.EMPTY,
    "another key": credential.another(KEY),
    "a prefix": credential.prefix(KEY),
    "a longer key": credential.longer(KEY),
    "changed case": credential.changed_case(KEY),
    "inside other text": credential.inside(KEY),
    "a key that is no secret": Credential("it's wrong", "it's wrong"),
}


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
def test_curl_sends_the_same_credential(credential: Credential | None, server: ThreadingHTTPServer) -> None:
    probe = exchange(credential=credential, url=_url(server))
    (received,) = _reproduced(server, probe)
    assert received[2] == dict(probe.request.headers).get(HEADER)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_curl_sends_the_same_method(method: str, server: ThreadingHTTPServer) -> None:
    (received,) = _reproduced(server, exchange(method=method, body=b"", headers=(), url=_url(server)))
    assert (received[0], received[4]) == (method, b"")


def test_curl_sends_the_same_headers(server: ThreadingHTTPServer) -> None:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    (received,) = _reproduced(server, exchange(headers=headers, url=_url(server)))
    assert received[3] == "application/json; charset=utf-8"


def test_an_absent_content_type_stays_absent(server: ThreadingHTTPServer) -> None:
    (received,) = _reproduced(server, exchange(headers=(), url=_url(server)))
    assert received[3] is None


@pytest.mark.parametrize("body", [None, b"\xff"], ids=["text", "bytes"])
def test_copies_at_once_are_sent_at_once(body: bytes | None, server: ThreadingHTTPServer) -> None:
    received = _reproduced(server, exchange(body=body, at_once=5, url=_url(server)))
    assert len(received) == 5
    assert len(set(received)) == 1


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
def test_the_key_is_never_in_the_line(credential: Credential | None) -> None:
    assert KEY not in curl(exchange(credential=credential), HEADER)


def test_a_secret_in_the_url_is_not_in_the_line() -> None:
    assert "hidden" not in curl(exchange(url="http://a.example/?token=hidden"), HEADER)


@pytest.mark.parametrize("hang_up", HangUp)
def test_a_sender_that_hangs_up_does_not_wait(hang_up: HangUp) -> None:
    assert "--max-time 0.05" in curl(exchange(wire=Wire(hang_up=hang_up)), HEADER)


def test_what_curl_cannot_do_the_command_line_does() -> None:
    line = curl(exchange(wire=Wire(cut_at=10), url="http://a.example/x"), HEADER)
    assert line == "mock-alohub send http://a.example/x --webhook alohub.call-ended --fault truncate"


def test_a_long_body_is_not_written_out() -> None:
    assert len(curl(exchange(body=b"[" * 20_000 + b"]" * 20_000), HEADER)) < 400


@given(st.binary(min_size=1))
def test_a_shell_reads_the_body_as_one_word(body: bytes) -> None:
    line = curl(exchange(body=body), HEADER)
    producer, _, consumer = line.rpartition(" | ")
    if producer:
        code = shlex.split(producer)[2].removeprefix("import sys; sys.stdout.buffer.write(")[:-1]
        assert eval(code) == body
        assert shlex.split(consumer)[-2:] == ["--data-binary", "@-"]
    else:
        assert shlex.split(line)[-1].encode() == body


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")))
def test_a_shell_reads_a_header_as_one_word(value: str) -> None:
    words = shlex.split(curl(exchange(headers=(("X-Any", value),)), HEADER))
    assert f"X-Any: {value}" in words
