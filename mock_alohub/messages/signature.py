"""Signatures of messages as Standard Webhooks has them: three headers, made anew for every attempt.

Source: Standard Webhooks, "Signature scheme": `webhook-id`, `webhook-timestamp` (seconds since 1970) and
`webhook-signature`, which is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. The secret is `whsec_` and
the base64 of its bytes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mock_alohub.messages.attempt import Headers
    from mock_alohub.messages.message import Message

ID_HEADER: Final = "webhook-id"
TIME_HEADER: Final = "webhook-timestamp"
HEADER: Final = "webhook-signature"
PREFIX: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Forgery:
    """What is wrong with a signature on purpose; nothing, by default.

    The timestamp is `shift_s` seconds off. `signed_body`, `signed_id` and `signed_shift_s` are what was signed in
    place of what is sent. `cut` characters are missing at the end of the signature, `version` takes the place of `v1`.
    """

    shift_s: int = 0
    signed_body: bytes | None = None
    signed_id: str | None = None
    signed_shift_s: int | None = None
    cut: int = 0
    version: str = "v1"
    empty: bool = False


TRUE: Final = Forgery()


def id_of(message: Message) -> str:
    """The id of `message`: the same for every copy of it, another for every other message."""
    seed = f"{message.webhook} {message.call_id} ".encode() + message.body + message.query.encode()
    return f"msg_{sha256(seed).hexdigest()[:27]}"


def signed(message: Message, secret: str, now_s: float, forgery: Forgery = TRUE) -> Headers:
    """The headers that sign `message` at `now_s` (seconds since 1970) with `secret`."""
    sent_id, sent_at = id_of(message), int(now_s) + forgery.shift_s
    body = message.body if forgery.signed_body is None else forgery.signed_body
    at = sent_at if forgery.signed_shift_s is None else sent_at + forgery.signed_shift_s
    mac = hmac.digest(_bytes(secret), f"{forgery.signed_id or sent_id}.{at}.".encode() + body, "sha256")
    text = base64.b64encode(mac).decode()
    value = "" if forgery.empty else f"{forgery.version},{text[: len(text) - forgery.cut]}"
    return ((ID_HEADER, sent_id), (TIME_HEADER, str(sent_at)), (HEADER, value))


def _bytes(secret: str) -> bytes:
    """The secret's bytes: of base64 as the standard has it, else of the text as it is."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()
