"""What a provider promises and expects of a delivery: deadline, acknowledging statuses, waits before retries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Attempt, Cause

if TYPE_CHECKING:
    from mock_alohub.specification.webhook import Webhook

_ALL_2XX = [*range(200, 300)]
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class Policy:
    """The delivery rules of one webhook, as its specification states them in `x-delivery`.

    `assumed` names what the provider does not publish (`deadline`, `retries`…) with the reason for the value taken.
    """

    deadline_s: float
    acknowledged_by: frozenset[int]
    retries_s: tuple[float, ...] = ()
    assumed: Mapping[str, str] = field(default_factory=dict)

    def failure(self, attempt: Attempt) -> Cause | None:
        """Why `attempt` does not count as delivered, or None when it was acknowledged."""
        if attempt.reply is None:
            return attempt.cause
        return None if attempt.reply.status in self.acknowledged_by else Cause.STATUS


def policy_of(webhook: Webhook) -> Policy:
    """The policy in the webhook's `x-delivery`."""
    delivery = webhook.delivery
    return Policy(
        deadline_s=seconds(delivery["deadline"]),
        acknowledged_by=frozenset(delivery["acknowledged-by"]),
        retries_s=tuple(seconds(wait) for wait in delivery["retries"]),
        assumed=dict(delivery.get("assumed", {})),
    )


def in_words(statuses: Iterable[int]) -> str:
    """Statuses that acknowledge, for people: `200`, `200 or 204`, `2xx`."""
    known = sorted(statuses)
    return "2xx" if known == _ALL_2XX else " or ".join(map(str, known))


@cache
def seconds(text: str) -> float:
    """A duration such as `5s`, `250ms`, `1m30s` or a plain number of seconds, in seconds. Raises `BadOption`."""
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text):
        return float(text)
    if not _DURATION.fullmatch(text):
        raise BadOption(f"`{text}` is not a duration", hint="write it as 5s, 250ms, 1m30s or 2h")
    return sum(float(amount) * _UNITS_S[unit] for amount, unit in _PART.findall(text))
