"""What a provider is: a name, and how it writes a call down at one moment of its life."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import orjson

from mock_alohub.call import Call, Moment, Outcome
from mock_alohub.errors import BadSpecification
from mock_alohub.message import Message, Payload
from mock_alohub.spec import Webhook

Render = Callable[[Webhook, Call, Moment], Payload]


@dataclass(frozen=True, slots=True)
class Provider:
    """A member of `providers.PROVIDERS`. `render` gives the payload of a webhook for a call at a moment."""

    name: str
    render: Render


def moments(webhook: Webhook, call: Call) -> tuple[Moment, ...]:
    """The moments of `call` at which `webhook` is sent, in their order. A call nobody answered only ends."""
    fires = _fires(webhook)
    if call.outcome is Outcome.ANSWERED:
        return fires
    return tuple(moment for moment in fires if moment is not Moment.ANSWERED)


def body_of(provider: Provider, webhook: Webhook, call: Call, moment: Moment) -> bytes:
    """The body of the message that `webhook` sends about `call` at `moment`: JSON without white space, in UTF-8."""
    return orjson.dumps(provider.render(webhook, call, moment))


def message_of(provider: Provider, webhook: Webhook, call: Call, moment: Moment) -> Message:
    """The message that `webhook` sends about `call` at `moment`."""
    body = body_of(provider, webhook, call, moment)
    return Message(webhook.name, call.id, webhook.method, (("Content-Type", webhook.content_type),), body)


def messages_of(provider: Provider, webhook: Webhook, call: Call) -> Iterator[Message]:
    """All messages that `webhook` sends over the life of `call`, in their order."""
    return (message_of(provider, webhook, call, moment) for moment in moments(webhook, call))


@cache
def _fires(webhook: Webhook) -> tuple[Moment, ...]:
    known = [moment.value for moment in Moment]
    for word in webhook.fires:
        if word not in known:
            raise BadSpecification(f"{webhook.name} fires at `{word}`, which is no moment of a call; allowed: {known}")
    return tuple(Moment(word) for word in webhook.fires)
