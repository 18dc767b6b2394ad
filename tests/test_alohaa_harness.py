"""A provider that documents no acknowledgement, tried by pytest: its rules are SHOULD, and some count even so."""

from __future__ import annotations

from typing import Any

from mock_alohub.check.rules import BY_ID
from mock_alohub.check.single_case import RuleCase
from mock_alohub.check.webhook_under_test import under_test
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.pytest_plugin.harness import HarnessOptions, PytestHarness
from tests.zoo.careful import careful_kind, webhooks_of
from tests.zoo.receiver import KEY, WEBHOOK
from tests.zoo.server import Server

_WEBHOOKS = webhooks_of("alohaa")[:1]
# A class that is made from the specification, so mypy cannot see what it is.
_Partner: Any = careful_kind(*_WEBHOOKS)


def binding(key: str, rule: str) -> list[bool]:
    """Whether each breach that the first case of `rule` finds fails a test."""
    subjects = [under_test(one) for one in _WEBHOOKS]
    case = next(iter(BY_ID[rule].cases(subjects)))
    with Server(_Partner()) as server:
        endpoint = Endpoint(parse_url(f"{server.origin}{WEBHOOK}"), Key(key))
        with PytestHarness(endpoint, subjects, HarnessOptions()) as harness:
            return [breach.is_binding for breach in harness.hold(RuleCase(BY_ID[rule], subjects[0], case)).breaches]


def test_a_key_with_which_no_call_is_taken_fails_the_run() -> None:
    assert binding("another", "auth.accepts-key") == [True]


def test_the_right_key_breaks_nothing() -> None:
    assert binding(KEY, "auth.accepts-key") == []
