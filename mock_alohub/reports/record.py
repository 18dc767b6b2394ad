"""The record of a check (`report.json`) and what a report format is: a pure function from that record to text.

The shapes below are the published interface, format 1; `schemas/mock-alohub/report.json` states them as JSON Schema.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, NotRequired, TypedDict, TypeVar, cast

import orjson

from mock_alohub import bundle
from mock_alohub.errors import Unreadable

FORMAT = 1

BODY_LIMIT = 4096
"""Bytes of a body that a record keeps; `body_size` says how many there were."""

Outcome = Literal["pass", "fail", "skip", "crash"]
Verdict = Literal["pass", "fail", "unreachable", "interrupted"]


class Sent(TypedDict):
    """The request of a finding: the key masked, the body as text, cut after 4 KiB (`body_size` has the whole size)."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str
    body_size: int


class Received(TypedDict):
    """What came back: the status, or the `cause` why there is no whole answer with its `detail`."""

    status: int | None
    headers: list[tuple[str, str]]
    body: str
    body_size: int
    cause: str | None
    detail: str
    elapsed_ms: float


class FindingRecord(TypedDict):
    """How a rule was broken. `reproduce` is a shell line (or two) that sends the same; it never holds the key."""

    case: str
    webhook: str
    got: str
    wanted: str
    hint: str
    reproduce: str
    sent: Sent | None
    received: Received | None


class SourceRecord(TypedDict):
    """Where a requirement comes from; `assumed` says that the documents leave it open."""

    document: str
    section: str
    assumed: bool


class RuleRecord(TypedDict):
    """One rule and what came of it. `reason` is set for skip and crash (for a skip: why it could not be tried)."""

    id: str
    family: str
    level: Literal["MUST", "SHOULD"]
    title: str
    requirement: str
    source: SourceRecord
    outcome: Outcome
    reason: str
    requests: int
    slowest_ms: float | None
    findings: list[FindingRecord]


class Tool(TypedDict):
    """Which program made the record."""

    name: str
    version: str


class Target(TypedDict):
    """What was checked. `key` is `masked` when one was used, else `none`."""

    url: str
    webhooks: list[str]
    key: Literal["masked", "none"]


class Contract(TypedDict):
    """The policy that was applied. `assumed` maps what the provider does not publish to the reason for its value."""

    deadline_ms: float
    acknowledged_by: list[int]
    assumed: dict[str, str]


class Counts(TypedDict):
    """Rules by what came of them, and requests sent. `passed`+`skipped`+`crashed`+failed = all rules."""

    must_failed: int
    should_failed: int
    passed: int
    skipped: int
    crashed: int
    requests: int


class Latency(TypedDict):
    """Exact percentiles over the acknowledged probes, in milliseconds; None when there was none."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


class Sample(TypedDict):
    """One probe that was meant to be acknowledged, for the latency picture (at most 2,000 of them are kept)."""

    at_ms: float
    elapsed_ms: float
    rule: str
    acknowledged: bool


class Record(TypedDict):
    """The whole `report.json`."""

    format: Literal[1]
    tool: Tool
    target: Target
    contract: Contract
    seed: int
    strict: bool
    started_at: str
    """ISO 8601 in UTC."""
    duration_s: float
    verdict: Verdict
    reason: str
    """One sentence that says the verdict in words (why it could not be reached, which rule weighs most…)."""
    counts: Counts
    latency_ms: Latency
    samples: list[Sample]
    rules: list[RuleRecord]
    options: NotRequired[list[str]]
    """What else was asked for, as words of a command line; never a secret."""
    notes: NotRequired[list[str]]
    """What the reader should know besides: assumptions, limits, options that switched rules off."""


AnyRecord = TypeVar("AnyRecord")
"""The record of a check, or of another kind of run that has reports of its own."""


@dataclass(frozen=True, slots=True)
class Format(Generic[AnyRecord]):
    """A member of a list of formats. `render` makes the whole text; `suffix` is the usual file ending."""

    name: str
    suffix: str
    summary: str
    render: Callable[[AnyRecord], str]


def read_record(text: bytes, *, source: str = "the report") -> Record:
    """The record in `text`, the bytes of a `report.json`; `source` names the file in messages.

    Keys that this version does not know are kept. Raises `Unreadable` when it is no JSON, when its format is newer
    than `FORMAT`, or when it does not match `schemas/mock-alohub/report.json` (saying where, as a JSON pointer).
    """
    document = document_of(text, source=source, of="a check", hint=_EXPECTED)
    demand_shape(document, "report.json", source=source, newest=FORMAT, hint=_EXPECTED)
    return cast(Record, document)


_EXPECTED: Final = "write one with `mock-alohub check URL --report json=report.json`"


def document_of(text: bytes, *, source: str, of: str, hint: str) -> dict[str, Any]:
    """The JSON object in `text`, which says its `format`. Raises `Unreadable`: it is not the record `of` something."""
    try:
        document = orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"{source} is not JSON: {error}", hint=hint) from None
    if not isinstance(document, dict) or "format" not in document:
        raise Unreadable(f"{source} is JSON, but not the record of {of}", hint=hint)
    return document


def demand_shape(document: dict[str, Any], schema_file: str, *, source: str, newest: int, hint: str) -> None:
    """Hold `document` to a schema in `schemas/mock-alohub/`.

    Raises `Unreadable` when its format is newer than `newest`, or when it does not match (saying where).
    """
    import jsonschema_rs

    number = document["format"]
    if isinstance(number, int) and number > newest:
        raise Unreadable(
            f"{source} has format {number}; this version of mock-alohub reads format {newest}",
            hint="use the version that wrote it, or a newer one",
        )
    schema = orjson.loads((bundle.path("schemas") / "mock-alohub" / schema_file).read_bytes())
    # The values are masked: they may be long, and may hold anything that an endpoint answered.
    errors = list(jsonschema_rs.validator_for(schema, mask="the value").iter_errors(document))
    if not errors:
        return
    first = errors[0]
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in first.instance_path)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise Unreadable(f"{source} is not a valid record: at `{pointer or '/'}`: {first.message}{more}", hint=hint)
