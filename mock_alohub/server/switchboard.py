"""The one place where a call becomes deliveries: messages at the moments of its life, to the endpoints that want them.

A call is the truth about itself: what is sent about it is due when it happens. One that lies in the past is told of at
once, one that starts now is told of as it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from mock_alohub.call import Call
from mock_alohub.fault import Fault

Listener = Callable[[str, Sequence[Call]], None]
"""Told of calls as they are placed: the namespace and the calls. It must not wait for anything."""


class Placed(NamedTuple):
    """A call that was placed and the ids of the deliveries that tell of it, none where no endpoint wants any."""

    call: Call
    deliveries: tuple[str, ...]


class Switchboard:
    """Places calls. `listeners` are told of every call, whoever placed it."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    async def place(
        self,
        namespace: str,
        calls: Sequence[Call],
        *,
        webhooks: Collection[str] | None = None,
        changes: Mapping[str, Any] | None = None,
        faults: Sequence[Fault] = (),
        seed: int = 0,
    ) -> list[Placed]:
        """Enqueue, durably and in one batch, what is sent about `calls`; when this returns it is on disk.

        Every enabled endpoint of `namespace` gets the messages of the webhooks it wants, or of those among them that
        are in `webhooks`. A message is due at its moment of the call (times of calls are local to Vietnam, on the
        server's clock, which may be faster than the wall's), at once when that has passed. `changes` sets fields of
        every message; `faults` change what is sent or how, drawn from `seed`. Raises `UnknownName` for a webhook that
        does not exist.
        """
        raise NotImplementedError
