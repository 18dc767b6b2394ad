"""A member of the zoo: an endpoint, how it is checked, and what must be found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from inspect import getdoc
from pathlib import Path
from typing import Protocol, TypeVar

from mock_alohub.specification.specification import DEFAULT
from tests.zoo.receiver import CALLS, KEY, Receiver
from tests.zoo.server import Server


class Running(Protocol):
    """An endpoint that listens at `origin`, such as `http://127.0.0.1:1234`."""

    @property
    def origin(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a member is checked. `deadline_s` None is the contract's own; a shorter one keeps slow members quick.

    `effects` is the pointer into the answer of the effects URL, None to check without effects.
    """

    key: str | None = KEY
    deadline_s: float | None = None
    effects: str | None = None
    effects_wait_s: float = 2.0
    generated: int = 0
    burst: int = 20
    insecure: bool = False
    webhooks: tuple[str, ...] = DEFAULT
    method: str = ""
    """The method its webhooks are sent with; "" for their own."""
    document: Path | None = None
    """The OpenAPI document its webhooks stand in; None for the bundled one."""
    template: str = ""
    """The text of the body that the partner has worded; "" where it is the provider's."""


@dataclass(frozen=True, slots=True)
class Member:
    """`breaks` are the rules that must fail, none for a correct endpoint; `tolerated` others that may, and why."""

    name: str
    about: str
    start: Callable[[], AbstractContextManager[Running]]
    wishes: Wishes
    breaks: frozenset[str] = frozenset()
    tolerated: Mapping[str, str] = field(default_factory=dict)
    verdict: str = "pass"


CORRECT: list[Member] = []
BROKEN: list[Member] = []

Kind = TypeVar("Kind", bound=type[Receiver] | type[Server])


def correct(
    *,
    receiver: type[Receiver] = Receiver,
    server: type[Server] = Server,
    key: str | None = KEY,
    deadline_s: float | None = None,
    effects: str | None = "/count",
    generated: int = 0,
    insecure: bool = False,
    webhooks: tuple[str, ...] = DEFAULT,
    method: str = "",
    document: Path | None = None,
    template: str = "",
) -> Callable[[Kind], Kind]:
    """Take the decorated receiver or server into the zoo as one in which nothing may be found."""
    wishes = Wishes(
        key,
        deadline_s,
        effects,
        generated=generated,
        insecure=insecure,
        webhooks=webhooks,
        method=method,
        document=document,
        template=template,
    )

    def decorate(kind: Kind) -> Kind:
        CORRECT.append(Member(_name(kind), _about(kind), _start(kind, receiver, server), wishes))
        return kind

    return decorate


def breaks(
    *rules: str,
    tolerated: Mapping[str, str] | None = None,
    receiver: type[Receiver] = Receiver,
    server: type[Server] = Server,
    deadline_s: float | None = None,
    effects: bool = False,
    generated: int = 0,
    burst: int = 20,
    key: str | None = KEY,
    webhooks: tuple[str, ...] = DEFAULT,
    method: str = "",
    document: Path | None = None,
    template: str = "",
) -> Callable[[Kind], Kind]:
    """Take the decorated receiver or server into the zoo as one in which exactly `rules` must be found."""
    wishes = Wishes(
        key,
        deadline_s,
        "/count" if effects else None,
        1.0,
        generated,
        burst,
        webhooks=webhooks,
        method=method,
        document=document,
        template=template,
    )

    def decorate(kind: Kind) -> Kind:
        start = _start(kind, receiver, server)
        BROKEN.append(Member(_name(kind), _about(kind), start, wishes, frozenset(rules), tolerated or {}, "fail"))
        return kind

    return decorate


def effects_url(origin: str, pointer: str) -> str:
    return f"{origin}{CALLS}{{call_id}}#{pointer}"


def _start(
    kind: type[Receiver] | type[Server], receiver: type[Receiver], server: type[Server]
) -> Callable[[], AbstractContextManager[Running]]:
    if issubclass(kind, Server):
        return lambda: kind(receiver())
    return lambda: server(kind())


def _name(kind: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _about(kind: type) -> str:
    return " ".join((getdoc(kind) or "").split())
