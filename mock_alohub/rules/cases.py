"""The commonest kinds of case: a message that a correct endpoint takes, rejects or survives."""

from __future__ import annotations

from collections.abc import Callable

from mock_alohub.bench import Probe
from mock_alohub.evidence import Expect
from mock_alohub.expectation import findings_of
from mock_alohub.message import Message
from mock_alohub.rule import Case, Findings
from mock_alohub.subject import Subject

MessageMaker = Callable[[Probe], Message]


def one_message(
    subject: Subject, name: str, make: MessageMaker, *, expect: Expect = Expect.TAKEN, hint: str = "", wanted: str = ""
) -> Case:
    """A case that sends one message and judges the answer."""

    async def run(probe: Probe) -> Findings:
        return findings_of(await probe.send(make(probe), expect=expect), hint=hint, wanted=wanted)

    return Case(name, subject.name, run)
