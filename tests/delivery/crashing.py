"""The process that `test_crash.py` kills: it enqueues and delivers as fast as it can, and says what was confirmed."""

from __future__ import annotations

import asyncio
from multiprocessing.connection import Connection
from pathlib import Path

from mock_alohub.delivery.destination import Registration
from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.delivery.outbox import Outbox
from mock_alohub.delivery.transport import Transport, run
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.specification.specification import Specification
from tests.delivery.desk import message

PRODUCERS = 8
BACKLOG = 100
TIME_SCALE = 200.0
"""The first retry comes after 25 ms."""


def live(folder: Path, url: str, name: str, confirmed: Connection) -> None:
    """Work until killed. The ids of calls go to `confirmed` once they are promised."""
    run(_live(folder, url, name, confirmed))


async def _live(folder: Path, url: str, name: str, confirmed: Connection) -> None:
    async with Transport() as transport, Outbox(folder / "deliveries.sqlite3") as outbox:
        engine = Engine(outbox, transport, Specification.load(), time_scale=TIME_SCALE)
        await engine.start()
        known = outbox.endpoints("default")
        registration = Registration(Endpoint(parse_url(url), Key("a-key-of-the-partner")))
        where = known[0].id if known else (await engine.register(registration)).id
        await asyncio.gather(*(_produce(engine, where, f"{name}-{n}", confirmed) for n in range(PRODUCERS)))


async def _produce(engine: Engine, where: int, name: str, confirmed: Connection) -> None:
    count = 0
    while True:
        if count * PRODUCERS - engine.ended > BACKLOG:
            await asyncio.sleep(0.005)
            continue
        count += 1
        call_id = f"{name}-{count}"
        await engine.enqueue([NewDelivery(where, message(call_id))])
        confirmed.send_bytes(call_id.encode())
