"""Messages generated per second on one core, as bytes: calls drawn, written down and encoded, beside naive Faker.

The peer asks Faker for each of the same seventeen fields, as test suites do, and encodes with the same orjson. Rounds
of the two alternate, so that what else the machine does meets both, and the figures are medians.

    python -m benchmarks --only generate
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import orjson
from faker import Faker

from mock_alohub.calls.call import Moment
from mock_alohub.calls.simulator import Simulator
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import body_of
from mock_alohub.specification.specification import Specification
from mock_alohub.vietnam_time import VIETNAM

NAME = "generate"
WEBHOOK = "alohub.call-ended"
SEED = 7
START = datetime(2026, 3, 2, 8, tzinfo=VIETNAM)
ROUNDS = 5
BATCH = 100
TARGET = 10.0


def measure(seconds: float) -> list[dict[str, object]]:
    """One row: our messages per second beside naive Faker's, medians of alternating rounds of `seconds` each."""
    streams = (simulated(), faked())
    rounds = [[_rate(stream.__next__, seconds) for stream in streams] for _ in range(ROUNDS)]
    ours, peer = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    return [
        {
            "what": "messages generated per second and core, as bytes",
            "ours": ours,
            "peer": peer,
            "peer_name": "Faker, each field",
            "ratio": ours / peer,
            "target": TARGET,
            "unit": "1/s",
        }
    ]


def simulated() -> Iterator[bytes]:
    """Bodies as mock-alohub makes them."""
    webhook = Specification.load().webhook(WEBHOOK)
    provider = provider_of(webhook.provider)
    simulator = Simulator(SEED, start=START)
    while True:
        yield body_of(provider, webhook, simulator.call(), Moment.ENDED)


def faked() -> Iterator[bytes]:
    """Bodies with the same fields, each asked of Faker."""
    fake = Faker("vi_VN")
    fake.seed_instance(SEED)
    while True:
        started_at = fake.date_time_between(START, START + timedelta(days=30))
        answered_at = started_at + timedelta(seconds=fake.random_int(1, 30))
        ended_at = answered_at + timedelta(seconds=fake.random_int(1, 600))
        call_id = f"{started_at:%Y%m%d%H%M%S}{fake.numerify('######')}"
        yield orjson.dumps(
            {
                "call_id": call_id,
                "call_status": fake.random_element(("answered", "no_answer", "busy", "failed", "canceled")),
                "direction": fake.random_element(("inbound", "outbound")),
                "caller_number": fake.numerify("09########"),
                "destination_number": fake.numerify("8##"),
                "starttime": f"{started_at:%Y-%m-%d %H:%M:%S}",
                "answertime": f"{answered_at:%Y-%m-%d %H:%M:%S}",
                "endtime": f"{ended_at:%Y-%m-%d %H:%M:%S}",
                "hangup_by": fake.random_element(("customer", "agent", "system")),
                "hotline": fake.numerify("1900####"),
                "total_duration": str((ended_at - started_at).seconds),
                "holding_duration": str(fake.random_int(0, 60)),
                "recording_url": f"https://pbx.example:1777/IPCCMedia/MP3Export.do?url={call_id}.mp3&source=ipcc",
                "objectId": 1,
                "transactionID": fake.numerify("TRANSID_######"),
                "userName": fake.user_name(),
                "eventType": "call",
            }
        )


def _rate(draw: Callable[[], bytes], seconds: float) -> float:
    made = 0
    # Processor time, not the clock's: what else runs on a shared machine is no part of the figure.
    started = now = time.process_time()
    while now - started < seconds:
        for _ in range(BATCH):
            draw()
        made += BATCH
        now = time.process_time()
    return made / (now - started)
