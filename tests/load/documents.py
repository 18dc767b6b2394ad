"""Documents of a shop, by how it says who it is, and what its endpoint expects of a request."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from tests.specification.imported.writing import document, operation

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ORDER = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {"id": {"type": "string", "x-role": "call-id"}, "total": {"type": "integer", "examples": [7]}},
}
_VERIFIER = Verifier(SECRET)


@dataclass(frozen=True)
class Form:
    """A security scheme, the key that is agreed with it, and whether a request's head and body show it."""

    scheme: dict[str, Any]
    key: str
    shown: Callable[[dict[str, str], bytes], bool]

    def status(self, fields: dict[str, str], body: bytes) -> int:
        """What an endpoint answers that knows its sender by it."""
        return 200 if self.shown(fields, body) else 401


def _verified(fields: dict[str, str], body: bytes) -> bool:
    try:
        _VERIFIER.verify(body, fields)
    except WebhookVerificationError:
        return False
    return True


def _by(scheme: dict[str, Any], key: str, header: str, value: str) -> Form:
    return Form(scheme, key, lambda fields, _: fields.get(header) == value)


_BASIC = "Basic " + base64.b64encode(b"shop:open sesame").decode()
SIGNED = Form({"type": "apiKey", "in": "header", "name": "webhook-signature"}, SECRET, _verified)
BEARER = _by({"type": "http", "scheme": "bearer"}, "t-0123", "authorization", "Bearer t-0123")
FORMS = {
    "plain": _by({"type": "apiKey", "in": "header", "name": "X-Key"}, "k-123", "x-key", "k-123"),
    "bearer": BEARER,
    "basic": _by({"type": "http", "scheme": "basic"}, "shop:open sesame", "authorization", _BASIC),
    "signed": SIGNED,
}


def written(folder: Path, form: Form, **delivery: Any) -> Path:
    """A document with one webhook, `order.made`, secured by `form`; `delivery` is its `x-delivery`."""
    path = folder / "shop.json"
    item = operation(ORDER, security=[{"known": []}], **({"x-delivery": delivery} if delivery else {}))
    path.write_text(
        json.dumps(document({"order.made": item}, components={"securitySchemes": {"known": form.scheme}})),
        encoding="utf-8",
    )
    return path
