"""How long a page of deliveries takes to read when a million of them are in the database.

The database is made by SQL: ten endpoints, two webhooks, two deliveries per call, one in a thousand dead, one in a
hundred waiting. Every combination of filters is asked for, first and thousandth page; the slowest counts.

    python -m benchmarks --only lists
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mock_alohub.delivery.destination import Registration
from mock_alohub.delivery.outbox import Outbox, opening
from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.transport import run
from mock_alohub.delivery.view import Wanted, cursor_of
from mock_alohub.messages.endpoint import Endpoint, parse_url

NAME = "lists"
DELIVERIES = 1_000_000
TARGET_MS = 100.0
FIRST = 1_700_000_000_000_000
WEBHOOKS = ("alohub.call-ended", "alohub.auto-call")

_FILL = """
INSERT INTO streams VALUES (1, 'default', 'alohub.call-ended'), (2, 'default', 'alohub.auto-call');
CREATE TEMP TABLE numbers AS
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) SELECT i FROM n;
INSERT INTO deliveries
    SELECT {first} + i * 1000, 1 + i % 10, 1 + i % 2, 'call-' || (i / 2),
        CASE WHEN i % 1000 = 7 THEN 2 WHEN i % 100 = 3 THEN 0 ELSE 1 END, 1e9 + i,
        CASE WHEN i % 1000 = 7 THEN 'refused' END, 1, 1 FROM numbers;
INSERT INTO messages SELECT {first} + i * 1000, 'POST', '[]', zeroblob(600), NULL, NULL, NULL FROM numbers;
INSERT INTO attempts
    SELECT {first} + i * 1000, 1, 1e9, 0.01, 200, NULL, '', NULL, NULL, NULL, 0.001, 0.002, 0.003, '127.0.0.1:80', 1,
        '[]', x'', 0 FROM numbers;
"""


def measure(seconds: float) -> list[dict[str, object]]:
    """One row: milliseconds of the slowest page. The database takes longer to make than `seconds`."""
    slowest_ms, asked = run(_slowest(DELIVERIES))
    return [
        {
            "what": f"slowest of {asked} lists of {DELIVERIES:,} deliveries",
            "ours": slowest_ms,
            "peer": None,
            "peer_name": "",
            "ratio": None,
            "target": TARGET_MS,
            "unit": "ms",
        }
    ]


async def _slowest(deliveries: int, *, tell: bool = False) -> tuple[float, int]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = Path(folder) / "deliveries.sqlite3"
        began = time.perf_counter()
        with closing(opening.opened(path)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(_FILL.format(count=deliveries, first=FIRST))
        if tell:
            size_mb = path.stat().st_size / 1e6
            print(f"made {deliveries:,} deliveries in {time.perf_counter() - began:.1f} s, {size_mb:,.0f} MB")
        async with Outbox(path) as outbox:
            if not outbox.destinations():
                await outbox.register(Registration(Endpoint(parse_url("http://127.0.0.1:9/"))))
            taken = [(_taken_ms(outbox, wanted, cursor), wanted, cursor) for wanted, cursor in _questions(deliveries)]
            if tell:
                for took_ms, wanted, cursor in sorted(taken, key=lambda one: -one[0])[:5]:
                    print(f"{took_ms:8.2f} ms  {wanted} {cursor}")
                began = time.perf_counter()
                print(dict(outbox.counts("default")), f"counted in {(time.perf_counter() - began) * 1000:.1f} ms")
            return max(took_ms for took_ms, _, _ in taken), len(taken)


def _questions(deliveries: int) -> Iterator[tuple[Wanted, str]]:
    middle = (FIRST + deliveries * 500) / 1e6
    choices = itertools.product(
        [None, 4],
        [None, *WEBHOOKS],
        [None, f"call-{deliveries // 4}", "call-x"],
        [None, StateName.DELIVERED, StateName.DEAD, StateName.WAITING, StateName.CANCELED],
        [(None, None), (middle, None), (None, middle)],
        ["", cursor_of(FIRST + deliveries * 900)],
    )
    for endpoint, webhook, call_id, state, (since, until), cursor in choices:
        yield Wanted("default", endpoint, webhook, call_id, state, since, until), cursor


def _taken_ms(outbox: Outbox, wanted: Wanted, cursor: str) -> float:
    began = time.perf_counter()
    outbox.deliveries(wanted, limit=100, cursor=cursor)
    return (time.perf_counter() - began) * 1000
