"""A partner that verifies signatures with the reference library of Standard Webhooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from mock_alohub.specification.imported.webhooks import load
from tests.zoo.careful import careful_kind
from tests.zoo.wire import Request

DOCUMENT = Path(__file__).parents[1] / "data" / "specs" / "orders.yaml"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAMES = ("order.created",)

# A class that is made from the specification, so mypy cannot see what it is.
_Partner: Any = careful_kind(*load(DOCUMENT).webhooks.values())


class Signed(_Partner):  # type: ignore[misc]
    """Verifies the bytes as they came, before anything else is done with them."""

    key = SECRET

    def check_key(self, request: Request) -> None:
        if not self.is_signed(request):
            self.refuse(request)

    def is_signed(self, request: Request) -> bool:
        try:
            Verifier(SECRET).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return False
        except (ValueError, RecursionError):  # it parses the body as well, which is not a matter of signatures
            return True
        return True
