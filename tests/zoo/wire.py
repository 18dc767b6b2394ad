"""HTTP/1.1 by hand, as far as the zoo needs it: a request read from a socket, an answer as bytes."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case. `body` is shorter than announced when the sender died."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    sock: socket.socket | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b'{"received": true}'
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)


class Incoming:
    """The reading side of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._rest = b""

    def head(self) -> Request | None:
        """The next request without its body; None when the sender sends no more."""
        while b"\r\n\r\n" not in self._rest:
            if not self._more():
                return None
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return Request(method, path, headers, b"", self.sock)

    def body(self, head: Request) -> bytes:
        """The body that belongs to `head`, or as much of it as comes."""
        size = int(head.headers.get("content-length", "0"))
        while len(self._rest) < size and self._more():
            pass
        body, self._rest = self._rest[:size], self._rest[size:]
        return body

    def body_so_far(self, head: Request) -> bytes:
        """What has come of the body that belongs to `head`; no more is waited for."""
        size = int(head.headers.get("content-length", "0"))
        body, self._rest = self._rest[:size], b""
        return body

    def _more(self) -> bool:
        data = self.sock.recv(CHUNK)
        self._rest += data
        return bool(data)


def head_of(answer: Answer, *, version: str = "HTTP/1.1", framing: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Status line and headers of `answer`; `framing` are the headers that say where its body ends."""
    reason = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else "Whatever"
    lines = [f"{version} {answer.status} {reason}", *(f"{name}: {value}" for name, value in answer.headers + framing)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def has_body(answer: Answer) -> bool:
    return answer.status not in {204, 304}


def length_of(answer: Answer) -> tuple[tuple[str, str], ...]:
    return (("Content-Length", str(len(answer.body))),) if has_body(answer) else ()
