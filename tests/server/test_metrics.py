"""What Prometheus reads."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mock_alohub.delivery.new_delivery import AttemptResult, NewDelivery, ScheduledDelivery
from mock_alohub.delivery.state import Dead, Delivered, Waiting
from mock_alohub.messages.attempt import Attempt, Cause, Reply
from mock_alohub.messages.message import Message
from mock_alohub.messages.policy import policy_of
from mock_alohub.server.metrics import EDGES_S, Metrics
from mock_alohub.specification.specification import Specification


def outcome(
    elapsed_s: float = 0.1,
    *,
    tries: int = 0,
    failure: Cause | None = None,
    state: Waiting | Delivered | Dead | None = None,
) -> AttemptResult:
    due = ScheduledDelivery(1, NewDelivery(1, Message("alohub.call-ended", "1", "POST", (), b"{}")), 0.0, tries, tries)
    return AttemptResult(due, Attempt(tries + 1, 0.0, elapsed_s, Reply(200)), failure, state or Delivered(0.0))


def counted(*outcomes: AttemptResult) -> dict[tuple[str, tuple[str, ...]], float]:
    """Name and values of labels, in the order of their names, to what is exposed."""
    tally = Metrics(lambda: 3, lambda: 4)
    for one in outcomes:
        tally.count(one)
    families = text_string_to_metric_families(tally.exposed().decode())
    return {
        (one.name, tuple(one.labels[name] for name in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def test_the_deadlines_of_the_webhooks_are_edges() -> None:
    assert {policy_of(webhook).deadline_s for webhook in Specification.load().webhooks.values()} <= set(EDGES_S)


def test_an_answer_at_the_deadline_is_in_time_and_one_behind_it_is_not() -> None:
    found = counted(outcome(5.0), outcome(5.000001))
    name = "mock_alohub_delivery_duration_seconds_bucket"
    edges = [found[name, (edge, "alohub.call-ended")] for edge in ("4", "5", "7.5", "+Inf")]
    assert edges == [0, 1, 2, 2]


def test_deliveries_are_counted_by_their_end() -> None:
    found = counted(
        outcome(),
        outcome(failure=Cause.STATUS, state=Waiting(9.0)),
        outcome(failure=Cause.STATUS, state=Dead(0.0, Cause.STATUS)),
    )
    ends = {name[1][0]: value for name, value in found.items() if name[0] == "mock_alohub_deliveries_total"}
    assert sum(ends.values()) == 2


def test_deliveries_that_were_called_off_while_they_waited_are_counted() -> None:
    tally = Metrics()
    tally.count_canceled("alohub.call-ended", 2)
    assert (
        'mock_alohub_deliveries_total{outcome="canceled",webhook="alohub.call-ended"} 2.0' in tally.exposed().decode()
    )


def test_attempts_after_the_first_are_retries() -> None:
    assert counted(outcome(), outcome(tries=1), outcome(tries=2))[
        "mock_alohub_retries_total", ("alohub.call-ended",)
    ] == 2  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("mock_alohub_inflight", 3), ("mock_alohub_queue_depth", 4)])
def test_what_is_under_way_and_what_waits_is_asked_when_somebody_reads(name: str, value: int) -> None:
    assert counted()[name, ()] == value


def test_no_label_holds_a_url_or_a_number() -> None:
    labels = {label for name, values in counted(outcome()) for label in values if "bucket" not in name}
    assert labels == {"alohub.call-ended", "acknowledged", "delivered"}


def test_calls_of_the_background_traffic_are_counted_by_what_came_of_them() -> None:
    tally = Metrics()
    for came, calls in (("placed", 3), ("skipped", 2), ("placed", 4)):
        tally.count_traffic(came, calls)
    exposed = tally.exposed().decode()
    assert 'mock_alohub_traffic_calls_total{outcome="placed"} 7.0' in exposed
    assert 'mock_alohub_traffic_calls_total{outcome="skipped"} 2.0' in exposed
