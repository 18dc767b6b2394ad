"""Endpoints that do exactly what a test says, byte by byte, on real sockets."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mock_alohub.messages.endpoint import URL, parse_url
from mock_alohub.messages.transmission import Request

PATIENCE_S = 60.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Script = Callable[["Peer"], None]


class Peer:
    """The endpoint's side of one connection; `requests` are the whole requests it has read."""

    def __init__(self, sock: socket.socket, requests: list[bytes]) -> None:
        self.sock = sock
        self.requests = requests
        self._held = b""

    def read_request(self) -> bytes:
        """The next whole request; empty when the sender closed instead."""
        while b"\r\n\r\n" not in self._held:
            if not self._more():
                return b""
        head, _, _ = self._held.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = len(head) + 4 + (int(length[1]) if length else 0)
        while len(self._held) < size:
            if not self._more():
                return b""
        request, self._held = self._held[:size], self._held[size:]
        self.requests.append(request)
        return request

    def read_to_end(self) -> bytes:
        """All that comes until the sender closes (or resets)."""
        while self._more():
            pass
        return self._held

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def _more(self) -> bool:
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            return False
        self._held += data
        return bool(data)


class Endpoint:
    """Listens on a port of loopback; the n-th connection runs the n-th script, later ones the last."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._scripts = scripts
        self._tls = tls
        self._errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._socks: list[socket.socket] = []
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.host = host
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str = "/hook", host: str = "") -> URL:
        scheme = "https" if self._tls else "http"
        shown = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return parse_url(f"{scheme}://{shown}:{self.port}{path}")

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        if kind is None and self._errors:
            raise self._errors[0]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._start(self._serve, sock, script)

    def _serve(self, sock: socket.socket, script: Script) -> None:
        sock.settimeout(PATIENCE_S)
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            script(Peer(sock, self.requests))
        except OSError:
            pass  # the sender has gone, which is what some tests are about
        except BaseException as error:
            self._errors.append(error)
        finally:
            sock.close()


def answering(*answers: bytes) -> Script:
    """Answers one request after another, then waits for the sender to close."""

    def script(peer: Peer) -> None:
        for answer in answers:
            if not peer.read_request():
                return
            peer.send(answer)
        peer.read_to_end()

    return script


def closing(*answers: bytes) -> Script:
    """Answers one request after another, then closes the connection."""

    def script(peer: Peer) -> None:
        for answer in answers:
            if not peer.read_request():
                return
            peer.send(answer)

    return script


def always_ok(peer: Peer) -> None:
    """Answers every request with 200."""
    while peer.read_request():
        peer.send(OK)


def silent(peer: Peer) -> None:
    """Reads and never answers."""
    peer.read_to_end()


def request_to(url: URL, *, method: str = "POST", body: bytes = b'{"call_id":"1"}') -> Request:
    return Request(method, url, (("Host", url.authority), ("Content-Length", str(len(body)))), body)
