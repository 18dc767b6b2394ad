"""Faults of the wire: the sender hangs up, stops in the middle, or sends drop by drop."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from mock_alohub.faults.fault import Fault, each
from mock_alohub.messages.transmission import HangUp, Transmission

SLOW_PIECES: Final = 5
SLOW_PAUSE_S: Final = 0.25


def _unheard(transmission: Transmission, random: Random) -> Transmission:
    return replace(transmission, wire=replace(transmission.wire, hang_up=HangUp.AFTER_REQUEST))


def _reset(transmission: Transmission, random: Random) -> Transmission:
    return replace(transmission, wire=replace(transmission.wire, hang_up=HangUp.RESET))


def _cut(transmission: Transmission, random: Random) -> Transmission:
    size = len(transmission.message.body)
    return (
        replace(transmission, wire=replace(transmission.wire, cut_at=int(size * random.random())))
        if size
        else transmission
    )


def _slow(transmission: Transmission, random: Random) -> Transmission:
    return replace(transmission, wire=replace(transmission.wire, pieces=SLOW_PIECES, pause_s=SLOW_PAUSE_S))


DROP_ANSWER: Final = Fault(
    "drop-answer", "hangs up as soon as the request is sent, without waiting for the answer", each(_unheard)
)
RESET: Final = Fault("reset", "resets the connection as soon as the request is sent", each(_reset))
TRUNCATE: Final = Fault("truncate", "announces the whole body, sends a part of it and hangs up", each(_cut))
SLOW_BODY: Final = Fault(
    "slow-body",
    f"sends the body in {SLOW_PIECES} pieces, {SLOW_PAUSE_S:g} seconds apart",
    each(_slow),
)
