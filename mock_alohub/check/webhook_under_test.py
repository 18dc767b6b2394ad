"""A webhook under test: its specification, its provider and its policy, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mock_alohub.calls.call import Call, Direction, Moment, Outcome, Party
from mock_alohub.calls.call_details import with_life
from mock_alohub.errors import BadOption
from mock_alohub.messages.message import BODILESS, Message, Payload, with_method, written
from mock_alohub.messages.policy import Policy, policy_of
from mock_alohub.providers import provider_of
from mock_alohub.providers.provider import Provider, headers_of, message_of, messages_of, moments, payload_of, tells_of
from mock_alohub.specification.webhook import Field, Spelling, Webhook, aliases, fields, statuses

if TYPE_CHECKING:
    from mock_alohub.calls.simulator import Simulator

_DIRECTIONS: Final = (Direction.OUTBOUND, Direction.INBOUND)
_PLAIN: Final = frozenset({Moment.ANSWERED.value, Moment.ENDED.value})


@dataclass(frozen=True, slots=True)
class WebhookUnderTest:
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
        """Whether the webhook says several things of one call, the first of them while it goes on."""
        return len(self.webhook.fires) > 1

    @property
    def has_body(self) -> bool:
        """Whether its messages have a body; else all they say stands in the query of the URL."""
        return self.webhook.method not in BODILESS

    @property
    def ordinary_call(self) -> dict[str, Any]:
        """Wishes for the call of the documents' own sample: answered, ended by the customer, outbound if it can be."""
        direction = next(one for one in _DIRECTIONS if self.tells_of(Outcome.ANSWERED, one))
        return {"outcome": Outcome.ANSWERED, "direction": direction, "ended_by": Party.CUSTOMER}

    def tells_of(self, outcome: Outcome, direction: Direction) -> bool:
        """Whether anything is sent about calls with that outcome and direction."""
        return tells_of(self.webhook, outcome, direction)

    def moments(self, call: Call) -> tuple[Moment, ...]:
        """The moments of `call` at which something is sent."""
        return moments(self.webhook, call)

    def call(self, simulator: Simulator, **wishes: Any) -> Call:
        """A call that the webhook tells of, as wished (see `Simulator.call`), and ordinary where nothing was wished.

        A direction or outcome that it never tells of gives way; menus and campaigns are there when it tells of nothing
        else. Calls between colleagues are wished for with `with_life`.
        """
        direction, outcome = wishes.get("direction"), wishes.get("outcome")
        fitting = [
            one for one in _DIRECTIONS if any(self.tells_of(some, one) for some in ([outcome] if outcome else Outcome))
        ]
        if direction not in fitting and (direction is not None or len(fitting) == 1):
            wishes = {**wishes, "direction": fitting[0] if fitting else self.ordinary_call["direction"]}
        if outcome is not None and not fitting:
            wishes = {**wishes, "outcome": Outcome.ANSWERED, "ended_by": None}
        call = simulator.call(**wishes)
        if self._is_plain:
            return call
        automatic = self.webhook.delivery.get("about", {}).get("automatic", False)
        only_menu = all(word.startswith("ivr-") for word in self.webhook.fires)
        told = with_life(call, local=False, automatic=automatic, ivr=True if only_menu else None)
        if self.moments(told) or outcome is not None:
            return told
        return self.call(simulator, **{**wishes, "outcome": Outcome.ANSWERED})

    @property
    def _is_plain(self) -> bool:
        fires = self.webhook.fires
        return "about" not in self.webhook.delivery and "ended" in fires and _PLAIN.issuperset(fires)

    def call_id(self, message: Message) -> str:
        """The call's id as `message` has it (the field with the role call-id); the simulated call's own without one."""
        for name in self.fields_with_role("call-id"):
            value = message.payload.get(name)
            if isinstance(value, str) and value:
                return value
        return message.call_id

    def retried(self, message: Message, number: int) -> Message:
        """`message` as the provider sends it the `number`th time again."""
        return self.provider.retried(message, number)

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

    @property
    def later_values(self) -> Iterator[tuple[str, Any]]:
        """Field and value for what is known of a call only some time after its report (`x-later` of the schema)."""
        return self._annotated("x-later")

    def _annotated(self, keyword: str) -> Iterator[tuple[str, Any]]:
        properties = self.webhook.schema["properties"]
        return ((name, value) for name, schema in properties.items() for value in schema.get(keyword, ()))

    def fields_with_role(self, role: str) -> tuple[str, ...]:
        """The names of the fields that play `role` (`x-role` of the schema): for example call-id, status or attempt."""
        return tuple(field.name for field in fields(self.webhook) if field.role == role)

    def spelling(self, outcome: Outcome) -> Spelling | None:
        """How the provider writes `outcome`; None when the schema does not spell outcomes."""
        return next((one for one in statuses(self.webhook) if one.outcome == outcome), None)

    def message(self, call: Call, moment: Moment | None = None) -> Message:
        """What the webhook says about `call` at `moment`, by default at the last at which it says anything.

        Raises `BadOption` where it says nothing of such a call.
        """
        told = moment or next(reversed(self.moments(call)), None)
        if told is None:
            raise BadOption(f"{self.name} says nothing of a call that is {call.direction}, {call.outcome}")
        return message_of(self.provider, self.webhook, call, told)

    def payloads(self, call: Call) -> list[Payload]:
        """What is said about `call`, in order, before it is written."""
        return [payload_of(self.provider, self.webhook, call, moment) for moment in self.moments(call)]

    def written(self, call: Call, payload: Payload) -> Message:
        """A message about `call` that says `payload`."""
        return written(self.message(call), payload)

    def broken(self, body: bytes) -> Message:
        """A message of this webhook about no call, whose JSON is `body`, whatever that is."""
        message = Message(self.name, "", "POST", headers_of(self.provider, self.webhook), body)
        return with_method(message, self.webhook.method)

    def messages(self, call: Call) -> list[Message]:
        """Everything the webhook sends about `call`, in order."""
        return list(messages_of(self.provider, self.webhook, call))


def under_test(webhook: Webhook) -> WebhookUnderTest:
    """`webhook` with its provider and policy. Raises `UnknownName` for a provider that is not in the list."""
    return WebhookUnderTest(webhook, provider_of(webhook.provider), policy_of(webhook))
