"""A provider that is known from its document alone sends what the document says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.messages.message import Message
from mock_alohub.providers.described import with_its_messages
from mock_alohub.specification.imported.webhooks import load
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook
from tests.specification.imported.test_webhooks import PETS
from tests.specification.imported.writing import one, operation


def messages(webhook: Webhook, count: int = 30) -> list[Message]:
    subject, simulator = under_test(webhook), Simulator(7, start=datetime(2024, 1, 13, 8))  # noqa: DTZ001
    return [subject.message(subject.call(simulator)) for _ in range(count)]


def test_messages_drawn_from_a_schema_are_valid_and_of_many_kinds() -> None:
    webhook = load(PETS).webhook("newPet")
    bodies = [one.body for one in messages(webhook)]
    assert Validator(webhook).problems_of(b"[]")
    assert [body for body in bodies if Validator(webhook).problems_of(body)] == []
    assert len(set(bodies)) > 3


def test_messages_are_the_same_for_the_same_calls() -> None:
    assert messages(load(PETS).webhook("newPet")) == messages(load(PETS).webhook("newPet"))


def test_examples_are_sent_before_anything_is_drawn(tmp_path: Path) -> None:
    item = operation({"type": "object", "properties": {"id": {"type": "string"}}})
    item["post"]["requestBody"]["content"]["application/json"]["examples"] = {
        "a": {"value": {"id": "1"}},
        "b": {"value": {"id": "2"}},
    }
    assert {str(one.payload) for one in messages(one(tmp_path, item))} == {"{'id': '1'}", "{'id': '2'}"}


def test_the_field_with_the_role_call_id_tells_messages_apart(tmp_path: Path) -> None:
    for form in ({}, {"format": "uuid"}):
        field = {"type": "string", "x-role": "call-id", **form}
        webhook = one(tmp_path, operation({"type": "object", "required": ["id"], "properties": {"id": field}}))
        assert len({one.payload["id"] for one in messages(webhook, 10)}) == 10


def test_a_webhook_without_a_place_for_an_id_is_carried_without_its_schema() -> None:
    webhook = load(PETS).webhook("newPet")
    assert with_its_messages(webhook).schema == {"type": "object"}


def test_a_webhook_with_a_place_for_an_id_is_carried_with_its_schema(tmp_path: Path) -> None:
    field = {"type": "string", "x-role": "call-id"}
    webhook = one(tmp_path, operation({"type": "object", "required": ["id"], "properties": {"id": field}}))
    assert with_its_messages(webhook).schema == webhook.schema


def test_which_message_is_sent_does_not_depend_on_the_id_of_the_call() -> None:
    subject = under_test(load(PETS).webhook("newPet"))
    call = subject.call(Simulator(7, start=datetime(2024, 1, 13, 8)))  # noqa: DTZ001
    assert {subject.message(call._replace(id=f"call-{n}")).body for n in range(20)} == {subject.message(call).body}
