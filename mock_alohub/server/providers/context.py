"""What Alohub's own REST API works with, beside the switchboard: who may ask, how often, and the calls there were."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mock_alohub.delivery.call_log import CallLog
from mock_alohub.server.providers.api_keys import Access
from mock_alohub.server.providers.rate_limit import Pace
from mock_alohub.server.providers.rates import Rates

_SERIALS: Final = range(100_000, 1_000_000)


def _serials() -> Iterator[int]:
    # From somewhere else at each start, so that a restart within a second gives other ids.
    start = secrets.randbelow(len(_SERIALS))
    return itertools.chain(_SERIALS[start:], itertools.chain.from_iterable(itertools.repeat(_SERIALS)))


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """The log of calls, the keys that are accepted, the limits that hold, and the pace of those who have one."""

    log: CallLog
    access: Access = field(default_factory=Access)
    rates: Rates = field(default_factory=Rates)
    pace: Pace = field(default_factory=Pace)
    remarks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was noted about calls over a provider's API, by the id the provider gives them; not kept on disk."""
    _numbers: Iterator[int] = field(default_factory=_serials)

    def new_id(self, at: datetime) -> str:
        """An id for a call that starts at `at` (local time of Vietnam): its digits and six more."""
        return f"{at:%Y%m%d%H%M%S}{next(self._numbers)}"
