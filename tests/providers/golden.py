"""The golden messages: `python -m tests.providers.golden` writes them anew; review the difference before it is kept.

They are the first fifty of each webhook for one seed and start, and hold for every machine and supported Python. They
change with the drawing, with a webhook's schema, and with Faker's Vietnamese names.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from mock_alohub.calls.simulator import Simulator
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import messages_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook
from mock_alohub.vietnam_time import VIETNAM

FOLDER = Path(__file__).parents[1] / "golden" / "messages"
SEED = 7
START = datetime(2026, 3, 2, 8, 0, 0, 250_000, tzinfo=VIETNAM)
MESSAGES = 50


def golden_file(webhook: Webhook) -> Path:
    """Where the messages of `webhook` are kept, one in a line."""
    return FOLDER / f"{webhook.name}.ndjson"


def lines(webhook: Webhook) -> bytes:
    """The first messages of `webhook`, one in a line."""
    return b"".join(body + b"\n" for body in islice(_bodies(webhook), MESSAGES))


def _bodies(webhook: Webhook) -> Iterator[bytes]:
    simulator = Simulator(SEED, start=START)
    while True:
        for message in messages_of(provider_of(webhook.provider), webhook, simulator.call()):
            yield message.body


if __name__ == "__main__":
    for one in Specification.load().webhooks.values():
        golden_file(one).write_bytes(lines(one))
