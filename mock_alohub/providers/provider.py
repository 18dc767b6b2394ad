"""What a provider is: a name, and how it writes a call down at one moment of its life.

What a webhook says is the provider's; at which moments of which calls it is sent, and with which method, is the
specification's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import orjson

from mock_alohub.calls.call import Call, Direction, Moment, Outcome
from mock_alohub.calls.call_details import happens, life_of, possible
from mock_alohub.errors import BadOption, BadSpecification, UnknownName
from mock_alohub.messages.message import BODILESS, Message, Payload, query_of
from mock_alohub.specification.webhook import Webhook

if TYPE_CHECKING:
    from mock_alohub.messages.attempt import Headers

Render = Callable[[Webhook, Call, Moment], Payload]
Retried = Callable[[Message, int], Message]

_PLAIN: Final = frozenset({Moment.ANSWERED, Moment.ENDED})
_ANSWERED: Final = Outcome.ANSWERED


def _the_same(message: Message, number: int) -> Message:
    return message


@dataclass(frozen=True, slots=True)
class Provider:
    """A member of `providers.PROVIDERS`. `render` gives the payload of a webhook for a call at a moment.

    `headers` come with every message, after the content type. `retried` gives the message as it is sent again: the
    first retry has the number 1; by default it is the same.
    """

    name: str
    render: Render
    headers: Headers = ()
    retried: Retried = _the_same


def moments(webhook: Webhook, call: Call) -> tuple[Moment, ...]:
    """The moments of `call` at which `webhook` is sent, in their order; none when it does not tell of such calls."""
    firing = _firing(webhook)
    if firing.plain:
        return firing.moments if call.outcome is _ANSWERED else firing.unanswered
    if not _is_about(firing, call):
        return ()
    return tuple(moment for moment in firing.moments if happens(call, moment))


def tells_of(webhook: Webhook, outcome: Outcome, direction: Direction) -> bool:
    """Whether `webhook` says anything of calls with that outcome and direction."""
    firing = _firing(webhook)
    return direction in firing.directions and any(possible(one, outcome, direction) for one in firing.moments)


def payload_of(provider: Provider, webhook: Webhook, call: Call, moment: Moment) -> Payload:
    """What `webhook` says about `call` at `moment`: in the provider's words, or in those of its template."""
    if webhook.template is None:
        return provider.render(webhook, call, moment)
    from mock_alohub.specification.body_template import filled  # here, for Jinja is slow to import

    return filled(webhook.template.text, provider.render(webhook.template.values, call, moment))


def body_of(provider: Provider, webhook: Webhook, call: Call, moment: Moment) -> bytes:
    """The body of the message that `webhook` sends about `call` at `moment`: JSON without white space, in UTF-8."""
    return orjson.dumps(payload_of(provider, webhook, call, moment))


def message_of(provider: Provider, webhook: Webhook, call: Call, moment: Moment) -> Message:
    """The message that `webhook` sends about `call` at `moment`: JSON, or a query where its method has no body."""
    if webhook.method in BODILESS:
        query = query_of(payload_of(provider, webhook, call, moment))
        return Message(webhook.name, call.id, webhook.method, provider.headers, b"", query)
    headers = headers_of(provider, webhook)
    return Message(webhook.name, call.id, webhook.method, headers, body_of(provider, webhook, call, moment))


def headers_of(provider: Provider, webhook: Webhook) -> Headers:
    """The headers of the messages of `webhook` that have a body."""
    return (("Content-Type", webhook.content_type), *provider.headers, *webhook.headers)


def messages_of(provider: Provider, webhook: Webhook, call: Call) -> Iterator[Message]:
    """All messages that `webhook` sends over the life of `call`, in their order."""
    return (message_of(provider, webhook, call, moment) for moment in moments(webhook, call))


def spelling_of(text: str) -> tuple[str, str]:
    """How a provider writes an outcome, from `OUTCOME=WORD`. Raises `BadOption`, `UnknownName`."""
    outcome, equals, word = text.partition("=")
    if not equals or not word.strip():
        raise BadOption(f"`{text}` is no spelling; allowed: OUTCOME=WORD", hint="for example no_answer=missed")
    if outcome not in list(Outcome):
        raise UnknownName("outcome", outcome, list(Outcome))
    return outcome, word


@dataclass(frozen=True, slots=True)
class _Firing:
    """Of which calls a webhook tells, and when. `plain`: of every call, at its answer and its end."""

    moments: tuple[Moment, ...]
    unanswered: tuple[Moment, ...]
    directions: frozenset[Direction]
    automatic: bool | None
    plain: bool


def _is_about(firing: _Firing, call: Call) -> bool:
    if call.direction not in firing.directions:
        return False
    return firing.automatic is None or life_of(call).automatic is firing.automatic


@cache
def _firing(webhook: Webhook) -> _Firing:
    known = [moment.value for moment in Moment]
    for word in webhook.fires:
        if word not in known:
            raise BadSpecification(f"{webhook.name} fires at `{word}`, which is no moment of a call; allowed: {known}")
    fires = tuple(Moment(word) for word in webhook.fires)
    about = webhook.delivery.get("about", {})
    directions = frozenset(Direction(word) for word in about.get("direction", Direction))
    return _Firing(
        moments=fires,
        unanswered=tuple(moment for moment in fires if moment is not Moment.ANSWERED),
        directions=directions,
        automatic=about.get("automatic"),
        plain=_PLAIN.issuperset(fires) and not about,
    )
