"""Scenarios over the control API: which there are, running one, how a run goes and how it ended."""

from __future__ import annotations

import asyncio
import secrets
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from mock_alohub.delivery.state import StateName
from mock_alohub.errors import UnknownName
from mock_alohub.messages.policy import seconds
from mock_alohub.server.control import json_views
from mock_alohub.server.problem import Problem
from mock_alohub.server.request import ApiRequest, Json
from mock_alohub.server.scenarios.runs import Receiver, Run, TooManyRuns, UnknownRun
from mock_alohub.server.scenarios.scenario import Scenario
from mock_alohub.server.switchboard import speaks_of_calls

_MOST_SEEDS: Final = 2**31


async def list_scenarios(request: ApiRequest) -> Response:
    """The scenarios there are."""
    return Json({"items": [_scenario(one) for one in request.context.runs.catalogue.all()]})


async def get_scenario(request: ApiRequest) -> Response:
    """One scenario with its steps."""
    scenario = _named(request)
    return Json(_scenario(scenario) | {"steps": scenario.steps, "policy": scenario.policy, "ends": scenario.ends})


async def run_scenario(request: ApiRequest) -> Response:
    """A run that has begun."""
    # Imported here: drawing calls takes tables and names that the start of the server need not wait for.
    from mock_alohub.server.scenarios.runner import Stuck, start

    wishes = request.content
    receiver = Receiver(wishes["receiver"]) if "receiver" in wishes else None
    seed = wishes.get("seed", secrets.randbelow(_MOST_SEEDS))
    try:
        run = await start(request.context, request.namespace, _named(request), seed, receiver)
    except TooManyRuns as full:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, full.message, hint=full.hint) from None
    except Stuck as conflict:
        raise Problem(HTTPStatus.CONFLICT, conflict.message, hint=conflict.hint) from None
    return Json(_in_full(request, run), HTTPStatus.CREATED)


async def list_runs(request: ApiRequest) -> Response:
    """The runs that were asked for here."""
    return Json({"items": [_run(run) for run in request.context.runs.of(request.namespace)]})


async def get_run(request: ApiRequest) -> Response:
    """One run; with a time limit as soon as it is over. Raises `Problem` (408) when it is not over in time."""
    run = _found(request)
    if "timeout" in request.given:
        try:
            async with asyncio.timeout(seconds(request.given["timeout"])):
                await run.over.wait()
        except TimeoutError:
            raise Problem(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the run is not over after {request.given['timeout']}: "
                f"{run.done} of {len(run.scenario.steps)} steps done",
                hint="GET it without a timeout to see what it waits for",
            ) from None
    return Json(_in_full(request, run))


async def stop_run(request: ApiRequest) -> Response:
    """A run that goes no further."""
    run = _found(request)
    await request.context.runs.stop([run])
    return Json(_in_full(request, run))


def _named(request: ApiRequest) -> Scenario:
    try:
        return request.context.runs.catalogue.named(request.given["scenario"])
    except UnknownName as unknown:
        raise Problem(HTTPStatus.NOT_FOUND, unknown.message, hint=unknown.hint) from None


def _found(request: ApiRequest) -> Run:
    try:
        return request.context.runs.find(request.namespace, request.given["run"])
    except UnknownRun as unknown:
        raise Problem(HTTPStatus.NOT_FOUND, unknown.message, hint=unknown.hint) from None


def _scenario(scenario: Scenario) -> json_views.Shown:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "story": scenario.story,
        "own_receiver": scenario.own_receiver,
        "bundled": scenario.bundled,
    }


def _run(run: Run) -> json_views.Shown:
    return {
        "id": run.id,
        "scenario": run.scenario.name,
        "state": run.state.value,
        "reason": run.reason,
        "seed": run.seed,
        "receiver": run.receiver.value,
        "namespace": run.namespace,
        "steps_done": run.done,
        "steps": len(run.scenario.steps),
        "started_at": json_views.instant(run.started_at),
        "ended_at": None if run.ended_at is None else json_views.instant(run.ended_at),
        "deliveries": {state.value: run.ledger.states[state] for state in StateName},
        "attempts": run.ledger.attempts,
        "received": run.received,
    }


def _in_full(request: ApiRequest, run: Run) -> json_views.Shown:
    calls = json_views.placed(run.calls, facts=speaks_of_calls(request.context.specification))
    return _run(run) | {"ends": run.scenario.ends, "calls": calls}
