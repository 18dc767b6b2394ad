"""Faults of the key: a stranger sends the message."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from mock_alohub.faults.fault import Fault, each
from mock_alohub.messages.credential import NO_KEY, another
from mock_alohub.messages.transmission import Credential, Transmission

_ANY_KEY: Final = Credential("no-key-was-agreed", "no-key-was-agreed", "a key that nobody agreed on")


def _wrong(transmission: Transmission, random: Random) -> Transmission:
    agreed = transmission.credential.value if transmission.credential else None
    return replace(transmission, credential=another(agreed) if agreed else _ANY_KEY)


def _missing(transmission: Transmission, random: Random) -> Transmission:
    return replace(transmission, credential=NO_KEY)


WRONG_KEY: Final = Fault("wrong-key", "sends another key of the same length", each(_wrong))
MISSING_KEY: Final = Fault("missing-key", "sends no key at all", each(_missing))
