from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mock_alohub.delivery.destination import Overrides, Registration, Shape
from mock_alohub.delivery.dispatcher import Limits
from mock_alohub.delivery.event import AttemptOver, Enqueued, Missed, StateChanged
from mock_alohub.delivery.retention import Retention
from mock_alohub.delivery.state import (
    Attempting,
    BadMove,
    Canceled,
    Dead,
    Delivered,
    StateName,
    Waiting,
)
from mock_alohub.delivery.view import UnknownDelivery, UnknownEndpoint, Wanted
from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.endpoint import Key
from mock_alohub.messages.transmission import ORDINARY, Credential, HangUp, Request, Wire
from tests.delivery.desk import EPOCH, Desk, Partner, desk, in_loop, message, new_delivery
from tests.fakes import KEY, answers, endpoint, failed, replied

NS = "default"


class Gate:
    """An endpoint that keeps what it is sent until it is opened, save hosts named in `through`."""

    def __init__(self, *through: str, answer: Attempt | None = None) -> None:
        self.open = asyncio.Event()
        self.through = through
        self.answer = answer or replied(200)
        self.waiting: list[Request] = []
        self.passed: list[str] = []

    async def send(self, request: Request, *, deadline_s: float, wire: Wire = ORDINARY, number: int = 1) -> Attempt:
        if request.url.host not in self.through:
            self.waiting.append(request)
            await self.open.wait()
        self.passed.append(request.url.host)
        return replace(self.answer, number=number)

    def drop_idle(self) -> None:
        raise AssertionError("the engine has no reason to")

    async def until_waiting(self, count: int) -> None:
        while len(self.waiting) < count:  # noqa: ASYNC110 - a fake has no event for it
            await asyncio.sleep(0.001)


# An ordinary delivery


@in_loop
async def test_what_is_enqueued_is_delivered(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await at.settled(StateName.DELIVERED)
        assert at.state(number) == Delivered(EPOCH)
        assert [attempt.number for attempt in at.outbox.attempts(NS, number)] == [1]


@in_loop
async def test_the_request_carries_the_message_and_the_key(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.enqueue(await at.endpoint())
        await at.settled(StateName.DELIVERED)
        (sent,) = at.sender.sent
        assert (sent.request.method, str(sent.request.url)) == ("POST", "http://a.test/hook")
        assert (sent.request.body, sent.authorization) == (message("call-0").body, KEY)


@in_loop
async def test_an_attempt_has_the_deadline_of_the_policy(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.enqueue(await at.endpoint())
        await at.enqueue(await at.endpoint("b", overrides=Overrides(deadline_s=1.5)))
        await at.settled(StateName.DELIVERED, 2)
        assert sorted(sent.deadline_s for sent in at.sender.sent) == [1.5, 5.0]


@in_loop
async def test_a_delivery_for_later_waits_for_its_time(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint(), at=EPOCH + 60)
        at.time.advance(59)
        assert at.state(number) == Waiting(EPOCH + 60)
        at.time.advance(1)
        await at.settled(StateName.DELIVERED)


@in_loop
async def test_an_endpoint_can_have_another_method(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.enqueue(await at.endpoint(method="PUT"))
        await at.settled(StateName.DELIVERED)
        assert at.sender.sent[0].request.method == "PUT"


@in_loop
async def test_an_endpoint_can_have_the_key_in_a_header_of_its_own(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner()) as at:
        await at.enqueue(await at.endpoint(shape=Shape(key_header="X-Shop-Key")))
        await at.settled(StateName.DELIVERED)
        headers = dict(at.sender.sent[0].request.headers)
    assert (headers["X-Shop-Key"], "Authorization" in headers) == (KEY, False)


@in_loop
async def test_a_webhook_that_is_not_specified_is_not_accepted(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        with pytest.raises(UnknownName):
            await at.engine.enqueue([replace(new_delivery(where), message=message(webhook="alohub.call-end"))])


@in_loop
async def test_an_endpoint_that_does_not_exist_takes_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(UnknownEndpoint):
            await at.engine.enqueue([new_delivery(7)])


# Retries


@in_loop
async def test_retries_come_after_the_waits_of_the_policy_and_then_it_is_dead(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(replied(500)))) as at:
        (number,) = await at.enqueue(await at.endpoint())
        now, waits = EPOCH, []
        for count in range(1, 4):
            await attempts_made(at, number, count)
            state = at.state(number)
            assert isinstance(state, Waiting)
            waits.append(state.next_at - now)
            now = state.next_at
            at.time.advance(waits[-1])
        await at.settled(StateName.DEAD)
        assert waits == [5.0, 30.0, 120.0]
        assert at.state(number) == Dead(now, Cause.STATUS)
        assert [attempt.number for attempt in at.outbox.attempts(NS, number)] == [1, 2, 3, 4]


async def attempts_made(at: Desk, number: int, count: int) -> None:
    while at.engine.delivery(NS, number).attempts < count:  # noqa: ASYNC110 - the store has no event
        await asyncio.sleep(0.001)


@in_loop
async def test_a_retry_sends_the_same_bytes(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(failed(Cause.RESET), replied(200)))) as at:
        await at.enqueue(await at.endpoint())
        await at.settled(StateName.WAITING)
        at.time.advance(5)
        await at.settled(StateName.DELIVERED)
        first, second = at.sender.sent
        assert first.request == second.request


@in_loop
async def test_a_time_scale_brings_retries_nearer(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(replied(500))), time_scale=100.0) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await attempts_made(at, number, 1)
        assert at.state(number) == Waiting(EPOCH + 0.05)


@in_loop
async def test_an_endpoint_can_have_a_policy_of_its_own(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(replied(204)))) as at:
        await at.enqueue(await at.endpoint(overrides=Overrides(acknowledged_by=(200, 204))))
        await at.enqueue(await at.endpoint("b", overrides=Overrides(retries_s=())))
        await at.settled(StateName.DELIVERED)
        await at.settled(StateName.DEAD)


@in_loop
async def test_what_is_due_in_ten_minutes_happens_now_when_time_is_advanced(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        await at.enqueue(where, at=EPOCH + 600)
        (later,) = await at.enqueue(where, at=EPOCH + 700)
        assert await at.engine.advance(NS, 600) == 2
        await at.settled(StateName.DELIVERED)
        assert at.state(later) == Waiting(EPOCH + 100)


@in_loop
async def test_time_advances_in_one_namespace_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint(namespace="other"), at=EPOCH + 600)
        assert await at.engine.advance(NS, 600) == 0
        assert at.state(number, "other") == Waiting(EPOCH + 600)


# Faults


@in_loop
async def test_a_delivery_can_carry_a_fault_of_the_wire_and_another_key_for_some_tries(tmp_path: Path) -> None:
    wire = Wire(hang_up=HangUp.RESET, pieces=3, pause_s=0.5, raw=b"\x00\xff")
    async with desk(tmp_path, Partner(answers(failed(Cause.HUNG_UP), replied(200)))) as at:
        lie = Credential("wrong", "wrong", "another key")
        (number,) = await at.enqueue(await at.endpoint(), credential=lie, wire=wire, faulty_tries=1)
        await attempts_made(at, number, 1)
        at.time.advance(5)
        await at.settled(StateName.DELIVERED)
        assert [(sent.authorization, sent.wire) for sent in at.sender.sent] == [("wrong", wire), (KEY, ORDINARY)]


@in_loop
async def test_a_fault_is_the_same_after_it_was_read_from_disk(tmp_path: Path) -> None:
    wire = Wire(hang_up=HangUp.AFTER_REQUEST, cut_at=7, raw=b"\x00\xff", fresh=True)
    async with desk(tmp_path, Partner(answers(failed(Cause.HUNG_UP)))) as at:
        lie = Credential(None, None, "no Authorization header")
        (number,) = await at.enqueue(await at.endpoint(), credential=lie, wire=wire)
        await attempts_made(at, number, 1)
        at.time.advance(5)
        await attempts_made(at, number, 2)
        first, second = at.sender.sent
        assert (first.request, first.wire, first.authorization) == (second.request, wire, None)
        assert second.wire == wire


# Fairness and limits


@in_loop
async def test_a_dead_endpoint_with_ten_thousand_waiting_delays_no_other(tmp_path: Path) -> None:
    gate = Gate("alive.test")
    async with desk(tmp_path, gate, limits=Limits(attempts_per_endpoint=10)) as at:
        dead, alive = await at.endpoint("dead"), await at.endpoint("alive")
        for _ in range(10):
            await at.enqueue(dead, 1000)
        await at.enqueue(alive, 100)
        await at.settled(StateName.DELIVERED, 100)
        assert gate.passed == ["alive.test"] * 100
        assert len(gate.waiting) == 10


@in_loop
async def test_an_endpoint_that_refuses_ten_thousand_delays_no_other(tmp_path: Path) -> None:
    def answer(request: Request) -> Attempt:
        return replied(200) if request.url.host == "alive.test" else failed(Cause.REFUSED)

    async with desk(tmp_path, Partner(answer)) as at:
        dead, alive = await at.endpoint("dead"), await at.endpoint("alive")
        for _ in range(10):
            await at.enqueue(dead, 1000)
        sent_before = len(at.sender.sent)
        await at.enqueue(alive, 100)
        await at.settled(StateName.DELIVERED, 100)
        last = max(n for n, sent in enumerate(at.sender.sent) if sent.request.url.host == "alive.test")
        assert last - sent_before < 10_000


@in_loop
async def test_where_all_workers_are_busy_endpoints_take_turns(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(), limits=Limits(attempts=2, attempts_per_endpoint=2)) as at:
        first, second = await at.endpoint("first"), await at.endpoint("second")
        await at.engine.enqueue([new_delivery(where, n) for where in (first, second) for n in range(50)])
        await at.settled(StateName.DELIVERED, 100)
        assert at.sender.most_under_way == 2
        assert {sent.request.url.host for sent in at.sender.sent[:20]} == {"first.test", "second.test"}


@in_loop
async def test_an_endpoint_that_was_switched_off_while_it_stood_in_line_holds_up_nobody(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate, limits=Limits(attempts=1)) as at:
        first, second, third = [await at.endpoint(name) for name in "abc"]
        for where in (first, second, third):
            await at.enqueue(where)
        await gate.until_waiting(1)
        await at.engine.change(replace(second, registration=replace(second.registration, enabled=False)))
        gate.open.set()
        await at.settled(StateName.DELIVERED, 2)
        assert gate.passed == ["a.test", "c.test"]


@in_loop
async def test_few_of_many_waiting_deliveries_are_in_memory(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate, limits=Limits(attempts_per_endpoint=5, held=100)) as at:
        where = await at.endpoint()
        for _ in range(5):
            await at.enqueue(where, 1000)
        await gate.until_waiting(5)
        queue = at.engine._dispatcher.queue(where.id)
        assert len(queue.held) <= 100
        gate.open.set()
        await at.settled(StateName.DELIVERED, 5000)
        assert len(gate.passed) == 5000
        assert at.engine._dispatcher._held == 0


# Cancel, resend


@in_loop
async def test_a_waiting_delivery_can_be_canceled(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint(), at=EPOCH + 5)
        assert await at.engine.cancel(NS, number) == Canceled(EPOCH)
        at.time.advance(10)
        (after,) = await at.enqueue(await at.endpoint("b"))
        await at.settled(StateName.DELIVERED)
        assert (at.state(number), after) == (Canceled(EPOCH), after)
        assert len(at.sender.sent) == 1


@in_loop
async def test_a_delivery_that_is_ready_can_be_canceled(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate, limits=Limits(attempts_per_endpoint=1)) as at:
        first, second = await at.enqueue(await at.endpoint(), 2)
        await gate.until_waiting(1)
        assert await at.engine.cancel(NS, second) == Canceled(EPOCH)
        gate.open.set()
        await at.settled(StateName.DELIVERED)
        assert at.state(first) == Delivered(EPOCH)
        assert len(gate.waiting) == 1
        assert at.engine._dispatcher._held == 0


@in_loop
async def test_a_failing_attempt_is_the_last_when_it_was_canceled_meanwhile(tmp_path: Path) -> None:
    gate = Gate(answer=replied(500))
    async with desk(tmp_path, gate) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await gate.until_waiting(1)
        assert await at.engine.cancel(NS, number) == Attempting(EPOCH)
        gate.open.set()
        await at.settled(StateName.CANCELED)
        assert len(at.outbox.attempts(NS, number)) == 1


@in_loop
async def test_what_was_acknowledged_in_spite_of_a_cancelation_is_delivered(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await gate.until_waiting(1)
        await at.engine.cancel(NS, number)
        gate.open.set()
        await at.settled(StateName.DELIVERED)


@in_loop
async def test_a_delivered_one_cannot_be_canceled(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await at.settled(StateName.DELIVERED)
        with pytest.raises(BadMove):
            await at.engine.cancel(NS, number)


@in_loop
async def test_a_delivered_one_can_be_resent(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await at.settled(StateName.DELIVERED)
        at.time.advance(100)
        assert await at.engine.resend(NS, number) == Waiting(EPOCH + 100)
        await attempts_made(at, number, 2)
        await at.settled(StateName.DELIVERED)
        assert [attempt.number for attempt in at.outbox.attempts(NS, number)] == [1, 2]


@in_loop
async def test_a_dead_one_that_is_resent_has_all_its_retries_again(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(replied(500)))) as at:
        (number,) = await at.enqueue(await at.endpoint(overrides=Overrides(retries_s=(1.0,))))
        await attempts_made(at, number, 1)
        at.time.advance(1)
        await at.settled(StateName.DEAD)
        await at.engine.resend(NS, number)
        await attempts_made(at, number, 3)
        assert at.state(number) == Waiting(EPOCH + 2)


@in_loop
async def test_a_waiting_one_that_is_resent_goes_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (number,) = await at.enqueue(await at.endpoint(), at=EPOCH + 3600)
        await at.engine.resend(NS, number)
        await at.settled(StateName.DELIVERED)


@in_loop
async def test_what_is_under_way_cannot_be_resent(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await gate.until_waiting(1)
        with pytest.raises(BadMove):
            await at.engine.resend(NS, number)


# Endpoints


@in_loop
async def test_nothing_is_sent_to_an_endpoint_that_is_switched_off_until_it_is_on_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint(enabled=False)
        (number,) = await at.enqueue(where)
        await at.enqueue(await at.endpoint("b"))
        await at.settled(StateName.DELIVERED)
        assert at.state(number) == Waiting(EPOCH)
        await at.engine.change(replace(where, registration=replace(where.registration, enabled=True)))
        await at.settled(StateName.DELIVERED, 2)


@in_loop
async def test_a_changed_key_is_used_from_the_next_attempt_on(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(replied(401), replied(200)))) as at:
        where = await at.endpoint()
        (number,) = await at.enqueue(where)
        await attempts_made(at, number, 1)
        there = replace(where.registration.endpoint, key=Key("another-key"))
        await at.engine.change(replace(where, registration=replace(where.registration, endpoint=there)))
        at.time.advance(5)
        await at.settled(StateName.DELIVERED)
        assert [sent.authorization for sent in at.sender.sent] == [KEY, "another-key"]


@in_loop
async def test_what_waits_for_a_removed_endpoint_is_canceled(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        (number,) = await at.enqueue(where, at=EPOCH + 5)
        assert await at.engine.remove(NS, where.id) == 1
        assert at.state(number) == Canceled(EPOCH)
        assert at.outbox.endpoints(NS) == []
        with pytest.raises(UnknownEndpoint):
            await at.enqueue(where)


@in_loop
async def test_it_is_told_how_many_were_called_off_while_they_waited(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        told: list[tuple[str, int]] = []
        at.engine.on_canceled(lambda webhook, count: told.append((webhook, count)))
        where = await at.endpoint()
        first, *_ = await at.enqueue(where, 3, at=EPOCH + 5)
        await at.engine.cancel(NS, first)
        await at.engine.remove(NS, where.id)
        assert told == [("alohub.call-ended", 1), ("alohub.call-ended", 2)]


@in_loop
async def test_an_endpoint_is_removed_from_its_own_namespace_only(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint(namespace="other")
        with pytest.raises(UnknownEndpoint):
            await at.engine.remove(NS, where.id)


@in_loop
async def test_a_reset_forgets_one_namespace(tmp_path: Path) -> None:
    gate = Gate("b.test")
    async with desk(tmp_path, gate) as at:
        (gone,) = await at.enqueue(await at.endpoint())
        (kept,) = await at.enqueue(await at.endpoint("b", namespace="other"))
        await at.settled(StateName.DELIVERED, namespace="other")
        await gate.until_waiting(1)
        await at.engine.reset(NS)
        gate.open.set()
        await at.endpoint("c")
        with pytest.raises(UnknownDelivery):
            at.state(gone)
        assert at.state(kept, "other") == Delivered(EPOCH)
        assert at.engine._dispatcher._held == 0


# Reading


@in_loop
async def test_an_attempt_that_is_under_way_is_seen(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate, limits=Limits(attempts_per_endpoint=1)) as at:
        first, second = await at.enqueue(await at.endpoint(), 2)
        await gate.until_waiting(1)
        pages = {name: at.engine.deliveries(Wanted(state=name)).items for name in StateName}
        assert {name: [view.id for view in items] for name, items in pages.items() if items} == {
            StateName.ATTEMPTING: [first],
            StateName.WAITING: [second],
        }
        assert at.state(first) == Attempting(EPOCH)
        assert at.engine.counts(NS)[StateName.ATTEMPTING] == 1
        assert [at.engine.count(Wanted(state=name), 9) for name in (StateName.WAITING, StateName.ATTEMPTING)] == [1, 1]


@in_loop
async def test_waiting_for_what_does_not_come_ends_with_what_there_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.enqueue(await at.endpoint())
        await at.settled(StateName.DELIVERED)
        assert await at.engine.until(Wanted(state=StateName.DELIVERED), 2, timeout_s=0.01) == 1


@in_loop
async def test_whoever_waits_sees_what_a_removed_endpoint_leaves_behind(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        await at.enqueue(where, 3, at=EPOCH + 60)
        waiting = asyncio.create_task(at.engine.until(Wanted(state=StateName.CANCELED), 3, timeout_s=15.0))
        await asyncio.sleep(0)
        await at.engine.remove(NS, where.id)
        assert await waiting == 3


# Events


@in_loop
async def test_a_subscriber_hears_a_delivery_s_life(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        with at.engine.subscribe(NS) as events, at.engine.subscribe("other") as silent:
            (number,) = await at.enqueue(where)
            heard: list[Any] = [await anext(events) for _ in range(4)]
            silent.close()
            assert [event async for event in silent] == []
        assert heard == [
            Enqueued(NS, number, where.id, "alohub.call-ended", "call-0", Waiting(EPOCH)),
            StateChanged(NS, number, where.id, Attempting(EPOCH)),
            AttemptOver(NS, number, where.id, heard[2].attempt, None),
            StateChanged(NS, number, where.id, Delivered(EPOCH)),
        ]


@in_loop
async def test_a_slow_subscriber_holds_up_nobody_and_hears_what_it_missed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        with at.engine.subscribe(capacity=10) as events:
            await at.enqueue(await at.endpoint(), 100)
            while at.engine.ended < 100:  # noqa: ASYNC110 - whoever tells of it is what is tested
                await asyncio.sleep(0.001)
            assert await anext(events) == Missed(100 * 4 - 10)


@in_loop
async def test_a_subscription_ends_with_the_engine(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        events = at.engine.subscribe()
        await at.engine.stop(grace_s=0.0)
        assert [event async for event in events] == []


# Safety


@in_loop
async def test_the_log_has_one_line_per_attempt_without_the_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mock_alohub.delivery")
    async with desk(tmp_path, Partner(answers(failed(Cause.DEADLINE, 'no "answer" came'), replied(200)))) as at:
        where = await at.engine.register(Registration(endpoint("http://a.test/hook?token=s3cret-in-url")))
        (number,) = await at.enqueue(where)
        await attempts_made(at, number, 1)
        at.time.advance(5)
        await at.settled(StateName.DELIVERED)
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("event=attempt")]
    which = f'namespace=default endpoint={where.id} url="http://a.test/hook?token=****"'
    call = "webhook=alohub.call-ended call_id=call-0"
    first = r'cause=deadline detail="no \"answer\" came" elapsed_ms=1.0 state=waiting'
    assert lines == [
        f"event=attempt delivery={number} number=1 {which} {call} {first} next_at=2023-11-14T22:13:25.000+00:00",
        f"event=attempt delivery={number} number=2 {which} {call} status=200 elapsed_ms=1.0 state=delivered",
    ]


@in_loop
async def test_a_key_that_the_endpoint_repeats_is_not_kept(tmp_path: Path) -> None:
    reply = replied(200, f"you sent {KEY}!".encode(), headers=(("X-Echo", KEY), ("X-Other", "fine")))
    async with desk(tmp_path, Partner(answers(reply))) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await at.settled(StateName.DELIVERED)
        (attempt,) = at.outbox.attempts(NS, number)
        assert attempt.excerpt == b"you sent ****!"
        assert attempt.headers == (("X-Echo", "****"), ("X-Other", "fine"))


@in_loop
async def test_a_defect_of_the_sender_is_a_failed_attempt(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: Request) -> Attempt:
        raise ZeroDivisionError("oh")

    async with desk(tmp_path, Partner(broken)) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await attempts_made(at, number, 1)
        (attempt,) = at.outbox.attempts(NS, number)
        assert (attempt.cause, attempt.detail) == (Cause.HUNG_UP, "not sent: ZeroDivisionError('oh')")
    assert "event=defect" in caplog.text


# Start and stop


@in_loop
async def test_a_stopping_engine_lets_attempts_end_within_the_grace_period(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate, limits=Limits(attempts_per_endpoint=1)) as at:
        first, second = await at.enqueue(await at.endpoint(), 2)
        await gate.until_waiting(1)
        stopping = asyncio.create_task(at.engine.stop(grace_s=20.0))
        await asyncio.sleep(0)
        gate.open.set()
        await stopping
        assert at.outbox.delivery(NS, first).state == Delivered(EPOCH)
        assert at.outbox.delivery(NS, second).state == Waiting(EPOCH)


@in_loop
async def test_what_is_under_way_after_the_grace_period_goes_on_after_the_next_start(tmp_path: Path) -> None:
    gate = Gate()
    async with desk(tmp_path, gate) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await gate.until_waiting(1)
    assert gate.passed == []
    async with desk(tmp_path) as again:
        await again.settled(StateName.DELIVERED)
        assert [attempt.number for attempt in again.outbox.attempts(NS, number)] == [1]


@in_loop
async def test_retries_that_became_due_meanwhile_go_on_after_the_next_start(tmp_path: Path) -> None:
    async with desk(tmp_path, Partner(answers(replied(500)))) as at:
        (number,) = await at.enqueue(await at.endpoint())
        await attempts_made(at, number, 1)
    async with desk(tmp_path) as again:
        assert again.state(number) == Waiting(EPOCH + 5)
        again.time.advance(5)
        await again.settled(StateName.DELIVERED)
        assert [sent.request.body for sent in again.sender.sent] == [message("call-0").body]


@in_loop
async def test_what_waits_of_a_webhook_that_is_unknown_goes_on_waiting_and_holds_up_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = replace(new_delivery(0, at=EPOCH + 1), message=message(webhook="gone.webhook"))
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        await at.outbox.enqueue([replace(unknown, endpoint=where.id)])
    async with desk(tmp_path) as again:
        assert "event=set-aside webhook=gone.webhook deliveries=1" in caplog.text
        again.time.advance(10)
        (known,) = await again.enqueue(where)
        await again.settled(StateName.DELIVERED)
        (left,) = again.engine.deliveries(Wanted(state=StateName.WAITING)).items
        assert (left.webhook, left.id != known) == ("gone.webhook", True)


@in_loop
async def test_what_is_of_an_unknown_webhook_is_not_sent_again_and_can_be_called_off(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        unknown = replace(new_delivery(where, at=EPOCH + 9), message=message(webhook="gone.webhook"))
        (due,) = await at.outbox.enqueue([unknown])
    async with desk(tmp_path) as again:
        with pytest.raises(BadMove, match=r"does not describe the webhook `gone\.webhook`"):
            await again.engine.resend(NS, due.id)
        assert await again.engine.cancel(NS, due.id) == Canceled(EPOCH)


@in_loop
async def test_an_endpoint_keeps_webhooks_that_are_unknown_now_and_gets_no_others_that_are(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.outbox.register(Registration(endpoint("http://a.test/hook"), webhooks=("gone.webhook",)))
        await at.engine.change(replace(where, registration=replace(where.registration, enabled=False)))
        assert at.outbox.destination(where.id).registration.enabled is False
        with pytest.raises(UnknownName):
            await at.engine.change(replace(where, registration=replace(where.registration, webhooks=("other.one",))))


@in_loop
async def test_whoever_enqueues_may_go_and_it_is_delivered_nevertheless(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        where = await at.endpoint()
        caller = asyncio.create_task(at.enqueue(where))
        await asyncio.sleep(0)
        caller.cancel()
        await at.settled(StateName.DELIVERED)


@in_loop
async def test_ended_deliveries_beyond_the_retention_limit_are_forgotten(tmp_path: Path) -> None:
    async with desk(tmp_path, retention=Retention(keep=10, every_s=0.01)) as at:
        numbers = await at.enqueue(await at.endpoint(), 600)
        await at.settled(StateName.DELIVERED, 10)
        while sum(at.outbox.counts(NS).values()) > 10:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.005)
        left = {view.id for view in at.engine.deliveries(Wanted()).items}
        assert left <= set(numbers)


@in_loop
async def test_time_does_not_advance_backwards(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(BadOption):
            await at.engine.advance(NS, -1)
