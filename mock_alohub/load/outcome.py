"""What one attempt counts as, and in which words its failure is told. Pure."""

from __future__ import annotations

from typing import Literal

from mock_alohub.delivery.failure import Failure
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.policy import Policy

Outcome = Literal["acknowledged", "late", "refused", "failed"]
"""The names of the fields of `Counts`."""

_LATE = (Cause.DEADLINE, Cause.CONNECT_TIMEOUT)


def outcome_of(policy: Policy, status: int, failure: Failure | None, elapsed_s: float) -> tuple[Outcome, Cause | None]:
    """What an attempt came to, by the policy, and why it was not acknowledged.

    `status` is that of the whole answer, `failure` says why there is none; `elapsed_s` runs from the actual departure.
    A whole answer behind the deadline is late, as the provider has hung up by then.
    """
    if failure is not None:
        return ("late" if failure.cause in _LATE else "failed"), failure.cause
    if elapsed_s > policy.deadline_s:
        return "late", Cause.DEADLINE
    if status in policy.acknowledged_by:
        return "acknowledged", None
    return "refused", Cause.STATUS


def words_of(policy: Policy, status: int, failure: Failure | None, cause: Cause) -> str:
    """Why an attempt was not acknowledged: `status 503`, `deadline: no answer came within 5 s`."""
    if cause is Cause.STATUS:
        return f"status {status}"
    if failure is None:
        return f"{cause}: the answer was not complete within {policy.deadline_s:g} s"
    within = f" within {policy.deadline_s:g} s" if cause in _LATE else ""
    return f"{cause}: {failure.detail}{within}"
