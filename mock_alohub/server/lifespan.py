"""The start of the server, and its end, in the right order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from mock_alohub.clock import WallTime
from mock_alohub.delivery.call_log import CallLog
from mock_alohub.delivery.destination import Registration
from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.outbox import Outbox
from mock_alohub.delivery.retention import Retention
from mock_alohub.delivery.state import StateName
from mock_alohub.delivery.transport import Transport
from mock_alohub.messages.endpoint import Endpoint, Key
from mock_alohub.server import temporary_folder
from mock_alohub.server.context import Context
from mock_alohub.server.dialled_addresses import reachable
from mock_alohub.server.event_stream import Feeds
from mock_alohub.server.hostility import Hostility
from mock_alohub.server.inbox import Inboxes
from mock_alohub.server.metrics import Metrics
from mock_alohub.server.providers.api_keys import Access, ApiKey
from mock_alohub.server.providers.context import ProviderContext
from mock_alohub.server.providers.rates import Limits, Rates
from mock_alohub.server.scenarios.runs import Runs, is_left_behind
from mock_alohub.server.scenarios.scenario import Catalogue
from mock_alohub.server.switchboard import Switchboard, speaks_of_calls
from mock_alohub.specification.specification import Specification

GRACE_S: Final = 8.0
"""How long attempts under way have to end when the server closes: longer than any deadline that is published, and so
short that everything is over before the ten seconds that container engines wait."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a server is to be. `database` None is one that is thrown away afterwards.

    `public_url` is where it is reached. `private` says whether private addresses may be dialled, `verify_tls` whether
    certificates are looked at. `endpoints` are registered in the default namespace unless they are already.
    `hostile` percent of the deliveries are duplicated or held back, drawn from `seed`.
    `scenarios` is a folder of more of them; `url` is where the server reaches itself, unless at `public_url`.
    `retention` says how long ended deliveries are kept.
    `api_keys` and `limits` are those of Alohub's own REST API; without a key of its own it takes `token`, or any key.
    """

    specification: Specification
    public_url: str
    database: Path | None = None
    time_scale: float = 1.0
    token: str | None = None
    private: bool = True
    verify_tls: bool = True
    endpoints: Sequence[Endpoint] = field(default_factory=tuple)
    api_keys: Sequence[ApiKey] = field(default_factory=tuple)
    limits: Limits = field(default_factory=Limits)
    scenarios: Path | None = None
    hostile: float = 0.0
    seed: int = 0
    url: str = ""
    retention: Retention = field(default_factory=Retention)


@asynccontextmanager
async def opened(plan: Plan) -> AsyncIterator[Context]:
    """The context of a server at work, that goes on where the last one with this database stopped.

    Raises a `Mistake` when the database cannot be used.
    """
    catalogue = Catalogue(plan.specification, plan.scenarios)
    async with AsyncExitStack() as stack:
        path, folder = plan.database, None
        if path is None:
            folder = stack.enter_context(temporary_folder.thrown_away())
            path = folder / temporary_folder.NAME
        clock = WallTime()
        outbox = await stack.enter_async_context(Outbox(path, clock))
        transport = await stack.enter_async_context(
            Transport(verify_tls=plan.verify_tls, address_filter=reachable(private=plan.private))
        )
        engine = Engine(
            outbox,
            transport,
            plan.specification,
            clock=clock,
            time_scale=plan.time_scale,
            retention=plan.retention,
        )
        switchboard = Switchboard(
            engine,
            plan.specification,
            public_url=plan.public_url,
            clock=clock,
            time_scale=plan.time_scale,
            hostility=Hostility(plan.hostile, plan.seed, time_scale=plan.time_scale) if plan.hostile else None,
        )
        log = CallLog(path, lambda moment: switchboard.due_at(moment, clock.now()))
        stack.push_async_callback(log.close)
        if speaks_of_calls(plan.specification):
            switchboard.listeners.append(log.keep)
        keys = plan.api_keys or ([ApiKey(Key(plan.token))] if plan.token else [])
        context = Context(
            specification=plan.specification,
            engine=engine,
            switchboard=switchboard,
            clock=clock,
            inboxes=Inboxes(plan.specification.webhooks.values()),
            feeds=Feeds(engine.subscribe),
            tally=Metrics(lambda: engine.under_way, lambda: _waiting(engine)),
            providers=ProviderContext(log, Access(tuple(keys)), Rates(plan.limits)),
            runs=Runs(catalogue),
            public_url=plan.public_url,
            url=plan.url or plan.public_url,
            time_scale=plan.time_scale,
            token=plan.token,
            private=plan.private,
            folder=folder,
        )
        engine.on_outcome(context.tally.count)
        engine.on_canceled(context.tally.count_canceled)
        await _sweep(outbox, clock.now())
        await engine.start()
        stack.push_async_callback(engine.stop, GRACE_S)
        stack.push_async_callback(context.runs.stop)
        stack.callback(context.feeds.close)
        for endpoint in plan.endpoints:
            await _have(engine, endpoint)
        yield context


def _waiting(engine: Engine) -> int:
    """How many deliveries wait in all namespaces."""
    namespaces = {one.registration.namespace for one in engine.store.destinations()}
    return sum(engine.store.counts(name)[StateName.WAITING] for name in namespaces)


async def _sweep(outbox: Outbox, now: float) -> None:
    """Remove the receivers of runs that a killed process left behind: at their URLs somebody else may listen by now."""
    for one in outbox.destinations():
        if is_left_behind(one.registration.namespace, one.registration.endpoint.url.target):
            await outbox.remove(one.id, now)


async def _have(engine: Engine, endpoint: Endpoint) -> None:
    """See to it that `endpoint` is registered, with the key it has now."""
    for known in engine.store.destinations():
        registration = known.registration
        if registration.namespace == Registration(endpoint).namespace and registration.endpoint.url == endpoint.url:
            if registration.endpoint.key != endpoint.key:
                await engine.change(replace(known, registration=replace(registration, endpoint=endpoint)))
            return
    await engine.register(Registration(endpoint))
