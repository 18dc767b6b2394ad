"""What holds for every webhook of the specification, whoever sends it.

A webhook gets in here by being described in `openapi.yaml`; nothing is listed by hand.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import jsonschema
import pytest

from mock_alohub import bundle
from mock_alohub.calls.call import Direction, Moment, Outcome
from mock_alohub.check.rules import RULES
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.delivery.destination import DEFAULT_NAMESPACE
from mock_alohub.delivery.new_delivery import NewDelivery
from mock_alohub.delivery.state import StateName
from mock_alohub.messages.endpoint import parse_url
from mock_alohub.messages.message import Message
from mock_alohub.messages.policy import policy_of
from mock_alohub.messages.transmission import Transmission, agreed, request_of
from mock_alohub.providers import PROVIDERS, provider_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.specification.webhook import Webhook, with_method
from tests.delivery.desk import Partner, desk, in_loop
from tests.fakes import endpoint, replied, simulator
from tests.load.generators import plan as load_plan
from tests.load.generators import run as load_run
from tests.providers.golden import golden_file, lines
from tests.server.running import Server as MockServer
from tests.server.running import running
from tests.tiers import cases
from tests.zoo.careful import careful, webhooks_of
from tests.zoo.check import checked, crashed_rules, findings
from tests.zoo.receiver import WEBHOOK

WEBHOOKS = tuple(Specification.load().webhooks.values())

FIRSTS = frozenset(webhooks_of(provider)[0].name for provider in PROVIDERS)
"""The first webhook of each provider."""

every_webhook = pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda one: one.name)
every_method = pytest.mark.parametrize(
    "webhook", [with_method(one, method) for one in WEBHOOKS for method in one.methods],
    ids=lambda one: f"{one.name}-{one.method}",
)  # fmt: skip


def _messages(subject: WebhookUnderTest, count: int) -> list[Message]:
    drawn = simulator()
    some = (message for _ in range(100 * count) for message in subject.messages(drawn.call()))
    return list(islice(some, count))


def test_every_provider_has_a_webhook_and_every_webhook_a_provider() -> None:
    assert {webhook.provider for webhook in WEBHOOKS} == set(PROVIDERS)


@every_webhook
def test_the_readme_has_a_row_for_it(webhook: Webhook) -> None:
    rows = (bundle.ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    (row,) = [line.strip("| ").split(" | ") for line in rows if line.startswith(f"| `{webhook.name}` |")]
    assert (row[4] == "✓") is bool(policy_of(webhook).retries_s)


@every_webhook
def test_its_examples_are_valid(webhook: Webhook) -> None:
    validator = Validator(webhook)
    assert webhook.examples
    assert {name: validator.problems(one) for name, one in webhook.examples.items() if validator.problems(one)} == {}


@every_webhook
def test_what_is_said_of_any_call_is_valid(webhook: Webhook) -> None:
    validator = Validator(webhook)
    wrong = [message.body for message in _messages(under_test(webhook), 200) if validator.problems(message.payload)]
    assert wrong == []


@every_webhook
def test_the_second_validator_agrees(webhook: Webhook) -> None:
    second = jsonschema.Draft202012Validator(dict(webhook.schema))
    assert all(second.is_valid(message.payload) for message in _messages(under_test(webhook), 30))


@every_webhook
def test_the_same_seed_gives_the_bytes_on_file(webhook: Webhook) -> None:
    """`python -m tests.providers.golden` writes them anew."""
    assert lines(webhook) == golden_file(webhook).read_bytes()


@every_webhook
def test_every_message_tells_which_call_it_is_about(webhook: Webhook) -> None:
    subject = under_test(webhook)
    first, second = (subject.message(subject.call(simulator(seed))) for seed in (1, 2))
    assert subject.fields_with_role("call-id")
    assert subject.call_id(first) != subject.call_id(second)


@every_webhook
def test_it_tells_of_the_calls_it_is_asked_for(webhook: Webhook) -> None:
    subject = under_test(webhook)
    for outcome in Outcome:
        for direction in Direction:
            if subject.tells_of(outcome, direction):
                call = subject.call(simulator(), outcome=outcome, direction=direction)
                assert (call.outcome, call.direction) == (outcome, direction)
                assert subject.moments(call)


@every_webhook
def test_its_moments_stand_in_their_order(webhook: Webhook) -> None:
    fires = [Moment(word) for word in webhook.fires]
    assert fires == [moment for moment in Moment if moment in fires]


@every_method
def test_it_is_sent_with_each_of_its_methods(webhook: Webhook) -> None:
    subject = under_test(webhook)
    message = _messages(subject, 1)[0]
    request = request_of(
        Transmission(message, agreed(endpoint())), parse_url("http://127.0.0.1/hook?id=7"), webhook.key_header
    )
    assert request.method == webhook.method
    assert bool(request.body) is subject.has_body
    assert request.url.target.startswith("/hook?id=7&" if not subject.has_body else "/hook?id=7")


@every_webhook
@in_loop
async def test_it_is_sent_again_until_it_is_acknowledged(webhook: Webhook, tmp_path: Path) -> None:
    tries = len(policy_of(webhook).retries_s) + 1
    message = _messages(under_test(webhook), 1)[0]
    async with desk(tmp_path, Partner(lambda request: replied(503))) as at:
        there = await at.endpoint()
        [number] = await at.engine.enqueue([NewDelivery(there.id, message)])
        for made in range(1, tries + 1):
            while at.engine.delivery(DEFAULT_NAMESPACE, number).attempts < made:  # noqa: ASYNC110 - it is on disk
                await asyncio.sleep(0.001)
            at.time.advance(86_400)
        await at.settled(StateName.DEAD)
        sent = [one.request.body for one in at.sender.sent]
    retried = provider_of(webhook.provider).retried
    assert sent == [message.body, *(retried(message, number).body for number in range(1, tries))]


@pytest.mark.exhaustive
@every_method
def test_nothing_is_found_in_a_careful_endpoint(webhook: Webhook) -> None:
    member = careful(webhook, generated=4)
    record = checked(member)
    assert findings(record) == []
    assert crashed_rules(record) == {}
    assert record["counts"]["passed"] >= 15


@every_webhook
def test_no_rule_demands_what_its_provider_does_not_document(webhook: Webhook) -> None:
    for rule in RULES:
        source = rule.source_for(webhook)
        assert not source.assumed or rule.level_for(webhook) == "SHOULD"
        assert source.document.lower().startswith(webhook.provider) or source.assumed


@every_webhook
def test_what_a_promise_rests_on_is_said(webhook: Webhook) -> None:
    promises = {"deadline", "acknowledged-by", "retries"}
    assumed = promises & webhook.delivery.get("assumed", {}).keys()
    assert assumed == promises or "quick-response" in webhook.documents


@pytest.fixture(scope="module")
def mock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """One server for all webhooks, in which time goes a thousand times as fast."""
    with running("--quiet", "--time-scale", "1000", cwd=tmp_path_factory.mktemp("serving")) as server:
        yield server


@every_webhook
def test_the_server_sends_it(webhook: Webhook, mock_server: MockServer) -> None:
    member = careful(webhook)
    own = f"/ns/{webhook.name.replace('.', '-')}/api/v1"
    with member.start() as partner:
        key = {"key": member.wishes.key} if member.wishes.key else {}
        mock_server.ask(f"{own}/endpoints", {"url": partner.origin + WEBHOOK, "webhooks": [webhook.name], **key})
        # Outcomes and directions are drawn: some of fifty calls are such as the webhook tells of.
        mock_server.ask(f"{own}/calls", {"count": 50, "seed": 7, "webhooks": [webhook.name]})
        mock_server.ask(f"{own}/wait?state=delivered&count=1&timeout=15s")
        deliveries = mock_server.ask(f"{own}/deliveries?limit=100")["items"]
        mock_server.ask(f"{own}/wait?state=delivered&count={len(deliveries)}&timeout=20s")
    assert {one["webhook"] for one in deliveries} == {webhook.name}


@pytest.mark.parametrize("webhook", cases(((one.name, one) for one in WEBHOOKS), FIRSTS))
def test_a_load_run_sends_it(webhook: Webhook) -> None:
    member = careful(webhook)
    environment = {"MOCK_ALOHUB_KEY": member.wishes.key} if member.wishes.key else {}
    with member.start() as partner:
        tally = load_run(load_plan(partner.origin + WEBHOOK, webhooks=(webhook.name,), rate=50), **environment)
    assert tally.first.acknowledged == tally.sent > 10
    assert tally.by_webhook.keys() == {webhook.name}


@pytest.mark.exhaustive
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_contract_tests_of_every_webhook_pass_against_a_careful_endpoint(provider: str, tmp_path: Path) -> None:
    member = careful(*webhooks_of(provider))
    words = [sys.executable, "-m", "pytest", str(bundle.path("contract_tests")), "-q", "-p", "no:cacheprovider"]
    with member.start() as partner:
        done = subprocess.run(
            [
                *words,
                "--alohub-url",
                partner.origin + WEBHOOK,
                "--alohub-webhook",
                provider,
                "--alohub-generated",
                "6",
                "-k",
                "ack or auth",
            ],
            cwd=tmp_path,
            env={**os.environ, "MOCK_ALOHUB_KEY": member.wishes.key or ""},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
