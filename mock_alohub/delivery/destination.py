"""An endpoint that is registered: where its deliveries go, which webhooks it wants, how it differs from the policy."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from mock_alohub.errors import BadOption
from mock_alohub.messages.endpoint import Endpoint
from mock_alohub.messages.policy import Policy
from mock_alohub.messages.transmission import Credential, agreed
from mock_alohub.specification.imported.security import key_value
from mock_alohub.specification.webhook import Webhook

DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What an endpoint's policy says other than the specification; None where it says the same."""

    deadline_s: float | None = None
    acknowledged_by: tuple[int, ...] | None = None
    retries_s: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.deadline_s is not None and not 0 < self.deadline_s <= 3600:
            raise BadOption(f"the deadline is {self.deadline_s:g} s, wanted above 0 and at most an hour")
        if self.acknowledged_by is not None and not all(100 <= status <= 599 for status in self.acknowledged_by):
            raise BadOption("an acknowledging status is a number from 100 to 599")
        if self.retries_s is not None and not all(0 <= wait_s < float("inf") for wait_s in self.retries_s):
            raise BadOption("the wait before a retry is a number of seconds, 0 or more")

    def over(self, policy: Policy) -> Policy:
        """`policy` with these changes."""
        return replace(
            policy,
            deadline_s=policy.deadline_s if self.deadline_s is None else self.deadline_s,
            acknowledged_by=policy.acknowledged_by if self.acknowledged_by is None else frozenset(self.acknowledged_by),
            retries_s=policy.retries_s if self.retries_s is None else self.retries_s,
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """How an endpoint wants its messages to be, other than the specification has them.

    `headers` are added to every message. `template` is the text of the body, with `{{field}}` for values of the
    webhook's own payload; "" leaves the body as it is. `moments` are the moments of a call that are told of; () for all
    at which a webhook is sent. `key_header` is the header that carries the key, "" for the webhook's own. An endpoint
    `aside` is told of calls only that are placed for it by its number. `values` are fields that hold other texts, for
    the template as well. `memo` is what a provider's own API has to remember of the endpoint.
    """

    headers: tuple[tuple[str, str], ...] = ()
    template: str = ""
    moments: tuple[str, ...] = ()
    key_header: str = ""
    aside: bool = False
    values: tuple[tuple[str, str], ...] = ()
    memo: tuple[tuple[str, str], ...] = ()


AS_SPECIFIED = Shape()


def carried(endpoint: Endpoint, webhook: Webhook) -> Credential | None:
    """The agreed key of `endpoint` as messages of `webhook` carry it; None when no key was agreed.

    A key that cannot be written in the webhook's form goes as it is: what that is worth is for the endpoint to say.
    """
    known = agreed(endpoint)
    if known is None or known.value is None:
        return known
    with suppress(BadOption):
        return replace(known, value=key_value(webhook.key_form, known.value))
    return known


@dataclass(frozen=True, slots=True)
class Registration:
    """What someone registers. `webhooks` empty means all; `method` "" means the webhook's own.

    The namespace is fixed: deliveries and endpoints of one namespace are not seen from another.
    """

    endpoint: Endpoint
    namespace: str = DEFAULT_NAMESPACE
    webhooks: tuple[str, ...] = ()
    method: str = ""
    enabled: bool = True
    overrides: Overrides = field(default_factory=Overrides)
    shape: Shape = AS_SPECIFIED


@dataclass(frozen=True, slots=True)
class Destination:
    """A registration with its number. Holds the key: for sending, not for showing."""

    id: int
    registration: Registration

    def shown(self) -> DestinationView:
        """The same for people: the key and what in the URL looks secret are masked."""
        one = self.registration
        return DestinationView(
            id=self.id,
            namespace=one.namespace,
            url=one.endpoint.url.shown(),
            key="" if one.endpoint.key is None else "masked",
            webhooks=one.webhooks,
            method=one.method,
            enabled=one.enabled,
            overrides=one.overrides,
        )


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A registered endpoint as people see it. `key` is "masked", or "" when there is none."""

    id: int
    namespace: str
    url: str
    key: str
    webhooks: tuple[str, ...]
    method: str
    enabled: bool
    overrides: Overrides
