"""What `load` does: offer an endpoint calls at a rate, and say whether it holds."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any, Final

import click

from mock_alohub import reports
from mock_alohub.cli import values
from mock_alohub.cli.actions.load_values import (
    capacity_of,
    ceiling_of,
    demand_sense,
    demand_worker_alone,
    profile_of,
    thresholds_of,
)
from mock_alohub.cli.failure import talk, tell
from mock_alohub.cli.interrupt import terminated_as_interrupted
from mock_alohub.cli.load_progress import LoadLine
from mock_alohub.cli.reporting import demand_writable, summarize, write_all
from mock_alohub.delivery import transport
from mock_alohub.errors import BadOption, ExitCode, MissingExtra, Mistake, Unreachable
from mock_alohub.load import preflight, processes, staffing
from mock_alohub.load.capacity import Answer, CapacityOptions, answer_of
from mock_alohub.load.carried_spec import carried
from mock_alohub.load.ownership import demand_ownership, distant_addresses
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.record import LoadRecord
from mock_alohub.load.reports import FORMATS
from mock_alohub.load.reports.terminal import render
from mock_alohub.load.result import Result
from mock_alohub.load.thresholds import Thresholds
from mock_alohub.load.usual import MASTER_PORT
from mock_alohub.load.verdict import RunData, exit_code, judge
from mock_alohub.messages.endpoint import URL, Endpoint, Key
from mock_alohub.messages.policy import policy_of
from mock_alohub.reports.request import Request
from mock_alohub.specification.webhook import Webhook

DEFAULT_RATE: Final = 10.0
"""Calls per second: those of more than a thousand agents, and nothing that harms anybody."""


class NotTaken(Mistake):
    """The endpoint does not acknowledge one ordinary call, so there is no use in more."""

    exit_code = ExitCode.BROKEN


@dataclass(frozen=True, slots=True)
class Load:
    """A load run as it was asked for."""

    endpoint: Endpoint
    webhooks: Sequence[Webhook]
    plan: LoadPlan
    thresholds: Thresholds
    capacity: CapacityOptions | None
    workers: int
    port: int | None = None
    """Where the workers of other machines are waited for; None when all are of this one."""


def load(context: click.Context, /, url: URL | None, **chosen: Any) -> ExitCode:
    """Load `url` as the options of `context` ask for, print the summary and write the reports."""
    demand_sense(context, chosen)
    if importlib.util.find_spec("locust") is None:  # said before the endpoint is called
        raise MissingExtra("mock-alohub load", "load")
    key = values.key_of(context, chosen["key"], chosen["key_file"])
    if chosen["worker"] is not None:
        demand_worker_alone(context)
        host, port = chosen["worker"]
        return _work(host, port, chosen["workers"], key)
    if url is None:
        raise BadOption("URL is missing", hint="mock-alohub load URL [OPTIONS], or --worker HOST")
    requests = reports.parse_requests(chosen["report_texts"], FORMATS)
    demand_writable(path for _, path in requests)
    wanted = _load_of(url, key, chosen)
    values.warn_if_insecure(wanted.plan.insecure)
    with terminated_as_interrupted(), LoadLine(search=chosen["find_capacity"]) as line:
        line.say(f"calling {url.shown()}")
        wanted, found = transport.run(_prepared(wanted, chosen))
        if found.reason:
            return _not_begun(wanted, found, requests)
        began, started_at = monotonic(), datetime.now(UTC)
        try:
            result = _run(wanted, key, line)
        except KeyboardInterrupt:  # before anything departed
            result = Result.nothing()
    record = _judged(wanted, result, started_at, monotonic() - began)
    failure = write_all(record, requests)
    summarize(requests, partial(render, record))
    verdict = exit_code(record)
    return failure if failure and verdict is ExitCode.KEPT else verdict


def _load_of(url: URL, key: Key | None, chosen: dict[str, Any]) -> Load:
    profile = profile_of(chosen)
    known = values.specification(chosen["status_spelling"], chosen["described"])
    worded = values.in_words(known, chosen["webhooks"], chosen["wordings"])
    specified = values.by_method(worded, chosen["webhooks"], chosen["method"])
    webhooks = values.webhooks_of(specified, chosen["webhooks"])
    names = tuple(webhook.name for webhook in webhooks)
    plan = LoadPlan(
        url=str(url),
        webhooks=names,
        rate=chosen["rate"] or DEFAULT_RATE,
        duration_s=chosen["duration_s"] or profile.duration_s,
        profile=profile.name,
        arrivals=chosen["arrivals"],
        seed=values.drawn_seed(chosen["seed"]),
        retries=chosen["retries"],
        time_scale=chosen["time_scale"],
        drain_s=chosen["drain_s"],
        insecure=chosen["insecure"],
        spelling=() if chosen["described"] else tuple(chosen["status_spelling"]),
        described=carried(known, names) if chosen["described"] else "",
        templates=tuple((webhook.name, webhook.template.text) for webhook in webhooks if webhook.template),
        method=chosen["method"] or "",
    )
    workers = (chosen["expect_workers"] or 1) if chosen["master"] else chosen["workers"]
    port = chosen["master_port"] if chosen["master"] else None
    return Load(plan.endpoint(key), webhooks, plan, thresholds_of(chosen), None, workers, port)


async def _prepared(wanted: Load, chosen: dict[str, Any]) -> tuple[Load, preflight.Preflight]:
    """The run with its ceiling known, and what came of the first ordinary calls. Raises `NotOwned`, `BadOption`."""
    endpoint, plan = wanted.endpoint, wanted.plan
    async with transport.Transport(verify_tls=not plan.insecure) as sender:
        distant = await distant_addresses(endpoint.url)
        ceiling = ceiling_of(chosen, distant=bool(distant))
        capacity = capacity_of(chosen, plan.rate, ceiling)
        ceiling.demand(plan.rate, plan.duration_s if capacity is None else capacity.time_budget_s)
        await demand_ownership(endpoint.url, distant, sender, declared=chosen["declared"])
        found = await preflight.preflight(endpoint, wanted.webhooks, plan.seed, sender)
    return replace(wanted, plan=replace(plan, owned=bool(distant)), capacity=capacity), found


def _run(wanted: Load, key: Key | None, line: LoadLine) -> Result:
    """Offer the load, from this machine or from those that join."""
    if wanted.port is None:
        return processes.run(
            wanted.plan,
            key=key,
            workers=wanted.workers,
            capacity=wanted.capacity,
            thresholds=wanted.thresholds,
            on_progress=line,
        )
    line.say("")
    port = "" if wanted.port == MASTER_PORT else f":{wanted.port}"
    talk(f"waiting for workers, {wanted.workers} at least: mock-alohub load --worker ADDRESS-OF-THIS-MACHINE{port}")
    return processes.run_master(
        wanted.plan,
        key=key,
        port=wanted.port,
        expect_workers=wanted.workers,
        capacity=wanted.capacity,
        thresholds=wanted.thresholds,
        on_progress=line,
    )


def _work(host: str, port: int, workers: int, key: Key | None) -> ExitCode:
    """Be a worker until the master ends the run."""
    talk(f"working for the master at {host}:{port}; Ctrl-C stops")
    with terminated_as_interrupted():
        processes.run_worker(host, port, key=key, workers=workers, on_word=talk)
    return ExitCode.KEPT


def _not_begun(wanted: Load, found: preflight.Preflight, requests: Sequence[Request[LoadRecord]]) -> ExitCode:
    """Write the reports of a run that ended with its first call, and say why it did."""
    write_all(_judged(wanted, Result(preflight.tally_of(found), ()), datetime.now(UTC), 0.0), requests)
    return tell((NotTaken if found.reachable else Unreachable)(found.reason, hint=found.hint))


def _judged(wanted: Load, result: Result, started_at: datetime, duration_s: float) -> LoadRecord:
    answer: Answer | None = None
    notes = list(result.notes)
    if wanted.capacity is not None and result.steps:
        answer = answer_of(result.steps, wanted.capacity)
        notes += [staffing.assumption()] if answer.agents is not None and wanted.plan.of_calls else []
        if answer.holds_per_s is not None and not answer.confirmed:
            rate = f"{answer.holds_per_s:,g} {'calls' if wanted.plan.of_calls else 'messages'}/s"
            notes.append(f"{rate} were held for a short while only: there was no time for more")
    story = RunData(
        plan=wanted.plan,
        endpoint=wanted.endpoint,
        policies={webhook.name: policy_of(webhook) for webhook in wanted.webhooks},
        thresholds=wanted.thresholds,
        run_counts=result.run_counts,
        workers=result.workers,
        started_at=started_at,
        duration_s=duration_s,
        interrupted=result.interrupted,
        answer=answer,
        steps=result.steps,
        notes=notes,
    )
    return judge(story)
