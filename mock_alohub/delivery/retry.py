"""What follows from an attempt: the end, or another try after the wait that the policy states. Pure."""

from __future__ import annotations

from dataclasses import replace

from mock_alohub.delivery.state import Dead, Delivered, Waiting
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.policy import Policy


def next_step(policy: Policy, tries: int, failure: Cause | None, now: float) -> Waiting | Delivered | Dead:
    """The state after the try numbered `tries` (from 1) that ended at `now` with `failure` (None: acknowledged).

    Every failure is retried, a refusal (4xx) as well: "timeout or error" causes a retry (Alohub, Call event webhook),
    and nothing but an acknowledging status is no error. `policy.retries_s` has the wait before each retry.
    """
    if failure is None:
        return Delivered(now)
    if tries > len(policy.retries_s):
        return Dead(now, failure)
    return Waiting(now + policy.retries_s[tries - 1])


def sped_up(policy: Policy, time_scale: float) -> Policy:
    """`policy` with its waits divided by `time_scale`. The deadline stays: it is the contract's.

    Raises `BadOption` for a scale that is not above zero.
    """
    if not time_scale > 0:
        raise BadOption(f"the time scale is {time_scale:g}, wanted a number above 0", hint="60 makes a minute a second")
    return replace(policy, retries_s=tuple(wait_s / time_scale for wait_s in policy.retries_s))
