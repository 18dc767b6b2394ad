"""Messages that schemathesis makes from the specification. What breaks the endpoint is made as small as can be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.alohub_stage("ROUGH", 1)


def test_a_valid_message_is_acknowledged(alohub_generated: Callable[..., None], alohub_webhook: str) -> None:
    """What the specification allows, in values that any call may have, is answered with 200."""
    alohub_generated(alohub_webhook, valid=True)


def test_an_invalid_message_does_no_harm(alohub_generated: Callable[..., None], alohub_webhook: str) -> None:
    """What the specification forbids is answered with anything but a 5xx, in time."""
    alohub_generated(alohub_webhook, valid=False)
