"""The record of a load run (`load.json`), which every report of it is rendered from, now or later.

The shapes below are the published interface, format 1; `schemas/mock-alohub/load.json` states them as JSON Schema.
"""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict, cast

from mock_alohub.reports.record import Contract, Target, Tool, demand_shape, document_of

FORMAT: Final = 1
KIND: Final = "load"
SCHEMA_FILE: Final = "load.json"

Verdict = Literal["pass", "fail", "inconclusive", "unreachable", "interrupted"]


class LoadTarget(Target):
    """What was loaded. `provider` is the title of the document that describes the webhooks; they may be built in."""

    provider: NotRequired[str]


class PlanRecord(TypedDict):
    """What was to be offered: `rate` in calls per second (the highest, where a profile varies it)."""

    rate: float
    duration_s: float
    profile: str
    arrivals: str
    retries: bool
    time_scale: float
    """What the provider's waits before retries are divided by."""
    drain_s: float
    """How long retries are waited for after the last departure."""
    workers: int


class ThresholdRecord(TypedDict):
    """A limit of the verdict. `measured` is None when there was nothing to measure it by.

    Of a search for the capacity, whose steps were all held to the limit, it is that of the last step.
    """

    name: Literal["late", "refused", "failed", "lost", "p50", "p95", "p99"]
    limit: float
    measured: float | None
    unit: Literal["percent", "ms"]
    kept: bool


class RateRecord(TypedDict):
    """Departures of calls per second over the time they were offered in: as planned, and as made."""

    offered_per_s: float
    achieved_per_s: float


class CountsRecord(TypedDict):
    """Attempts, exact: each that was sent is one of the four others.

    `acknowledged` in time, `late` (the deadline passed), `refused` (a whole answer in time, with another status),
    `failed` (no whole answer).
    """

    sent: int
    acknowledged: int
    late: int
    refused: int
    failed: int


class DeliveriesRecord(TypedDict):
    """Messages at their end: acknowledged at last; not even after the last retry; a retry was due after the run."""

    delivered: int
    lost: int
    undecided: int


class CauseRecord(TypedDict):
    """Why attempts were not acknowledged, first attempts and retries, the most frequent first."""

    cause: str
    count: int


class PercentilesRecord(TypedDict):
    """Milliseconds, by nearest rank; None when there was no value."""

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None


class WorkerRecord(TypedDict):
    """A process that sent; `lost_after_s` is set when it was lost before the end."""

    name: str
    sent: int
    lost_after_s: float | None


class GeneratorRecord(TypedDict):
    """How the generator of the load fared. `bottleneck`: it could not offer what was asked for, as `reason` says."""

    bottleneck: bool
    reason: str
    cpu_percent: float | None
    """Of one core, that of the busiest worker, the mean over the run."""
    in_flight_max: int
    workers: list[WorkerRecord]


class CellRecord(TypedDict):
    """A piece of the run, `for_s` seconds from `at_s` on. Attempts are counted where they ended, save `sent`."""

    at_s: float
    for_s: float
    scheduled: int
    sent: int
    retried: int
    acknowledged: int
    late: int
    refused: int
    failed: int
    in_flight: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    lag_ms: float


class StepRecord(TypedDict):
    """One rate that a search for the capacity tried. `because` says what broke, empty when it was kept."""

    rate: float
    seconds: float
    kept: bool
    because: str
    p99_ms: float | None
    late: int
    refused: int
    failed: int
    achieved_per_s: float


class CapacityRecord(TypedDict):
    """What a search for the capacity found: the highest rate that holds, and the lowest above it that does not.

    `holds_per_s` is None when not even the lowest rate held, `breaks_per_s` when none was found that breaks;
    `because` says why it breaks, or why the search ended. `agents` is the size of a call centre that makes as many
    calls, None where that is not known.
    """

    holds_per_s: float | None
    breaks_per_s: float | None
    because: str
    agents: int | None
    steps: list[StepRecord]


class LoadRecord(TypedDict):
    """The whole `load.json`."""

    format: Literal[1]
    kind: Literal["load"]
    tool: Tool
    target: LoadTarget
    contract: Contract
    plan: PlanRecord
    seed: int
    started_at: str
    """ISO 8601 in UTC."""
    duration_s: float
    """Of the whole run, the wait for the last retries included."""
    verdict: Verdict
    reason: str
    """One sentence that says the verdict in words."""
    thresholds: list[ThresholdRecord]
    rate: RateRecord
    first_attempts: CountsRecord
    retry_attempts: CountsRecord
    deliveries: DeliveriesRecord
    unsent: dict[str, int]
    """Departures that were not made, by reason."""
    webhooks: dict[str, CountsRecord]
    """First attempts."""
    causes: list[CauseRecord]
    latency_ms: PercentilesRecord
    """First attempts, from the intended departure to the last byte of the answer, or to giving up."""
    lag_ms: PercentilesRecord
    """From the intended departure until the request was handed to the network."""
    percentiles: list[list[float]]
    """Pairs of a share (0 to 1) and the latency in milliseconds that this share of first attempts did not exceed."""
    generator: GeneratorRecord
    timeline: list[CellRecord]
    capacity: CapacityRecord | None
    notes: list[str]
    """What the reader should know besides: assumptions, limits."""


_EXPECTED: Final = "write one with `mock-alohub load URL --report json=load.json`"


def read_load_record(text: bytes, *, source: str = "the report") -> LoadRecord:
    """The record in `text`, the bytes of a `load.json`; `source` names the file in messages.

    Keys that this version does not know are kept. Raises `Unreadable` when it is no JSON, when its format is newer
    than `FORMAT`, or when it does not match `schemas/mock-alohub/load.json` (saying where, as a JSON pointer).
    """
    document = document_of(text, source=source, of="a load run", hint=_EXPECTED)
    demand_shape(document, SCHEMA_FILE, source=source, newest=FORMAT, hint=_EXPECTED)
    return cast(LoadRecord, document)
