"""The documents that requirements come from."""

from __future__ import annotations

from mock_alohub.rule import Source

_CALL_ENDED = "Alohub, Call event webhook"
_AUTO_CALL = "Alohub, Automatic call webhook"
_PRACTICE = "Good practice for webhook receivers"

STATUS_TABLE = Source(_CALL_ENDED, "Value call_status in the webhook payload")
QUICK_RESPONSE = Source(_CALL_ENDED, "Quick response")
FIELDS = Source(_CALL_ENDED, "Body fields")
IDEMPOTENCY = Source(_CALL_ENDED, "Idempotency")
SECURITY = Source(_CALL_ENDED, "Security")
BEST_PRACTICE = Source(_CALL_ENDED, "Best practice")
URL_HTTPS = Source(_CALL_ENDED, "Information partners provide: Webhook URL")
STATUS_CHANGES = Source(_AUTO_CALL, "Call Event Webhook")
RUNNING_CALL = Source(_AUTO_CALL, "Example payload")
EXPECTED_RESPONSE = Source(_AUTO_CALL, "Expected response from the partner")
HEADERS = Source(_AUTO_CALL, "Header request")


def practice(section: str) -> Source:
    """A requirement no document states, but without which calls are lost in real life."""
    return Source(_PRACTICE, section, assumed=True)
