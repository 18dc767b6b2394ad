"""Real servers on loopback, in threads of this process: the careful one, and the seam for all the others."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import ClassVar, Self
from unittest.mock import patch

import trustme

from tests.zoo.receiver import Receiver
from tests.zoo.wire import Answer, Incoming, Request, has_body, head_of, length_of


class Server:
    """HTTP/1.1 with kept-alive connections and a thread for each of them."""

    concurrent: ClassVar[bool] = True
    """False: one connection at a time, until it is closed; the others wait in the backlog."""
    keep_alive: ClassVar[bool] = True
    says_close: ClassVar[bool] = True
    version: ClassVar[str] = "HTTP/1.1"
    backlog: ClassVar[int] = 128
    host: ClassVar[str] = "127.0.0.1"

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family, backlog=self.backlog)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=10)

    def stop_listening(self) -> None:
        """From now on nobody can connect; open connections stay."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                with self._lock:
                    self._open.add(sock)
                if self.concurrent:
                    threading.Thread(target=self._serve, args=(sock,), daemon=True).start()
                else:
                    self._serve(sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, ValueError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self.secured(sock) as secured:
                    self.converse(Incoming(secured))
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def secured(self, sock: socket.socket) -> socket.socket:
        """The socket that is spoken over: with TLS where the member speaks it."""
        return sock

    def converse(self, incoming: Incoming) -> None:
        """Answer one request after the other until one side has had enough."""
        while (request := self.read(incoming)) is not None:
            answer = self.receiver.answer(request)
            stays = self.stays(request, answer)
            if not stays and self.says_close:
                answer = replace(answer, headers=(*answer.headers, ("Connection", "close")))
            self.write(incoming.sock, answer)
            if not stays:
                return

    def read(self, incoming: Incoming) -> Request | None:
        head = incoming.head()
        return replace(head, body=incoming.body(head)) if head else None

    def stays(self, request: Request, answer: Answer) -> bool:
        """Whether the connection is kept for another request."""
        return self.keep_alive

    def write(self, sock: socket.socket, answer: Answer) -> None:
        body = answer.body if has_body(answer) else b""
        sock.sendall(head_of(answer, version=self.version, framing=length_of(answer)) + body)


AUTHORITY = trustme.CA()


def certified(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


class TlsServer(Server):
    """A server behind TLS; members say with which certificate. While it runs, `AUTHORITY` is trusted."""

    def __init__(self, receiver: Receiver) -> None:
        self._context = self.context()
        super().__init__(receiver)

    def context(self) -> ssl.SSLContext:
        return certified(AUTHORITY.issue_cert("127.0.0.1"))

    @property
    def origin(self) -> str:
        return super().origin.replace("http:", "https:")

    def __enter__(self) -> Self:
        self._trust = ExitStack()
        file = self._trust.enter_context(AUTHORITY.cert_pem.tempfile())
        self._trust.enter_context(patch.dict(os.environ, SSL_CERT_FILE=file))
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__(*_)
        self._trust.close()

    def secured(self, sock: socket.socket) -> socket.socket:
        secured = self._context.wrap_socket(sock, server_side=True)
        with self._lock:
            self._open.add(secured)
        return secured
