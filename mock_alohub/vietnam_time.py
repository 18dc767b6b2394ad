"""Time as the providers of Vietnam write it: local, whole seconds, no zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

VIETNAM: Final = timezone(timedelta(hours=7), "+07:00")
"""UTC+07:00, no daylight saving. Alohub's call times carry no zone; its REST samples use `+07:00`."""


def local(instant: datetime) -> datetime:
    """`instant` as a local time of Vietnam without a zone. One without a zone is taken to be local already."""
    return instant if instant.tzinfo is None else instant.astimezone(VIETNAM).replace(tzinfo=None)


def local_now() -> datetime:
    """The present moment in Vietnam, without a zone. The only clock that calls are dated by."""
    return datetime.now(VIETNAM).replace(tzinfo=None)
