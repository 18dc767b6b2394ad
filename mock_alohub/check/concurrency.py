"""How many probes an endpoint bears at once, found out before anything is judged.

An endpoint may have one worker, or serve one kept-alive connection at a time: to keep several calls under way would
make it late through no fault of its own. So a handful of calls is sent at once with much patience, and the answer is
how many of them were served side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from mock_alohub.check.evidence import Exchange, Expect
from mock_alohub.check.expectation import taken
from mock_alohub.check.harness import Probe

_MOST: Final = 8
_QUICK_S: Final = 0.005
"""An endpoint this quick is asked one thing at a time: that takes no time, and every fault has one cause."""
_STALL_S: Final = 0.3
_NOISE_S: Final = 0.05


async def bearable(probe: Probe, ordinary_s: float) -> int:
    """How many ordinary calls may be under way at once; `ordinary_s` is what one alone takes."""
    if ordinary_s <= _QUICK_S:
        return 1
    at_once = _MOST if ordinary_s <= 0.25 else _MOST // 2
    sends = [
        asyncio.ensure_future(probe.send_unlimited(probe.message(), expect=Expect.NOTHING, patience=at_once))
        for _ in range(at_once)
    ]
    try:
        served = await _served_side_by_side(probe, sends, ordinary_s)
    finally:
        for send in sends:
            send.cancel()
    exchanges = [send.result() for send in sends]
    if not all(taken(exchange.attempt) for exchange in exchanges):
        return 1
    in_step = sum(exchange.attempt.elapsed_s <= 1.3 * ordinary_s + _NOISE_S for exchange in exchanges)
    return max(1, min(served, in_step))


async def _served_side_by_side(probe: Probe, sends: Sequence[asyncio.Future[Exchange]], ordinary_s: float) -> int:
    """Wait for all of `sends`. How many were done when, for the first time, nothing moved any more."""
    pending = set(sends)
    stalled_after: int | None = None
    while pending:
        if stalled_after is not None:
            # The others may be waiting for a connection that is kept alive, but not in use.
            probe.harness.sender.drop_idle()
        done, pending = await asyncio.wait(
            pending, timeout=_STALL_S + 2 * ordinary_s, return_when=asyncio.FIRST_COMPLETED
        )
        if not done and stalled_after is None:
            stalled_after = len(sends) - len(pending)
    return len(sends) if stalled_after is None else stalled_after
