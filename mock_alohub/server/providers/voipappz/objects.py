"""Webhook objects of VoipAppz: one event, a method, a URL, the text of the body; sent once enabled and subscribed.

An object is an endpoint of the outbox that wants one webhook; what only VoipAppz's API knows of it (its UUID, whether
it is enabled, which environments subscribed) stands in the endpoint's memo, so it survives a restart with it.

Facts: VoipAppz, "Webhooks" (fields of a webhook, subscription through the environment, one event for each object).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from mock_alohub.delivery.destination import Destination, Registration, Shape
from mock_alohub.delivery.engine import Engine
from mock_alohub.errors import Mistake
from mock_alohub.messages.endpoint import Endpoint, parse_url
from mock_alohub.providers.voipappz import VOIPAPPZ
from mock_alohub.specification.body_template import rendered
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import Webhook

PROVIDER: Final = VOIPAPPZ.name
EVENTS: Final = ("Call:Ringing", "Call:Answer", "Call:Hangup", "Call:Reporting", "Ivr:Start", "Ivr:End")
METHODS: Final = ("GET", "POST")


class UnknownObject(Mistake):
    """There is no webhook object with that UUID."""

    def __init__(self, uuid: str) -> None:
        super().__init__(f"there is no webhook `{uuid}`")


@dataclass(frozen=True, slots=True)
class WebhookObject:
    """A webhook object. `body` "" stands for the text that names every value; `environments` subscribed to it."""

    uuid: str
    created_at: str
    event: str
    method: str
    url: str
    body: str = ""
    enabled: bool = True
    environments: tuple[str, ...] = ()
    endpoint: int | None = None

    @property
    def is_sent(self) -> bool:
        """Whether anything is sent: it is enabled, and an environment subscribed."""
        return self.enabled and bool(self.environments)

    def shown(self, specification: Specification) -> dict[str, Any]:
        """The object as the API shows it, with the body that is sent."""
        return {
            "uuid": self.uuid,
            "created_at": self.created_at,
            "event": self.event,
            "method_type": self.method,
            "url": parse_url(self.url).shown(),
            "body": self.body or whole_body(specification.webhook(webhook_of(self.event))),
            "enabled": self.enabled,
            "environments": list(self.environments),
        }


def webhook_of(event: str) -> str:
    """The webhook of an event: `Call:Hangup` is `voipappz.call-hangup`."""
    return f"{PROVIDER}.{event.replace(':', '-').lower()}"


def whole_body(webhook: Webhook) -> str:
    """The text of a body that names every value of `webhook`."""
    return "{\n" + ",\n".join(f'  "{name}": {{{{{name}}}}}' for name in webhook.schema["properties"]) + "\n}"


def new_object(wanted: Mapping[str, Any], now: float) -> WebhookObject:
    """A new object as wanted, subscribed to by nobody."""
    created_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    bare = WebhookObject(str(uuid4()), created_at, wanted["event"], "POST", wanted["url"])
    return changed(bare, wanted)


def changed(one: WebhookObject, changes: Mapping[str, Any]) -> WebhookObject:
    """`one` with what `changes` says otherwise."""
    return replace(
        one,
        event=changes.get("event", one.event),
        method=changes.get("method_type", one.method),
        url=str(parse_url(changes["url"])) if "url" in changes else one.url,
        body=changes.get("body", one.body),
        enabled=changes.get("enabled", one.enabled),
    )


def subscribed(one: WebhookObject, environment: str, *, wanted: bool) -> WebhookObject:
    """`one` as `environment` has it: subscribed to, or not."""
    others = tuple(name for name in one.environments if name != environment)
    return replace(one, environments=(*others, environment) if wanted else others)


def demand_body(one: WebhookObject, specification: Specification) -> None:
    """Raise a mistake for a body that cannot be filled in."""
    example = next(iter(specification.webhook(webhook_of(one.event)).examples.values()))
    if one.body:
        rendered(one.body, example)


async def keep(engine: Engine, namespace: str, one: WebhookObject) -> None:
    """Keep `one` as it is now, new or known."""
    registration = Registration(
        Endpoint(parse_url(one.url)),
        namespace,
        (webhook_of(one.event),),
        one.method,
        one.is_sent,
        shape=Shape(
            template=one.body,
            values=tuple(("environment_name", name) for name in one.environments[:1]),
            memo=_memo(one),
        ),
    )
    if one.endpoint is None:
        await engine.register(registration)
    else:
        await engine.change(Destination(one.endpoint, registration))


def objects(engine: Engine, namespace: str) -> Iterator[WebhookObject]:
    """The objects of `namespace`, the oldest first."""
    for destination in engine.store.destinations():
        if destination.registration.namespace == namespace and _known(destination):
            yield _object_of(destination)


def object_with(engine: Engine, namespace: str, uuid: str) -> WebhookObject:
    """The object with that UUID. Raises `UnknownObject`."""
    found = next((one for one in objects(engine, namespace) if one.uuid == uuid), None)
    if found is None:
        raise UnknownObject(uuid)
    return found


def _known(destination: Destination) -> bool:
    return dict(destination.registration.shape.memo).get("provider") == PROVIDER


def _memo(one: WebhookObject) -> tuple[tuple[str, str], ...]:
    return (
        ("provider", PROVIDER),
        ("uuid", one.uuid),
        ("created_at", one.created_at),
        ("event", one.event),
        ("enabled", "yes" if one.enabled else ""),
        ("environments", " ".join(one.environments)),
    )


def _object_of(destination: Destination) -> WebhookObject:
    registration = destination.registration
    memo = dict(registration.shape.memo)
    return WebhookObject(
        uuid=memo["uuid"],
        created_at=memo["created_at"],
        event=memo["event"],
        method=registration.method,
        url=str(registration.endpoint.url),
        body=registration.shape.template,
        enabled=bool(memo["enabled"]),
        environments=tuple(memo["environments"].split()),
        endpoint=destination.id,
    )
