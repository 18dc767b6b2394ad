"""What requirements rest on: topics of the providers' documents, and good practice.

Which document of which provider speaks of a topic stands in the specification (`x-documents`). Where a provider's
documents say nothing of a topic, the rule is assumed for it, and SHOULD at most.
"""

from __future__ import annotations

from mock_alohub.check.rule import Source, Topic

_PRACTICE = "Good practice for webhook receivers"

STATUS_TABLE = Topic("status-table", "how calls can go")
QUICK_RESPONSE = Topic("quick-response", "which answer acknowledges, and how soon it must come")
FIELDS = Topic("fields", "what a message says, field by field")
IDEMPOTENCY = Topic("idempotency", "what comes more than once")
SECURITY = Topic("security", "how the sender is known")
BEST_PRACTICE = Topic("best-practice", "how soon a good endpoint answers")
URL_HTTPS = Topic("url-https", "what the URL has to be like")
STATUS_CHANGES = Topic("status-changes", "several messages about one call")
RUNNING_CALL = Topic("running-call", "messages about a call that goes on")
HEADERS = Topic("headers", "which headers come with a message")

SIGNED = Topic("signature", "how messages are signed")


def practice(section: str) -> Source:
    """A requirement no document states, but without which calls are lost in real life."""
    return Source(_PRACTICE, section, assumed=True)
