"""A run of a scenario: its steps carried out one by one, and its end held against what the scenario says."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from random import Random
from typing import Any, Final

from mock_alohub.delivery.destination import Destination, Overrides, Registration
from mock_alohub.delivery.event import Missed, Subscription
from mock_alohub.delivery.state import BadMove, Dead, StateName, Waiting
from mock_alohub.delivery.view import UnknownDelivery, UnknownEndpoint
from mock_alohub.errors import Mistake
from mock_alohub.messages.endpoint import URL, Endpoint, Key, parse_url
from mock_alohub.messages.policy import seconds
from mock_alohub.server.call_request import USUAL, place, wished
from mock_alohub.server.context import Context
from mock_alohub.server.control import json_views
from mock_alohub.server.control.endpoints import overrides_of
from mock_alohub.server.control.inboxes import program_of
from mock_alohub.server.control.namespaces import forget
from mock_alohub.server.dialled_addresses import reachable
from mock_alohub.server.scenarios.runs import RECEIVER, Receiver, Run, RunState, receiver_path
from mock_alohub.server.scenarios.scenario import Scenario
from mock_alohub.server.switchboard import speaks_of_calls
from mock_alohub.vietnam_time import local

PATIENCE_S: Final[Mapping[Receiver, float]] = {Receiver.INBOX: 60.0, Receiver.ENDPOINTS: 900.0}
"""How long a run takes at most. The built-in receiver's time is skipped, that of other endpoints takes its course."""
NEXT: Final = "next"
_LOOK_AGAIN_S: Final = 0.25
_MOST_SEEDS: Final = 2**31
_log: Final = logging.getLogger(__name__)


class Stuck(Mistake):
    """A run that cannot go on."""


async def start(context: Context, namespace: str, scenario: Scenario, seed: int, receiver: Receiver | None) -> Run:
    """A run of `scenario` that was asked for in `namespace`; it goes on by itself.

    `receiver` None: the endpoints of the namespace if there are any and the scenario has no receiver of its own.
    Raises `TooManyRuns`, and `Stuck` for a receiver that cannot be.
    """
    runs = context.runs
    runs.check_room()
    enabled = [one for one in context.engine.store.endpoints(namespace) if one.enabled]
    if receiver is None:
        receiver = Receiver.ENDPOINTS if enabled and not scenario.own_receiver else Receiver.INBOX
    if receiver is Receiver.ENDPOINTS and scenario.own_receiver:
        raise Stuck(f"`{scenario.name}` says how its receiver behaves", hint="it needs the built-in one: `inbox`")
    if receiver is Receiver.ENDPOINTS and not enabled:
        raise Stuck("no endpoint here is enabled", hint="register one with POST /api/v1/endpoints, or take `inbox`")
    if receiver is Receiver.INBOX and not _reaches_itself(context):
        raise Stuck(
            "the built-in receiver is at a private address, and this server sends to none (--public-only)",
            hint="start the server without --public-only"
            + ("" if scenario.own_receiver else ", or let an endpoint be the receiver"),
        )
    run = Run(scenario, namespace, receiver, seed, context.clock.now())
    for old in runs.begin(run, _performed(context, run)):
        await clear(context, old)
    return run


def _reaches_itself(context: Context) -> bool:
    return context.private or reachable(private=False)(ip_address(parse_url(context.url).host))


async def clear(context: Context, run: Run) -> None:
    """Forget what a run that has ended left in a namespace of its own."""
    if run.receiver is Receiver.INBOX:
        await forget(context, run.namespace)


async def _performed(context: Context, run: Run) -> None:
    state, reason = RunState.STOPPED, ""
    try:
        with context.engine.subscribe(run.namespace, capacity=10_000) as events:
            performance = Runner(context, run, events)
            try:
                async with asyncio.timeout(PATIENCE_S[run.receiver]):
                    await performance.play()
                reason = performance.difference()
                state = RunState.FAILED if reason else RunState.PASSED
            except TimeoutError:
                state, reason = RunState.FAILED, performance.standstill()
            except Mistake as mistake:
                state, reason = (RunState.STOPPED if events.closed else RunState.FAILED), mistake.message
            except Exception:
                _log.exception("event=defect run=%s", run.id)
                state, reason = RunState.FAILED, "this is a defect of mock-alohub"
            finally:
                await performance.leave()
    finally:
        run.end(state, context.clock.now(), reason)


class Runner:
    """Carries out `run`. `events` are those of its namespace."""

    def __init__(self, context: Context, run: Run, events: Subscription) -> None:
        self._context = context
        self._engine = context.engine
        self._run = run
        self._events = events
        self._changed: set[int] = set()
        self._receiver: Destination | None = None
        self._deaf: socket.socket | None = None
        self._verbs = {
            "call": self._call,
            "inbox": self._inbox,
            "listening": self._listening,
            "advance": self._advance,
            "wait": self._wait,
            "resend": self._resend,
        }

    async def play(self) -> None:
        """Every step, and then the end of every delivery."""
        run = self._run
        if run.receiver is Receiver.INBOX:
            self._receiver = await self._engine.register(_registration(self._context, run))
            self._context.inboxes.program(run.namespace, RECEIVER, program_of({}, self._context.inboxes.usual))
        for step in run.scenario.steps:
            verb = next(name for name in self._verbs if name in step)
            await self._verbs[verb](step)
            run.done += 1
        await self._until(lambda: not run.ledger.live)
        self._count_received()

    async def leave(self) -> None:
        """Let go of what the run had: its receiver goes, and with it what still waits."""
        self._count_received()
        if self._deaf is not None:
            self._deaf.close()
        if self._receiver is not None:
            with suppress(UnknownEndpoint):
                await self._engine.remove(self._run.namespace, self._receiver.id)
        elif self._run.ledger.live and not self._events.closed:
            for number in list(self._run.ledger.live):
                with suppress(BadMove, UnknownDelivery):
                    await self._engine.cancel(self._run.namespace, number)
        with suppress(Mistake):
            self._look(every=True)

    def difference(self) -> str:
        """What is other than the scenario says; empty when nothing is."""
        run = self._run
        views: dict[int, list[Any]] = {}
        for view in run.ledger.views():
            views.setdefault(view.endpoint, []).append(view)
        told: list[str] = []
        for endpoint, own in views.items():
            where = f" at endpoint {endpoint}" if len(views) > 1 else ""
            found = {
                "delivered": sum(view.state.name is StateName.DELIVERED for view in own),
                "dead": sum(view.state.name is StateName.DEAD for view in own),
                "attempts": sum(view.attempts for view in own),
                "received": run.received,
            }
            for name, wanted in run.scenario.ends.items():
                if found[name] not in (None, wanted):
                    told.append(f"{name} {found[name]} instead of {wanted}{where}")
        if not views:
            told.append("no endpoint wanted any of the messages")
        causes = sorted({view.state.cause.value for view in run.ledger.views() if isinstance(view.state, Dead)})
        if told and causes:
            told.append(f"given up for: {', '.join(causes)}")
        return "; ".join(told)

    def standstill(self) -> str:
        """Where a run stands that took too long."""
        run, states = self._run, self._run.ledger.states
        where = f"step {run.done + 1}" if run.done < len(run.scenario.steps) else "the end"
        counted = ", ".join(f"{number} {name}" for name, number in states.items() if number) or "nothing was sent"
        return f"{where} was not over after {PATIENCE_S[run.receiver]:g} s: {counted}; {run.ledger.attempts} attempts"

    async def _call(self, step: Mapping[str, Any]) -> None:
        run, wishes = self._run, step["call"]
        # Each step draws for itself: one more call in the first step changes nothing in the second.
        seed = wishes.get("seed", int(Random(f"{run.seed} step {run.done}").random() * _MOST_SEEDS))
        ended_at = self._context.clock.now() - seconds(step.get("ago", "0s"))
        calls = list(wished(wishes, seed, local(json_views.instant(ended_at))))
        placing = asyncio.ensure_future(
            place(
                self._context.switchboard,
                run.namespace,
                wishes,
                calls,
                seed,
                webhooks=self._told_by(),
                as_told=True,
            )
        )
        try:
            await asyncio.shield(placing)
        finally:
            # A run that is stopped here knows what it has placed all the same, so that it is called off.
            placed = await placing
            run.calls.extend(placed)
            self._changed.update(number for one in placed for number in one.deliveries)
            self._look()

    def _told_by(self) -> Sequence[str]:
        """What tells of calls where a step names no webhooks: a story is one webhook's, of a document the first."""
        known = self._context.specification
        if speaks_of_calls(known):
            return USUAL
        wanted = [one.webhooks for one in self._engine.store.endpoints(self._run.namespace) if one.enabled]
        return [name for name in known.webhooks if any(not names or name in names for names in wanted)][:1]

    async def _inbox(self, step: Mapping[str, Any]) -> None:
        self._context.inboxes.program(
            self._run.namespace, RECEIVER, program_of(step["inbox"], self._context.inboxes.usual)
        )

    async def _listening(self, step: Mapping[str, Any]) -> None:
        if self._deaf is not None:
            self._deaf.close()
            self._deaf = None
        if not step["listening"]:
            # Bound, and not listening: the port is nobody else's, and refuses connections.
            self._deaf = socket.socket()
            self._deaf.bind(("127.0.0.1", 0))
        await self._redirect()

    async def _redirect(self) -> None:
        assert self._receiver is not None  # noqa: S101 - a step about the receiver makes the run have one
        registration = self._receiver.registration
        url = _own_url(self._context, self._run)
        if self._deaf is not None:
            url = replace(url, scheme="http", host="127.0.0.1", port=self._deaf.getsockname()[1])
        endpoint = replace(registration.endpoint, url=url)
        self._receiver = replace(self._receiver, registration=replace(registration, endpoint=endpoint))
        await self._engine.change(self._receiver)

    async def _advance(self, step: Mapping[str, Any]) -> None:
        self._look(every=True)
        by = step["advance"]
        await self._pass(self._until_next_s() if by == NEXT else seconds(by) / self._context.time_scale)

    async def _wait(self, step: Mapping[str, Any]) -> None:
        wanted, ledger = step["wait"], self._run.ledger

        def holds() -> bool:
            found = {
                "attempts": ledger.attempts,
                "delivered": ledger.states[StateName.DELIVERED],
                "dead": ledger.states[StateName.DEAD],
                "ended": ledger.ended,
            }
            return all(found[name] >= least for name, least in wanted.items())

        await self._until(holds)

    async def _resend(self, step: Mapping[str, Any]) -> None:
        self._look(every=True)
        state = StateName(step["resend"])
        for view in list(self._run.ledger.views()):
            if view.state.name is state:
                await self._engine.resend(self._run.namespace, view.id)
                self._changed.add(view.id)
        self._look()

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait until it `holds`. Where the receiver is the run's own, time that nothing happens in is skipped."""
        self._look(every=True)
        while not holds():
            if self._events.closed:
                raise Stuck("the server stops")
            if not self._run.ledger.live:
                raise Stuck(f"step {self._run.done + 1} waits for what cannot come: every delivery has ended")
            if self._run.receiver is Receiver.INBOX and (left_s := self._until_next_s()) > 0:
                await self._pass(left_s)
            heard = None
            # Not every change is told of one by one: look at all now and then.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_S):
                    heard = await anext(self._events, None)
            if heard is not None and not isinstance(heard, Missed) and heard.delivery in self._run.ledger:
                self._changed.add(heard.delivery)
            self._look(every=heard is None or isinstance(heard, Missed))

    def _look(self, *, every: bool = False) -> None:
        """See how the deliveries stand that have changed, or all that have not ended. Raises `Stuck`."""
        changed, self._changed = self._changed | (self._run.ledger.live if every else set()), set()
        try:
            for number in changed:
                self._run.ledger.note(self._engine.delivery(self._run.namespace, number))
        except UnknownDelivery:
            raise Stuck("its deliveries were forgotten while it was under way") from None

    def _until_next_s(self) -> float:
        """Seconds until the next try is due; 0 when one is due, or under way."""
        ledger = self._run.ledger
        if ledger.states[StateName.ATTEMPTING] or not ledger.live:
            return 0.0
        states = [view.state for view in ledger.views(ledger.live)]
        due_at = min((state.next_at for state in states if isinstance(state, Waiting)), default=0.0)
        return max(0.0, due_at - self._context.clock.now())

    async def _pass(self, ahead_s: float) -> None:
        """Let so many seconds of this server's time pass."""
        namespace = self._run.namespace
        await self._engine.advance(namespace, ahead_s)
        await self._context.providers.log.advance(namespace, ahead_s, self._context.clock.now())
        self._look(every=True)

    def _count_received(self) -> None:
        if self._run.receiver is Receiver.INBOX:
            inbox = self._context.inboxes.find(self._run.namespace, RECEIVER)
            self._run.received = 0 if inbox is None else inbox.received


def _registration(context: Context, run: Run) -> Registration:
    overrides = overrides_of(run.scenario.policy) if run.scenario.policy else Overrides()
    forms = {one.key_form for one in context.specification.webhooks.values() if one.key_header}
    # With a colon it is a name and a password as well; no key serves webhooks that carry theirs in several forms.
    key = Key(f"key-of-run:{run.id}") if len(forms) <= 1 else None
    endpoint = Endpoint(_own_url(context, run), key)
    return Registration(endpoint, run.namespace, overrides=overrides)


def _own_url(context: Context, run: Run) -> URL:
    return parse_url(f"{context.url}{receiver_path(run.namespace)}")
