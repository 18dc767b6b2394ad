"""What a fault is: a change to what is sent or how, made on purpose and the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from random import Random
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from mock_alohub.messages.transmission import Transmission

Plans: TypeAlias = "Sequence[Transmission]"
Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Fault:
    """A member of `faults.FAULTS`. `apply` takes what was to be sent and gives what is sent instead.

    `summary` says what it does, as a phrase that follows the name. `apply` draws from the generator it is given and
    from nothing else, and leaves what it was given as it was.
    """

    name: str
    summary: str
    apply: Callable[[Plans, Random], Plans]


def chained(faults: Iterable[Fault], transmissions: Plans, seed: int) -> Plans:
    """`transmissions` with every fault applied, one after the other.

    Each fault draws from a generator of its own, made from `seed` and its name: adding a fault does not change what
    the others do.
    """
    return reduce(lambda sent, fault: fault.apply(sent, Random(f"{seed} {fault.name}")), faults, transmissions)


def each(change: Callable[[Transmission, Random], Transmission]) -> Callable[[Plans, Random], Plans]:
    """A fault's `apply` that changes every plan for itself."""

    def apply(transmissions: Plans, random: Random) -> Plans:
        return [change(transmission, random) for transmission in transmissions]

    return apply


def pick(choices: Sequence[Choice], random: Random) -> Choice:
    """One of `choices`. Only `Random.random` has a sequence that no version of Python changes."""
    return choices[int(random.random() * len(choices))]


def together(transmissions: Plans) -> Iterator[list[Transmission]]:
    """The plans in groups that start at the same moment: a plan and those `beside` it."""
    group: list[Transmission] = []
    for transmission in transmissions:
        if group and not transmission.beside:
            yield group
            group = []
        group.append(transmission)
    if group:
        yield group
