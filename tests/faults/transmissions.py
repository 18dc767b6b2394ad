"""Plans to put faults into: calls as a run draws them, with the agreed key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from mock_alohub.calls.call import Moment
from mock_alohub.calls.simulator import Simulator
from mock_alohub.faults import named
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.transmission import Transmission, agreed
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import message_of
from mock_alohub.specification.specification import Specification
from mock_alohub.vietnam_time import VIETNAM

KEY = "Secret-Key-123"
ENDPOINT = Endpoint(parse_url("http://127.0.0.1:8000/hooks"), Key(KEY))


def transmissions(count: int) -> list[Transmission]:
    """`count` ordinary plans, each about a call of its own."""
    webhook = Specification.load().webhook("alohub.call-ended")
    simulator = Simulator(7, start=datetime(2024, 1, 13, 15, tzinfo=VIETNAM))
    provider = provider_of(webhook.provider)
    return [
        Transmission(message_of(provider, webhook, call, Moment.ENDED), agreed(ENDPOINT))
        for call in simulator.calls(count)
    ]


def sent(fault: str, before: Sequence[Transmission], seed: int = 1) -> list[Transmission]:
    """What is sent instead of `before` when `fault` is put in."""
    return list(named(fault).apply(before, Random(seed)))
