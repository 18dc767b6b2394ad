from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from mock_alohub.check import schemathesis_source
from mock_alohub.check.single_case import rule_cases
from mock_alohub.check.webhook_under_test import WebhookUnderTest, under_test
from mock_alohub.errors import UnknownName
from mock_alohub.messages.attempt import Cause
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.transmission import Credential
from mock_alohub.pytest_plugin.harness import HarnessOptions, PytestHarness
from mock_alohub.specification.specification import Specification
from tests.zoo.receiver import KEY, WEBHOOK, Event, No, Receiver
from tests.zoo.server import Server


def subject(deadline_s: float = 5.0) -> WebhookUnderTest:
    one = under_test(Specification.load().webhook("alohub.call-ended"))
    return replace(one, policy=replace(one.policy, deadline_s=deadline_s))


@contextmanager
def harness_of(
    receiver: Receiver, one: WebhookUnderTest, wishes: HarnessOptions | None = None
) -> Iterator[PytestHarness]:
    with ExitStack() as stack:
        server = stack.enter_context(Server(receiver))
        endpoint = Endpoint(parse_url(f"{server.origin}{WEBHOOK}"), Key(KEY))
        yield stack.enter_context(PytestHarness(endpoint, [one], wishes or HarnessOptions()))


class HangsAtNonsense(Receiver):
    """Waits for ever, almost, when a message is not what it should be."""

    def check(self, event: Event) -> None:
        try:
            super().check(event)
        except Exception:
            time.sleep(1.0)
            raise


def test_a_hanging_endpoint_is_not_asked_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemathesis_source, "SHRINKS", 60)
    one = subject(deadline_s=0.4)
    with harness_of(HangsAtNonsense(), one, HarnessOptions(generated=40)) as harness:
        outcome = harness.hold_generated(one, valid=False)
        late = [exchange for exchange in harness.evidence if exchange.attempt.cause is Cause.DEADLINE]
    # What is drawn also depends on the modules that are loaded, so it may be small already when it hangs first.
    assert 1 <= len(late) <= 3
    assert [str(breach).partition(" ")[0] for breach in outcome.breaches] == ["robust.generated"]


def test_another_credential_takes_the_place_of_the_key() -> None:
    with harness_of(Receiver(), subject()) as harness:
        assert harness.send(credential=Credential("another", None)).status == 401


def test_what_a_test_sends_is_not_judged() -> None:
    with harness_of(Receiver(), subject()) as harness:
        harness.send(fields={"call_id": 7})
        assert harness.evidence.meant_to_be_taken() == []


def test_an_unknown_webhook_is_told() -> None:
    with (
        harness_of(Receiver(), subject()) as harness,
        pytest.raises(UnknownName, match=r"did you mean `alohub\.call-ended`"),
    ):
        harness.send(webhook="alohub.call-end")


def test_an_interrupted_test_stops_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled: list[bool] = []

    class Interrupted:
        def result(self) -> None:
            raise KeyboardInterrupt

        def cancel(self) -> None:
            cancelled.append(True)

    def never(work: object, loop: object) -> Interrupted:
        work.close()  # type: ignore[attr-defined]
        return Interrupted()

    with harness_of(Receiver(), subject()) as harness:
        monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", never)
        with pytest.raises(KeyboardInterrupt):
            harness.send()
        monkeypatch.undo()
    assert cancelled == [True]


class OneWebhookOnly(Receiver):
    """Takes the webhook that comes first, and refuses all that comes after it."""

    def check(self, event: Event) -> None:
        super().check(event)
        if self.seen:
            raise No(422, "not wanted")


def test_a_case_is_not_tried_where_one_of_its_webhooks_was_not_taken() -> None:
    subjects = [under_test(Specification.load().webhook(name)) for name in ("alohub.call-ended", "alohub.auto-call")]
    joint = [one for one in rule_cases(subjects, frozenset({"order.across-webhooks"})) if one.case]
    with Server(OneWebhookOnly()) as server:
        endpoint = Endpoint(parse_url(f"{server.origin}{WEBHOOK}"), Key(KEY))
        with PytestHarness(endpoint, subjects, HarnessOptions()) as harness:
            outcomes = [harness.hold(one) for one in joint]
    assert joint
    assert joint[0].case is not None
    assert joint[0].case.webhook == "alohub.call-ended"
    assert [outcome.untried.partition(":")[0] for outcome in outcomes] == ["the first ordinary call was not taken"] * 2
