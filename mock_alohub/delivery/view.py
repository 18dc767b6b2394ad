"""What people see of deliveries: records to read, what to ask for, and pages. No key is in any of them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar

from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.delivery.state import State, StateName
from mock_alohub.errors import BadOption, Mistake
from mock_alohub.messages.attempt import Cause, Headers, Phases

PAGE_LIMIT = 500
NEWEST = 2**63 - 1
"""No delivery has a greater number."""
_CURSOR_SIZE = 8

Item = TypeVar("Item")


class UnknownDelivery(Mistake):
    """No delivery has that number (in that namespace)."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no delivery {number}", hint="it may have been removed by the retention limit")


class UnknownEndpoint(Mistake):
    """No endpoint has that number (in that namespace)."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no endpoint {number}")


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery in a list. `created_at` is Unix time in seconds, `attempts` the number of attempts made."""

    id: int
    namespace: str
    endpoint: int
    webhook: str
    call_id: str
    state: State
    attempts: int
    created_at: float


@dataclass(frozen=True, slots=True)
class MessageView:
    """What a delivery sends, without the key. `credential` says in words what is sent in place of the agreed key."""

    method: str
    headers: Headers
    body: bytes
    credential: str
    fault: str


@dataclass(frozen=True, slots=True)
class AttemptView:
    """An attempt as it was recorded. `excerpt` is the beginning of the answer's body, of `body_size` bytes in all."""

    number: int
    started_at: float
    elapsed_s: float
    status: int | None
    cause: Cause | None
    detail: str
    phases: Phases
    address: str
    reused: bool
    headers: Headers
    excerpt: bytes
    body_size: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries are asked for: those of a namespace for which all that is given here holds.

    `since` and `until` (Unix seconds, `until` excluded) bound the time at which they were enqueued.
    """

    namespace: str = DEFAULT_NAMESPACE
    endpoint: int | None = None
    webhook: str | None = None
    call_id: str | None = None
    state: StateName | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of the items and the cursor that leads to more; `after` is "" on the last page."""

    items: tuple[Item, ...]
    after: str = ""


def cursor_of(number: int) -> str:
    """The opaque cursor behind delivery `number`."""
    return base64.urlsafe_b64encode(number.to_bytes(_CURSOR_SIZE, "big")).decode().rstrip("=")


def number_of(cursor: str) -> int:
    """The delivery number that `cursor` hides. Raises `BadOption`."""
    try:
        raw = base64.urlsafe_b64decode(f"{cursor}=".encode("ascii"))
    except (binascii.Error, UnicodeError):
        raw = b""
    number = int.from_bytes(raw, "big")
    if number > NEWEST or cursor_of(number) != cursor:
        raise BadOption("that is no cursor of this list", hint="give back the cursor of the page before, as it was")
    return number


def checked_limit(limit: int) -> int:
    """`limit`, when it is a page's. Raises `BadOption`."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise BadOption(f"a page holds 1 to {PAGE_LIMIT} items, not {limit}")
    return limit
