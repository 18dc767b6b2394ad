"""What the processes of a load run say to each other: a record for each message.

A message travels as a JSON object with one member: its name, and what it says. `to_wire` and `from_wire` are the two
directions. Who says what to whom:

    parent        -> master        run_step, stop, gone, finish
    master        -> parent        listening, progress, ended, say, mistake
    worker        -> parent        say, mistake
    coordinator   -> worker        who, welcome, refused, go, share, stop
    worker        -> coordinator   hello, leaving, beat, done, died, mistake
    worker        -> generator     go, share, stop
    generator     -> worker        ready, beat, done, mistake

Two are made where they are heard: `exited` of a process of this machine, and `died` of a generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

from mock_alohub import __version__
from mock_alohub.errors import ExitCode, Mistake
from mock_alohub.load.counts import RunCounts
from mock_alohub.load.identity import Identity
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.result import Progress, Result


class UnknownMessage(Mistake):
    """A message that this version does not know, or writes otherwise."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """Offer this plan."""

    plan: LoadPlan


@dataclass(frozen=True, slots=True)
class Stop:
    """End what runs, at once. `step`: only if it is this one; 0 is whatever runs."""

    step: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """A worker process of this machine has ended."""

    pid: int


@dataclass(frozen=True, slots=True)
class Finish:
    """There is nothing more to do: tell the workers, and leave."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Workers can come, at this port."""

    port: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the run stands."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Ended:
    """What a step came to."""

    result: Result


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence for people."""

    sentence: str


@dataclass(frozen=True, slots=True)
class UserMistake:
    """What the user can put right."""

    message: str
    hint: str = ""
    exit_code: int = int(ExitCode.USAGE)

    @classmethod
    def of(cls, mistake: Mistake) -> UserMistake:
        """`mistake`, to be told to another process."""
        return cls(mistake.message, mistake.hint, int(mistake.exit_code))

    def as_mistake(self) -> Mistake:
        """What it was in the process that tells of it."""
        mistake = Mistake(self.message, hint=self.hint)
        mistake.exit_code = ExitCode(self.exit_code)
        return mistake


@dataclass(frozen=True, slots=True)
class Exited:
    """A process of the run has ended, with this exit code."""

    code: int


@dataclass(frozen=True, slots=True)
class Who:
    """Say who you are."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """You take part, with this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """You take no part."""

    reason: str


@dataclass(frozen=True, slots=True)
class Go:
    """Make departures of a step: those whose number is `index` modulo `count`, the first in `begins_in_s` seconds.

    `worker` is a number that no other worker has.
    """

    step: int
    plan: LoadPlan
    begins_in_s: float
    index: int
    count: int
    worker: int


@dataclass(frozen=True, slots=True)
class Share:
    """From this second of the step on, make the departures whose number is `index` modulo `count`."""

    step: int
    from_s: float
    index: int
    count: int


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of a worker: who it is."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class Leaving:
    """The worker goes, because it was stopped."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The generator takes orders."""

    pid: int
    version: str
    host: str


@dataclass(frozen=True, slots=True)
class Beat:
    """What was counted since the last beat."""

    step: int
    counts: RunCounts


@dataclass(frozen=True, slots=True)
class Done:
    """The last word about a step. A generator counts since the last beat, a worker from the beginning."""

    step: int
    counts: RunCounts
    stopped: bool


@dataclass(frozen=True, slots=True)
class Died:
    """The generator has ended; `said` is the last that it wrote."""

    exit_code: int
    said: str


Message: TypeAlias = (
    RunStep | Stop | Gone | Finish | Listening | Standing | Ended | Say | UserMistake | Exited | Who | Welcome | Refused
    | Go | Share | Hello | Leaving | Ready | Beat | Done | Died
)  # fmt: skip

_KINDS: Final[Mapping[str, type[Message]]] = {
    "run_step": RunStep,
    "stop": Stop,
    "gone": Gone,
    "finish": Finish,
    "listening": Listening,
    "progress": Standing,
    "ended": Ended,
    "say": Say,
    "mistake": UserMistake,
    "exited": Exited,
    "who": Who,
    "welcome": Welcome,
    "refused": Refused,
    "go": Go,
    "share": Share,
    "hello": Hello,
    "leaving": Leaving,
    "ready": Ready,
    "beat": Beat,
    "done": Done,
    "died": Died,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_RECORDS: Final[Mapping[str, type[LoadPlan | RunCounts | Progress | Result | Identity]]] = {
    "plan": LoadPlan,
    "counts": RunCounts,
    "progress": Progress,
    "result": Result,
    "identity": Identity,
}
"""The members that are records themselves, wherever they stand."""


def to_wire(message: Message) -> dict[str, Any]:
    """`message` as JSON can carry it."""
    says = {one.name: getattr(message, one.name) for one in fields(message)}
    return {_NAMES[type(message)]: {name: _plain(name, value) for name, value in says.items()}}


def from_wire(wire: Any) -> Message:
    """The opposite of `to_wire`. Raises `UnknownMessage`, and what a plan raises that cannot be."""
    if not isinstance(wire, dict) or len(wire) != 1:
        raise UnknownMessage(f"this is no message of a load run: {wire!r:.80}")
    ((name, says),) = wire.items()
    if name not in _KINDS:
        raise UnknownMessage(f"mock-alohub {__version__} knows no message `{name}` of a load run")
    try:
        return _KINDS[name](**{member: _record(member, value) for member, value in says.items()})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnknownMessage(f"mock-alohub {__version__} writes `{name}` otherwise: {error}") from None


def _plain(name: str, value: Any) -> Any:
    return value.as_dict() if name in _RECORDS else value


def _record(name: str, value: Any) -> Any:
    return _RECORDS[name].of_dict(value) if name in _RECORDS else value
