"""What is counted, and how Prometheus reads it.

Counting happens with every attempt, so it is done in plain numbers; the client library comes in when somebody
reads. No label holds a URL or a number of anything: labels are few, whatever is sent wherever.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from mock_alohub.delivery.new_delivery import AttemptResult
from mock_alohub.delivery.state import StateName, Waiting

if TYPE_CHECKING:
    from prometheus_client.core import Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
EDGES_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0)
"""Upper edges of the durations that are counted; one is the contract's deadline, so that lateness is exact."""
_PREFIX: Final = "mock_alohub"


class Metrics:
    """Counts what the engine does since the start. `under_way` and `waiting` are asked when somebody reads."""

    def __init__(self, under_way: Callable[[], int] = int, waiting: Callable[[], int] = int) -> None:
        self._under_way = under_way
        self._waiting = waiting
        self._deliveries: Counter[tuple[str, str]] = Counter()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._retries: Counter[str] = Counter()
        self._traffic: Counter[str] = Counter()
        self._durations: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()

    def count(self, outcome: AttemptResult) -> None:
        """Count an attempt and what became of its delivery."""
        webhook, elapsed_s = outcome.due.new_delivery.message.webhook, outcome.attempt.elapsed_s
        self._attempts[webhook, "acknowledged" if outcome.failure is None else outcome.failure.value] += 1
        if outcome.due.tries:
            self._retries[webhook] += 1
        if not isinstance(outcome.state, Waiting):
            self._deliveries[webhook, outcome.state.name.value] += 1
        durations = self._durations.get(webhook)
        if durations is None:
            durations = self._durations[webhook] = [0] * (len(EDGES_S) + 1)
        durations[bisect_left(EDGES_S, elapsed_s)] += 1
        self._seconds[webhook] += elapsed_s  # type: ignore[assignment]  # a Counter counts in any number

    def count_canceled(self, webhook: str, deliveries: int) -> None:
        """Count deliveries that were called off while they waited: no attempt came to that."""
        self._deliveries[webhook, StateName.CANCELED.value] += deliveries

    def count_traffic(self, came: str, calls: int) -> None:
        """Count calls of the background traffic by what came of them."""
        self._traffic[came] += calls

    def exposed(self) -> bytes:
        """Everything in Prometheus' text format."""
        # Imported here: nobody waits for it but who reads the metrics.
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterable[Metric]:
        """The metrics, as the client library wants them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        deliveries = CounterMetricFamily(
            f"{_PREFIX}_deliveries", "Deliveries that have ended, by their end", labels=["webhook", "outcome"]
        )
        _fill(deliveries, self._deliveries)
        attempts = CounterMetricFamily(
            f"{_PREFIX}_attempts", "Attempts, acknowledged or why not", labels=["webhook", "outcome"]
        )
        _fill(attempts, self._attempts)
        retries = CounterMetricFamily(f"{_PREFIX}_retries", "Attempts after the first", labels=["webhook"])
        for webhook, count in self._retries.items():
            retries.add_metric([webhook], count)
        traffic = CounterMetricFamily(f"{_PREFIX}_traffic_calls", "Calls of the background traffic", labels=["outcome"])
        for came, count in self._traffic.items():
            traffic.add_metric([came], count)
        duration = HistogramMetricFamily(
            f"{_PREFIX}_delivery_duration_seconds",
            "From the start of an attempt to the last byte of the answer, or to its failure",
            labels=["webhook"],
        )
        for webhook, counts in self._durations.items():
            duration.add_metric([webhook], _buckets(counts), self._seconds[webhook])
        inflight = GaugeMetricFamily(f"{_PREFIX}_inflight", "Attempts under way", self._under_way())
        depth = GaugeMetricFamily(f"{_PREFIX}_queue_depth", "Deliveries that wait", self._waiting())
        return [deliveries, attempts, retries, traffic, duration, inflight, depth]


def _fill(family: Any, counted: Counter[tuple[str, str]]) -> None:
    for labels, count in counted.items():
        family.add_metric(list(labels), count)


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """The counts as Prometheus has them: each bucket holds all that took no longer than its edge."""
    total = 0
    buckets: list[tuple[str, float]] = []
    for edge, count in zip((*EDGES_S, float("inf")), counts, strict=True):
        total += count
        buckets.append(("+Inf" if edge == float("inf") else f"{edge:g}", total))
    return buckets
