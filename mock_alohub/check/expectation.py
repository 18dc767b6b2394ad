"""Whether an endpoint did with a probe what a correct one does. Pure: an exchange in, a finding or nothing out."""

from __future__ import annotations

from mock_alohub.check.evidence import Exchange, Expect
from mock_alohub.check.rule import Finding
from mock_alohub.messages.attempt import Attempt, Cause

_WANTED = {
    Expect.TAKEN: "200: the call is acknowledged",
    Expect.IN_TIME: "200: the call is acknowledged",
    Expect.REFUSED: "401 or 403: a stranger is refused",
    Expect.REJECTED: "4xx (400 or 422): the message is rejected",
    Expect.SURVIVED: "any answer but 5xx, within the deadline",
    Expect.NOTHING: "anything",
}


def taken(attempt: Attempt) -> bool:
    """Whether the endpoint took the message: 2xx or 3xx. That only 200 acknowledges is a rule of its own."""
    return attempt.status is not None and 200 <= attempt.status < 400


def seems_over(attempt: Attempt) -> bool:
    """Whether no connection could be made: the endpoint may have died."""
    return attempt.cause in {Cause.REFUSED, Cause.CONNECT_TIMEOUT}


def broken(exchange: Exchange) -> bool:
    """Whether the exchange contradicts what was expected of it.

    An answer that is merely late does not contradict TAKEN: lateness is judged by the deadline rules.
    """
    attempt, status = exchange.attempt, exchange.attempt.status
    match exchange.expect:
        case Expect.TAKEN:
            return not taken(attempt) and attempt.cause is not Cause.DEADLINE
        case Expect.IN_TIME:
            return not taken(attempt)
        case Expect.REFUSED:
            return attempt.cause is Cause.DEADLINE or (status is not None and 200 <= status < 300)
        case Expect.REJECTED:
            return status is None or not 400 <= status < 500
        case Expect.SURVIVED:
            return status is None or status >= 500
        case Expect.NOTHING:
            return False


def finding_of(exchange: Exchange, hint: str = "", *, wanted: str = "") -> Finding | None:
    """The finding that `exchange` is, if it is one."""
    if not broken(exchange):
        return None
    return Finding(exchange.case, got(exchange.attempt), wanted or _WANTED[exchange.expect], hint, exchange)


def findings_of(*exchanges: Exchange, hint: str = "", wanted: str = "") -> list[Finding]:
    """The findings among `exchanges`."""
    found = (finding_of(exchange, hint, wanted=wanted) for exchange in exchanges)
    return [finding for finding in found if finding is not None]


def got(attempt: Attempt) -> str:
    """What came back, in a few words."""
    if attempt.reply is not None:
        return f"{attempt.reply.status} after {milliseconds(attempt.elapsed_s)}"
    if attempt.cause is Cause.DEADLINE:
        return f"no complete answer within {milliseconds(attempt.elapsed_s)}"
    return f"no answer ({attempt.cause}): {attempt.detail}" if attempt.detail else f"no answer ({attempt.cause})"


def times(count: int) -> str:
    """A count for people: `once`, `3 times`."""
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def milliseconds(seconds: float) -> str:
    """A span of time for people: `3 ms`, `2.4 s`."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
