"""The faults there are: one explicit list, which every choice, enum and table is read from."""

from __future__ import annotations

from typing import Final

from mock_alohub.errors import UnknownName
from mock_alohub.faults.body import MALFORMED_BODY, UNKNOWN_FIELD, UNKNOWN_STATUS, WRONG_TYPE
from mock_alohub.faults.copies import DELAY, DUPLICATE, DUPLICATE_CONCURRENTLY, REORDER
from mock_alohub.faults.fault import Fault
from mock_alohub.faults.key import MISSING_KEY, WRONG_KEY
from mock_alohub.faults.wire import DROP_ANSWER, RESET, SLOW_BODY, TRUNCATE

FAULTS: Final[tuple[Fault, ...]] = (
    DUPLICATE,
    DUPLICATE_CONCURRENTLY,
    REORDER,
    DELAY,
    DROP_ANSWER,
    RESET,
    TRUNCATE,
    SLOW_BODY,
    WRONG_KEY,
    MISSING_KEY,
    MALFORMED_BODY,
    WRONG_TYPE,
    UNKNOWN_FIELD,
    UNKNOWN_STATUS,
)
"""Every fault there is, by kind."""


def named(name: str) -> Fault:
    """The fault called `name`. Raises `UnknownName`."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    names = [fault.name for fault in FAULTS]
    raise UnknownName("fault", name, names, hint="mock-alohub send --help lists them")
