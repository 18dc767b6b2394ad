"""The commonest kinds of case: one message that a correct endpoint takes, rejects or survives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mock_alohub.check.evidence import Expect
from mock_alohub.check.expectation import findings_of
from mock_alohub.check.rule import Case, Findings
from mock_alohub.messages.message import Message, with_body, with_fields
from mock_alohub.messages.transmission import ORDINARY, Wire

if TYPE_CHECKING:
    from mock_alohub.calls.call import Moment
    from mock_alohub.calls.simulator import Simulator
    from mock_alohub.check.harness import Probe
    from mock_alohub.check.webhook_under_test import WebhookUnderTest

MessageMaker: TypeAlias = "Callable[[Probe], Message]"

_ANY_DAY: Final = datetime(2024, 1, 13, 15)  # noqa: DTZ001 - the times of calls are local and carry no zone


def one_message(
    subject: WebhookUnderTest,
    name: str,
    make: MessageMaker,
    *,
    expect: Expect = Expect.TAKEN,
    wire: Wire = ORDINARY,
    hint: str = "",
    wanted: str = "",
) -> Case:
    """A case that sends one message and judges the answer."""

    async def run(probe: Probe) -> Findings:
        return findings_of(await probe.send(make(probe), expect=expect, wire=wire), hint=hint, wanted=wanted)

    return Case(name, subject.name, run)


def calls_of_any_day() -> Simulator:
    """Calls to find out what a webhook says, the same ones every time."""
    from mock_alohub.calls.simulator import Simulator  # here, for whoever lists the rules need not wait for its tables

    return Simulator(0, start=_ANY_DAY)


def about(**wishes: Any) -> MessageMaker:
    """The last message about a call with some facts as wished."""
    return lambda probe: probe.message(probe.call(**wishes))


def ordinary(moment: Moment | None = None, **wishes: Any) -> MessageMaker:
    """A message about an ordinary call with some facts as wished, at a moment of it (default: the last)."""
    return lambda probe: probe.message(probe.ordinary_call(**wishes), moment)


def with_value(field: str, value: Any) -> MessageMaker:
    """An ordinary message in which one field has another value."""
    return lambda probe: with_fields(probe.message(), {field: value})


def rewritten(change: Callable[[bytes], bytes]) -> MessageMaker:
    """An ordinary message whose bytes were changed."""

    def make(probe: Probe) -> Message:
        message = probe.message()
        return with_body(message, change(message.body))

    return make


def with_raw_member(value: bytes) -> MessageMaker:
    """An ordinary message with one more member, whose value is these bytes, JSON or not."""
    return rewritten(lambda body: body[:-1] + b',"addedLater":' + value + b"}")
