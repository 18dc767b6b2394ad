"""A careful partner of any provider: all it knows of messages it reads from the specification."""

from __future__ import annotations

import json
from typing import ClassVar
from urllib.parse import parse_qsl

from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook, fields
from tests.zoo.member import Member, Wishes
from tests.zoo.receiver import KEY, Event, No, Receiver
from tests.zoo.server import Server
from tests.zoo.wire import Answer, Request


class Careful(Receiver):
    """Takes what has every field that each message of one of its webhooks has, in the type it is specified with."""

    webhooks: ClassVar[tuple[Webhook, ...]] = ()

    @property
    def header(self) -> str:
        """The header with the key, "" where the provider documents none."""
        return next((one.key_header.lower() for one in self.webhooks if one.key_header), "")

    def check_method(self, request: Request) -> None:
        if request.method not in {method for one in self.webhooks for method in (one.method, *one.methods)}:
            raise No(405, "another method", ("Allow", "POST"))

    def check_key(self, request: Request) -> None:
        if self.header and not self.knows(request.headers.get(self.header)):
            self.refuse(request)

    def receive(self, request: Request) -> Answer:
        if request.method != "GET":
            return super().receive(request)
        self.check_method(request)
        self.check_key(request)
        event = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
        if not any(required(webhook) <= event.keys() for webhook in self.webhooks):
            raise No(422, "not all there")
        if self.keep(event):
            self.work(event)
        return self.acknowledged(event)

    def check(self, event: Event) -> None:
        if not any(self.fits(webhook, event) for webhook in self.webhooks):
            raise No(422, "missing, or of a wrong type")

    def fits(self, webhook: Webhook, event: Event) -> bool:
        """Whether every field that messages of `webhook` have is there, and each is of its type."""
        return all(
            field.name in event and field.admits(event[field.name]) for field in fields(webhook) if field.required
        )

    def identity(self, event: Event) -> object:
        counters = {field.name for one in self.webhooks for field in fields(one) if field.role == "attempt"}
        return json.dumps({name: value for name, value in event.items() if name not in counters}, sort_keys=True)

    def work(self, event: Event) -> None:
        with self.lock:
            for name in {field.name for one in self.webhooks for field in fields(one) if field.role == "call-id"}:
                self.counts[str(event.get(name))] += 1


def required(webhook: Webhook) -> set[str]:
    return {field.name for field in fields(webhook) if field.required}


def webhooks_of(provider: str) -> tuple[Webhook, ...]:
    return tuple(webhook for webhook in Specification.load().webhooks.values() if webhook.provider == provider)


def careful_kind(*webhooks: Webhook) -> type[Careful]:
    """The careful receiver of `webhooks`, to start or to build upon."""
    return type(f"Careful_{webhooks[0].provider}", (Careful,), {"webhooks": webhooks, "key": _key_of(webhooks)})


def careful(*webhooks: Webhook, generated: int = 0, effects: str | None = "/count") -> Member:
    """A careful partner of the provider of `webhooks`, which it receives all at one URL."""
    first, kind = webhooks[0], careful_kind(*webhooks)
    wishes = Wishes(
        _key_of(webhooks),
        effects=effects,
        generated=generated,
        webhooks=tuple(one.name for one in webhooks),
        method="" if first.method == first.methods[0] else first.method,
    )
    about = f"Takes what {first.provider} is specified to send."
    return Member(f"careful-partner-of-{first.provider}", about, lambda: Server(kind()), wishes)


def _key_of(webhooks: tuple[Webhook, ...]) -> str | None:
    return KEY if any(webhook.key_header for webhook in webhooks) else None


PROVIDERS = tuple(dict.fromkeys(webhook.provider for webhook in Specification.load().webhooks.values()))
CAREFUL = tuple(careful(*webhooks_of(provider), generated=12) for provider in PROVIDERS)
