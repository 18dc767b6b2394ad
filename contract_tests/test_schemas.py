"""The schemas themselves, by a second opinion: `jsonschema` judges what the package judges with `jsonschema-rs`.

Needs no endpoint. Whoever validates with these schemas can rely on them, whichever validator is used.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from mock_alohub import bundle
from mock_alohub.calls.call import ENDED_BY, Direction
from mock_alohub.calls.simulator import Simulator
from mock_alohub.check.generated_messages import fit, unfit
from mock_alohub.check.schemathesis_source import boundary_drafts, drawn_invalid, drawn_valid
from mock_alohub.check.webhook_under_test import WebhookUnderTest
from mock_alohub.pytest_plugin import options_of_run
from mock_alohub.specification.webhook import Webhook

_SEED = 20_240_113
_COUNT = 25
_FILES = sorted(bundle.path("schemas").rglob("*.json"))


@pytest.fixture
def subject(alohub_webhook: str, pytestconfig: pytest.Config) -> WebhookUnderTest:
    """The webhook under test, from the specification that was asked for, and sent with a body.

    A query has texts alone: what the schema says is of the values before they are written into one.
    """
    found = next(one for one in options_of_run(pytestconfig).subjects if one.name == alohub_webhook)
    return replace(found, webhook=replace(found.webhook, method="POST"))


@pytest.mark.parametrize("path", _FILES, ids=[f"{path.parent.name}/{path.name}" for path in _FILES])
def test_a_schema_keeps_to_the_metaschema(path: Any) -> None:
    """Every schema is one of JSON Schema 2020-12."""
    schema = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_example_is_valid_for_both(subject: WebhookUnderTest) -> None:
    """The examples of the specification are messages as it has them."""
    webhook = subject.webhook
    if webhook.drawn and not webhook.examples:
        pytest.skip("the document shows no example")
    assert webhook.examples
    assert {name: _judged(webhook, body) for name, body in webhook.examples.items()} == dict.fromkeys(
        webhook.examples, (True, True)
    )


def test_every_call_that_can_occur_is_valid_for_both(subject: WebhookUnderTest) -> None:
    """Each outcome, direction and side that ended it, at each moment that is reported."""
    simulator = Simulator(_SEED, start=datetime(2024, 1, 13, 15))  # noqa: DTZ001 - calls have no zone
    for outcome, parties in ENDED_BY.items():
        for direction in Direction:
            for party in parties:
                call = simulator.call(outcome=outcome, direction=direction, ended_by=party)
                for message in subject.messages(call):
                    assert _judged(subject.webhook, message.payload) == (True, True), message.body


def test_both_agree_on_generated_messages(subject: WebhookUnderTest) -> None:
    """Valid and broken messages, at the boundaries of every field and beyond, are judged alike."""
    webhook = subject.webhook
    drafts = [
        *drawn_valid(webhook, _SEED, _COUNT),
        *drawn_invalid(webhook, _SEED, _COUNT),
        *boundary_drafts(webhook),
    ]
    bodies = [draft.body for draft in drafts if not isinstance(draft.body, bytes)]
    verdicts = [(body, _judged(webhook, body)) for body in bodies]
    assert [body for body, (ours, theirs) in verdicts if ours is not theirs] == []
    assert {ours for _, (ours, _) in verdicts} == {True, False}


def test_a_message_that_is_sent_as_valid_is_valid_for_both(subject: WebhookUnderTest) -> None:
    """What robust.generated expects to be acknowledged."""
    simulator = Simulator(_SEED, start=datetime(2024, 1, 13, 15))  # noqa: DTZ001 - calls have no zone
    for draft in drawn_valid(subject.webhook, _SEED, _COUNT):
        made = fit(subject, draft, simulator)
        assert _judged(subject.webhook, made.message.payload) == (True, True), made.message.body


def test_a_message_that_is_sent_as_invalid_is_invalid_for_both(subject: WebhookUnderTest) -> None:
    """What robust.generated expects to do no harm."""
    made = [unfit(subject, draft) for draft in boundary_drafts(subject.webhook)]
    bodies = [json.loads(one.message.body) for one in made if one is not None]
    assert bodies
    assert [body for body in bodies if _judged(subject.webhook, body) != (False, False)] == []


def _judged(webhook: Webhook, body: Any) -> tuple[bool, bool]:
    """Whether `jsonschema-rs` and `jsonschema` accept `body`."""
    schema = dict(webhook.schema)
    ours: bool = jsonschema_rs.is_valid(schema, body)
    return ours, jsonschema.Draft202012Validator(schema).is_valid(body)
