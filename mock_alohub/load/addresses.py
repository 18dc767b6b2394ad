"""The addresses of a host name, asked for now and then instead of for every connection.

Under load thousands of connections may be opened in a second; as many look-ups would wait for each other and load the
name server instead of the endpoint. One at a time is made, and while a new one is under way the old addresses hold.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from mock_alohub.delivery.address import Address, Lookup, addresses_of
from mock_alohub.delivery.failure import Failure

FRESH_S: Final = 10.0
"""An endpoint that moves by its name is followed as quickly as by most clients."""


@dataclass(frozen=True, slots=True)
class _Known:
    addresses: list[Address]
    at: float


class Addresses:
    """A `Lookup` that remembers. It raises `Failure` (dns) only while a name has never had an address."""

    def __init__(self, lookup: Lookup = addresses_of, *, fresh_s: float = FRESH_S) -> None:
        self._lookup = lookup
        self._fresh_s = fresh_s
        self._known: dict[tuple[str, int], _Known] = {}
        self._asking: dict[tuple[str, int], asyncio.Task[Failure | None]] = {}

    async def __call__(self, host: str, port: int) -> list[Address]:
        """The addresses of `host`, in the order in which to try them."""
        name = host, port
        known = self._known.get(name)
        if known is not None and perf_counter() - known.at < self._fresh_s:
            return known.addresses
        asking = self._asking.get(name)
        if asking is None:
            asking = self._asking[name] = asyncio.get_running_loop().create_task(self._ask(host, port))
        if known is not None:
            return known.addresses
        # Many may wait for one look-up: none of them ends it for the others, and each has a failure of its own.
        failure = await asyncio.shield(asking)
        if failure is not None:
            raise Failure(failure.cause, failure.detail)
        return self._known[name].addresses

    async def _ask(self, host: str, port: int) -> Failure | None:
        name = host, port
        try:
            self._known[name] = _Known(await self._lookup(host, port), perf_counter())
        except Failure as failure:
            known = self._known.get(name)
            if known is not None:
                self._known[name] = _Known(known.addresses, perf_counter())
            return failure
        else:
            return None
        finally:
            del self._asking[name]
