"""A webhook under test: its specification, its provider and its policy, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mock_alohub.call import Call, Moment, Outcome
from mock_alohub.message import Message
from mock_alohub.policy import Policy, policy_of
from mock_alohub.provider import Provider, message_of, messages_of
from mock_alohub.providers import provider_of
from mock_alohub.spec import Field, Spelling, Webhook, aliases, fields, statuses


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
    def fields(self) -> tuple[Field, ...]:
        """The fields every message has, in the order of the schema."""
        return tuple(field for field in fields(self.webhook) if field.required)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Spellings of a call's status that the provider might turn out to use."""
        return aliases(self.webhook)

    @property
    def unusual_values(self) -> Iterator[tuple[str, Any]]:
        """Field and value for all values that are documented but seldom seen (`x-unusual` of the schema)."""
        return self._annotated("x-unusual")

    @property
    def open_values(self) -> Iterator[tuple[str, Any]]:
        """Field and value for all values that the documents leave open (`x-open` of the schema)."""
        return self._annotated("x-open")

    def _annotated(self, keyword: str) -> Iterator[tuple[str, Any]]:
        properties = self.webhook.schema["properties"]
        return ((name, value) for name, schema in properties.items() for value in schema.get(keyword, ()))

    def fields_with_role(self, role: str) -> tuple[str, ...]:
        """The names of the fields that play `role` (`x-role` of the schema): call-id, status, event-type."""
        return tuple(field.name for field in fields(self.webhook) if field.role == role)

    def spelling(self, outcome: Outcome) -> Spelling | None:
        """How the provider writes `outcome`; None when the schema does not spell outcomes."""
        return next((one for one in statuses(self.webhook) if one.outcome == outcome), None)

    def message(self, call: Call, moment: Moment = Moment.ENDED) -> Message:
        """What the webhook says about `call` at `moment`."""
        return message_of(self.provider, self.webhook, call, moment)

    def messages(self, call: Call) -> list[Message]:
        """Everything the webhook sends about `call`, in order."""
        return list(messages_of(self.provider, self.webhook, call))


def subject_of(webhook: Webhook) -> Subject:
    """`webhook` with its provider and policy. Raises `UnknownName` for a provider that is not in the list."""
    return Subject(webhook, provider_of(webhook.provider), policy_of(webhook))
