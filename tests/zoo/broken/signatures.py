"""Endpoints that take messages whose signature does not say what it should."""

from __future__ import annotations

import base64
import hmac
import json
import time
from itertools import count

from tests.zoo.member import breaks
from tests.zoo.receiver import Event
from tests.zoo.signed import DOCUMENT, NAMES, SECRET, Signed
from tests.zoo.wire import Request


def signature(request: Request, body: bytes) -> str:
    """The one that `request` should have, were `body` its body."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = f"{request.headers.get('webhook-id')}.{request.headers.get('webhook-timestamp')}.".encode()
    return "v1," + base64.b64encode(hmac.digest(key, told + body, "sha256")).decode()


def given(request: Request) -> str:
    return request.headers.get("webhook-signature", "")


def is_recent(request: Request) -> bool:
    return abs(time.time() - int(request.headers.get("webhook-timestamp", "0"))) < 300


@breaks("auth.rejects-missing", "auth.rejects-wrong", key=SECRET, webhooks=NAMES, document=DOCUMENT)
class SignatureNotVerified(Signed):
    """Verifies no signature."""

    def is_signed(self, request: Request) -> bool:
        return True


@breaks("auth.rejects-stale", key=SECRET, webhooks=NAMES, document=DOCUMENT)
class TimestampIgnored(Signed):
    """Verifies the signature and not when it was made."""

    def is_signed(self, request: Request) -> bool:
        return hmac.compare_digest(given(request), signature(request, request.body))


@breaks("auth.rejects-forged-signature", key=SECRET, webhooks=NAMES, document=DOCUMENT)
class StartOfSignatureCompared(Signed):
    """Compares as much of the signature as came."""

    def is_signed(self, request: Request) -> bool:
        own = signature(request, request.body)
        return len(given(request)) > 6 and own.startswith(given(request)) and is_recent(request)


@breaks(
    "auth.rejects-altered-body",
    key=SECRET,
    webhooks=NAMES,
    document=DOCUMENT,
    tolerated={"compat.json-layout": "written again, another layout has another signature"},
)
class BodyParsedBeforeVerified(Signed):
    """Verifies the body as a framework parsed it, written again."""

    def is_signed(self, request: Request) -> bool:
        try:
            body = json.dumps(json.loads(request.body), separators=(",", ":"), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            body = request.body
        return hmac.compare_digest(given(request), signature(request, body)) and is_recent(request)


@breaks(
    "auth.replay-has-no-effect",
    effects=True,
    tolerated={"idempotency.processed-once": "a copy is played back by a friend"},
    key=SECRET,
    webhooks=NAMES,
    document=DOCUMENT,
)
class ReplayProcessedAgain(Signed):
    """Verifies every signature, and remembers no message."""

    numbers = count()

    def identity(self, event: Event) -> object:
        return next(self.numbers)
