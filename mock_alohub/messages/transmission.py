"""How one message is put on the wire: with which credential, when, and with which fault of the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import time
from typing import TYPE_CHECKING

from mock_alohub.messages import signature
from mock_alohub.messages.signature import TRUE, Forgery

if TYPE_CHECKING:
    from mock_alohub.messages.attempt import Headers
    from mock_alohub.messages.endpoint import URL, Endpoint
    from mock_alohub.messages.message import Message

USER_AGENT = "mock-alohub"


@dataclass(frozen=True, slots=True)
class Credential:
    """What the key header carries. `shell` writes the same in a shell without showing the key.

    `value` None sends no key header at all. Where messages are signed it is the secret, and `forgery` says what is
    wrong with the signature.
    """

    value: str | None
    shell: str | None
    says: str = "the agreed key"
    forgery: Forgery = TRUE


class HangUp(StrEnum):
    """When the sender ends the connection on purpose."""

    AFTER_REQUEST = "after-request"
    """The whole request is sent, then the connection is closed without waiting for the answer."""
    RESET = "reset"
    """As after-request, but with a TCP reset instead of an orderly close."""


@dataclass(frozen=True, slots=True)
class Wire:
    """What goes wrong on the wire, on purpose. The default is an ordinary, whole request.

    `cut_at`: the request announces its whole body, sends that many bytes of it and hangs up.
    `pause_s`: the body is sent in `pieces` pieces with that many seconds between two of them.
    `raw`: these bytes are sent instead of an HTTP request.
    `fresh`: a connection of its own, not a kept-alive one; it is closed after the answer.
    """

    hang_up: HangUp | None = None
    cut_at: int | None = None
    pause_s: float = 0.0
    pieces: int = 1
    raw: bytes | None = None
    fresh: bool = False


ORDINARY = Wire()
FRESH = Wire(fresh=True)


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes-to-be of one HTTP request: every header is listed, `Host` and `Content-Length` included."""

    method: str
    url: URL
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Transmission:
    """One message and how to send it.

    `wait_s` seconds pass before it is sent; `beside` means it starts together with the plan before it.
    """

    message: Message
    credential: Credential | None = None
    wire: Wire = ORDINARY
    wait_s: float = 0.0
    beside: bool = False


def agreed(endpoint: Endpoint) -> Credential | None:
    """The agreed key of `endpoint` as a credential; None when no key was agreed."""
    if endpoint.key is None:
        return None
    return Credential(endpoint.key.reveal(), "$MOCK_ALOHUB_KEY")


def request_of(
    transmission: Transmission, url: URL, key_header: str | None, clock: Callable[[], float] = time
) -> Request:
    """The HTTP request of `transmission` to `url`. `key_header` is the header that carries the credential.

    Where it is that of a signature, the message is signed at the time of `clock`: a request is good for one attempt.
    """
    message = transmission.message
    headers: list[tuple[str, str]] = [("Host", url.authority), ("User-Agent", USER_AGENT), ("Accept", "*/*")]
    if transmission.credential is not None and transmission.credential.value is not None and key_header is not None:
        if key_header == signature.HEADER:
            headers.extend(
                signature.signed(message, transmission.credential.value, clock(), transmission.credential.forgery)
            )
        else:
            headers.append((key_header, transmission.credential.value))
    headers.extend(message.headers)
    if message.query:
        url = url.joined(message.query)
    if message.body or message.method not in {"GET", "HEAD", "DELETE", "OPTIONS"}:
        headers.append(("Content-Length", str(len(message.body))))
    return Request(message.method, url, tuple(headers), message.body)
