"""The seam between whoever wants something sent and the transport that sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mock_alohub.messages.transmission import ORDINARY, Request, Wire

if TYPE_CHECKING:
    from mock_alohub.messages.attempt import Attempt


class Sender(Protocol):
    """Sends one request and tells what came of it. Never raises for anything an endpoint does."""

    async def send(self, request: Request, *, deadline_s: float, wire: Wire = ORDINARY, number: int = 1) -> Attempt:
        """One try under one deadline, counted from now to the last byte of the answer."""
        ...

    def drop_idle(self) -> None:
        """Close the connections that are kept alive but not in use.

        An endpoint that serves one connection at a time would otherwise wait for them.
        """
        ...
