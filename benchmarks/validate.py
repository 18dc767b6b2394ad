"""How fast a file of messages is validated, beside the `jsonschema` package in a loop.

Both read the same JSON lines from a file and judge every message by the same schema; the peer's validator is compiled
once. Run it with `python benchmarks/validate.py`.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import jsonschema
import orjson

from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator, check_lines
from mock_alohub.specification.webhook import Webhook

NAME: Final = "validate"
LINES: Final = 100_000
PEER_LINES: Final = 2_000
TARGET: Final = 20.0
ROUNDS: Final = 3


def measure(seconds: float) -> list[dict[str, object]]:
    """One row for each webhook of Alohub: messages per second, ours and the peer's, and their ratio.

    `seconds` is the time to spend in all; files are shortened to keep to it.
    """
    webhooks = [one for one in Specification.load().webhooks.values() if one.provider == "alohub"]
    share = min(1.0, seconds / (len(webhooks) * ROUNDS * 1.5))
    with tempfile.TemporaryDirectory() as folder:
        return [_row(webhook, Path(folder), share) for webhook in webhooks]


def _row(webhook: Webhook, folder: Path, share: float) -> dict[str, object]:
    messages = folder / f"{webhook.name}.ndjson"
    few = folder / f"{webhook.name}.few.ndjson"
    lines, peer_lines = int(LINES * share), int(PEER_LINES * share)
    _write(webhook, messages, lines)
    _write(webhook, few, peer_lines)
    # Interleaved, so that a slow moment of the machine falls on both.
    rounds = [(_rate(_ours, webhook, messages, lines), _rate(_peer, webhook, few, peer_lines)) for _ in range(ROUNDS)]
    ours, peer = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    return {
        "what": f"{webhook.name}: messages validated from a file",
        "ours": round(ours),
        "peer": round(peer),
        "peer_name": "jsonschema",
        "ratio": round(ours / peer, 1),
        "target": TARGET,
        "unit": "messages/s",
    }


def _write(webhook: Webhook, path: Path, count: int) -> None:
    """`count` of the specification's examples in turn, each with an id of its own."""
    with path.open("wb") as file:
        for number, example in enumerate(islice(cycle(webhook.examples.values()), count)):
            file.write(orjson.dumps({**example, "call_id": f"20240113150030{number:06d}"}) + b"\n")


def _rate(judge: Callable[[Webhook, Path], int], webhook: Webhook, path: Path, count: int) -> float:
    start = time.perf_counter()
    valid = judge(webhook, path)
    elapsed = time.perf_counter() - start
    if valid != count:
        raise AssertionError(f"{valid} of {count} messages are valid")
    return count / elapsed


def _ours(webhook: Webhook, path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for found in check_lines(file, Validator(webhook)) if not found.problems)


def _peer(webhook: Webhook, path: Path) -> int:
    validator = jsonschema.Draft202012Validator(webhook.schema)
    with path.open("rb") as file:
        return sum(1 for line in file if validator.is_valid(json.loads(line)))
