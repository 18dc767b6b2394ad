"""A webhook under test: its specification, its provider and its policy, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from mock_alohub.call import Call, Moment
from mock_alohub.message import Message
from mock_alohub.policy import Policy, policy_of
from mock_alohub.provider import Provider, message_of, moments
from mock_alohub.providers import provider_of
from mock_alohub.spec import Webhook


@dataclass(frozen=True, slots=True)
class Subject:
    """One webhook as rules see it."""

    webhook: Webhook
    provider: Provider
    policy: Policy

    @property
    def name(self) -> str:
        """The webhook's name."""
        return self.webhook.name

    @property
    def reports_running_calls(self) -> bool:
        """Whether the webhook is also sent while a call is still going on."""
        return Moment.ANSWERED in self.webhook.fires

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields every message has, in the order of the schema."""
        return tuple(self.webhook.schema["required"])

    def messages(self, call: Call) -> list[Message]:
        """Everything the webhook sends about `call`, in order."""
        return [self.message(call, moment) for moment in moments(self.webhook, call)]

    def message(self, call: Call, moment: Moment = Moment.ENDED) -> Message:
        """What the webhook says about `call` at `moment`."""
        return message_of(self.provider, self.webhook, call, moment)


def subject_of(webhook: Webhook) -> Subject:
    """`webhook` with its provider and policy. Raises `UnknownName` for a provider that is not in the list."""
    return Subject(webhook, provider_of(webhook.provider), policy_of(webhook))
