"""One try to deliver a message, and what came of it. A failed try is data, not an exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Headers = tuple[tuple[str, str], ...]


class Cause(StrEnum):
    """Why a try did not end in an acknowledgement."""

    FORBIDDEN = "forbidden"
    """The address filter does not allow the address that would be dialled."""
    DNS = "dns"
    """The host name has no address."""
    REFUSED = "refused"
    """No one listens there, or there is no route to it."""
    CONNECT_TIMEOUT = "connect-timeout"
    """No connection (TCP and TLS) by the deadline."""
    TLS = "tls"
    """The TLS handshake failed: certificate, host name, date or protocol version."""
    RESET = "reset"
    """The connection ended before the answer was complete."""
    DEADLINE = "deadline"
    """Connected, but the answer was not complete by the deadline."""
    PROTOCOL = "protocol"
    """What came back is not HTTP."""
    STATUS = "status"
    """A whole answer came, with a status that does not acknowledge. Given by a `Policy`, never by the transport."""
    HUNG_UP = "hung-up"
    """The sender itself ended the connection, as the plan said."""


CONNECT_CAUSES = frozenset({Cause.FORBIDDEN, Cause.DNS, Cause.REFUSED, Cause.CONNECT_TIMEOUT, Cause.TLS})
"""Causes before any byte of the request was sent: the endpoint was not reached."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the endpoint answered.

    `body` holds at most the transport's cap, as it came over the wire (never decompressed); `body_size` counts every
    byte that was received. `headers` keeps order, case and repeats; values are decoded as latin-1.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    body_size: int = 0
    http_version: str = "1.1"

    def header(self, name: str) -> str | None:
        """The first value of header `name` (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds spent in each phase; None for a phase that was not reached or not needed (a reused connection)."""

    dns_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    send_s: float | None = None
    """From the first byte of the request handed to the socket to its last."""
    wait_s: float | None = None
    """From the request's last byte to the answer's first."""
    receive_s: float | None = None
    """From the answer's first byte to its last."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, numbered from 1. Exactly one of `reply` and `cause` is set by the transport.

    `started_at` is Unix time in seconds; `elapsed_s` runs from the start to the last byte of the answer (or to the
    failure). `address` is the dialled address as `host:port`. `detail` says in plain words what went wrong.
    """

    number: int
    started_at: float
    elapsed_s: float
    reply: Reply | None = None
    cause: Cause | None = None
    detail: str = ""
    phases: Phases = Phases()
    address: str = ""
    reused: bool = False

    @property
    def status(self) -> int | None:
        """The status of the answer, or None if there is no whole answer."""
        return self.reply.status if self.reply else None
