"""What any store of deliveries must do: a suite to be inherited by the tests of each."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random

import pytest

from mock_alohub.delivery.destination import DEFAULT_NAMESPACE as NS
from mock_alohub.delivery.destination import Destination, Overrides, Registration, Shape
from mock_alohub.delivery.new_delivery import AttemptResult, NewDelivery, ScheduledDelivery
from mock_alohub.delivery.state import Canceled, Dead, Delivered, StateName, Waiting
from mock_alohub.delivery.store import Store
from mock_alohub.delivery.view import DeliveryView, UnknownDelivery, UnknownEndpoint, Wanted
from mock_alohub.errors import BadOption
from mock_alohub.messages.attempt import Attempt, Cause, Phases, Reply
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.transmission import Credential, HangUp, Wire
from tests.delivery.desk import EPOCH, HEADERS, ManualTime, in_loop, message, new_delivery
from tests.fakes import AUTO_CALL, CALL_ENDED, KEY, endpoint

REGISTRATION = Registration(endpoint("http://a.test/hook"))
ATTEMPT = Attempt(
    1,
    EPOCH + 0.5,
    0.25,
    Reply(503, (("Retry-After", "1"),), b"not now", 7),
    None,
    "",
    Phases(0.001, 0.002, None, 0.003, 0.2, 0.004),
    "127.0.0.1:80",
    reused=True,
)


def after(
    due: ScheduledDelivery, state: Waiting | Delivered | Dead | Canceled, cause: Cause | None = None
) -> AttemptResult:
    return AttemptResult(due, ATTEMPT, cause, state)


class StoreSuite:
    """Inherit from it and say how a store is opened."""

    def opened(self, folder: Path, time: ManualTime) -> AbstractAsyncContextManager[Store]:
        raise NotImplementedError

    @in_loop
    async def test_what_was_enqueued_is_there_when_the_store_is_opened_again(self, tmp_path: Path) -> None:
        time = ManualTime()
        wire = Wire(hang_up=HangUp.RESET, cut_at=3, pieces=2, pause_s=0.1, raw=b"\xff\x00", fresh=True)
        lie = Credential("wrong", "$WRONG", "another key")
        async with self.opened(tmp_path, time) as store:
            where = await store.register(REGISTRATION)
            kept = await store.enqueue(
                [new_delivery(where), new_delivery(where, 2, wire=wire, credential=lie, faulty_tries=2)]
            )
        async with self.opened(tmp_path, time) as store:
            assert store.due(where.id, EPOCH, 10) == kept

    @in_loop
    async def test_nothing_is_enqueued_when_one_endpoint_of_several_is_unknown(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            with pytest.raises(UnknownEndpoint):
                await store.enqueue([new_delivery(where), new_delivery(77)])
            await store.enqueue([new_delivery(where, 3)])
            assert [due.new_delivery.message.call_id for due in store.due(where.id, EPOCH, 10)] == ["call-3"]

    @in_loop
    async def test_numbers_grow_and_are_never_given_twice(self, tmp_path: Path) -> None:
        time = ManualTime()
        async with self.opened(tmp_path, time) as store:
            where = await store.register(REGISTRATION)
            first = await store.enqueue([new_delivery(where, number) for number in range(3)])
        async with self.opened(tmp_path, time) as store:
            second = await store.enqueue([new_delivery(where, number) for number in range(3)])
        numbers = [due.id for due in (*first, *second)]
        assert numbers == sorted(set(numbers))

    @in_loop
    async def test_only_what_is_due_is_given_the_longest_waiting_first(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            other = await store.register(REGISTRATION)
            moments = [EPOCH + 3, EPOCH + 1, EPOCH + 2, EPOCH + 9]
            await store.enqueue([new_delivery(where, n, at=at) for n, at in enumerate(moments)])
            await store.enqueue([new_delivery(other)])
            assert [due.at for due in store.due(where.id, EPOCH + 3, 10)] == [EPOCH + 1, EPOCH + 2, EPOCH + 3]
            assert len(store.due(where.id, EPOCH + 3, 2)) == 2
            assert [store.next_at(where.id, EPOCH + 3), store.next_at(where.id, EPOCH + 9)] == [EPOCH + 9, None]

    @pytest.mark.parametrize("at", [float("nan"), float("inf")])
    @in_loop
    async def test_a_delivery_has_a_real_time(self, tmp_path: Path, at: float) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            with pytest.raises(BadOption):
                await store.enqueue([new_delivery(where, at=at)])

    @in_loop
    async def test_an_attempt_is_kept_with_all_that_is_known_of_it(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            (due,) = await store.enqueue([new_delivery(await store.register(REGISTRATION))])
            await store.record(after(due, Waiting(EPOCH + 5), Cause.STATUS))
            (attempt,) = store.attempts("default", due.id)
            assert (attempt.number, attempt.started_at, attempt.elapsed_s) == (1, EPOCH + 0.5, 0.25)
            assert (attempt.status, attempt.cause, attempt.headers) == (503, Cause.STATUS, (("Retry-After", "1"),))
            assert (attempt.excerpt, attempt.body_size, attempt.phases) == (b"not now", 7, ATTEMPT.phases)
            assert (attempt.address, attempt.reused, attempt.detail) == ("127.0.0.1:80", True, "")

    @pytest.mark.parametrize(
        "state", [Waiting(EPOCH + 5), Delivered(EPOCH), Dead(EPOCH, Cause.TLS), Canceled(EPOCH)], ids=lambda s: s.name
    )
    @in_loop
    async def test_the_state_after_an_attempt_is_kept(
        self, tmp_path: Path, state: Waiting | Delivered | Dead | Canceled
    ) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            (due,) = await store.enqueue([new_delivery(where)])
            await store.record(after(due, state))
            view = store.delivery("default", due.id)
            assert (view.state, view.attempts) == (state, 1)
            again = [one for one in store.due(where.id, EPOCH + 5, 10) if one.id == due.id]
            assert [(one.attempts, one.tries) for one in again] == [(1, 1)] * isinstance(state, Waiting)

    @in_loop
    async def test_a_long_answer_is_kept_in_part(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            (due,) = await store.enqueue([new_delivery(await store.register(REGISTRATION))])
            long = Attempt(1, EPOCH, 0.1, Reply(200, (), b"x" * 60_000, 70_000))
            await store.record(AttemptResult(due, long, None, Delivered(EPOCH)))
            (attempt,) = store.attempts("default", due.id)
            assert (attempt.excerpt, attempt.body_size) == (b"x" * 2048, 70_000)

    @in_loop
    async def test_only_what_waits_is_canceled(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            first, second = await store.enqueue([new_delivery(await store.register(REGISTRATION))] * 2)
            await store.record(after(first, Delivered(EPOCH)))
            assert [await store.cancel(due.id, Canceled(EPOCH + 1)) for due in (first, second)] == [False, True]
            assert store.delivery("default", first.id).state == Delivered(EPOCH)
            assert store.delivery("default", second.id).state == Canceled(EPOCH + 1)

    @in_loop
    async def test_what_was_canceled_is_not_undone_by_a_late_attempt(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            (due,) = await store.enqueue([new_delivery(await store.register(REGISTRATION))])
            await store.cancel(due.id, Canceled(EPOCH))
            await store.record(after(due, Waiting(EPOCH + 5)))
            assert store.delivery("default", due.id).state == Canceled(EPOCH)

    @in_loop
    async def test_a_resent_delivery_is_due_with_no_try_made(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            (due,) = await store.enqueue([new_delivery(where)])
            await store.record(after(due, Dead(EPOCH, Cause.DNS)))
            assert await store.resend(due.id, EPOCH + 1)
            assert not await store.resend(12345, EPOCH)
            (again,) = store.due(where.id, EPOCH + 1, 10)
            assert (again.attempts, again.tries, again.at) == (1, 0, EPOCH + 1)

    @in_loop
    async def test_time_advances_for_what_waits_in_one_namespace(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            here = await store.register(REGISTRATION)
            there = await store.register(Registration(REGISTRATION.endpoint, "other"))
            await store.enqueue([new_delivery(here, at=EPOCH + 600), new_delivery(there, at=EPOCH + 600)])
            assert await store.advance("default", 600) == 1
            assert [len(store.due(where.id, EPOCH, 10)) for where in (here, there)] == [1, 0]

    @in_loop
    async def test_endpoints_are_kept_with_their_keys_and_shown_without(self, tmp_path: Path) -> None:
        time = ManualTime()
        registration = Registration(
            Endpoint(parse_url("http://a.test/hook?token=in-the-url"), Key(KEY)),
            webhooks=(CALL_ENDED,),
            method="PUT",
            enabled=False,
            overrides=Overrides(1.5, (200, 201), (1.0, 2.0)),
            shape=Shape((("X-Shop", "7"),), "{{call_id}}", ("ended",), "X-Key", aside=True),
        )
        async with self.opened(tmp_path, time) as store:
            await store.register(registration)
        async with self.opened(tmp_path, time) as store:
            (destination,) = store.destinations()
            assert destination.registration == registration
            (view,) = store.endpoints("default")
            assert view == destination.shown()
            assert KEY not in repr(view)
            assert (view.key, view.url) == ("masked", "http://a.test/hook?token=****")
            assert store.endpoints("other") == []

    @in_loop
    async def test_a_changed_endpoint_stays_in_its_namespace(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            await store.change(Destination(where.id, Registration(endpoint("http://b.test/"), "other")))
            assert store.destination(where.id).registration == Registration(endpoint("http://b.test/"))

    @in_loop
    async def test_a_removed_endpoint_takes_nothing_and_its_history_stays(self, tmp_path: Path) -> None:
        time = ManualTime()
        async with self.opened(tmp_path, time) as store:
            where = await store.register(REGISTRATION)
            delivered, waiting = await store.enqueue([new_delivery(where)] * 2)
            await store.record(after(delivered, Delivered(EPOCH)))
            assert await store.remove(where.id, EPOCH + 1) == {CALL_ENDED: 1}
            with pytest.raises(UnknownEndpoint):
                store.enqueue([new_delivery(where)])
        async with self.opened(tmp_path, time) as store:
            assert store.destinations() == []
            assert store.delivery("default", delivered.id).state == Delivered(EPOCH)
            assert store.delivery("default", waiting.id).state == Canceled(EPOCH + 1)

    @in_loop
    async def test_namespaces_with_endpoints_or_deliveries_are_known_by_name(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            assert store.namespaces() == []
            await store.register(Registration(REGISTRATION.endpoint, "b"))
            once = await store.register(Registration(REGISTRATION.endpoint, "a"))
            await store.enqueue([new_delivery(once)])
            await store.remove(once.id, EPOCH)
            assert store.namespaces() == ["a", "b"]
            await store.reset("a")
            assert store.namespaces() == ["b"]

    @in_loop
    async def test_a_reset_forgets_one_namespace_and_nothing_else(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            here = await store.register(REGISTRATION)
            there = await store.register(Registration(REGISTRATION.endpoint, "other"))
            gone, kept = await store.enqueue([new_delivery(here), new_delivery(there)])
            await store.reset("default")
            assert [one.id for one in store.destinations()] == [there.id]
            assert store.delivery("other", kept.id).id == kept.id
            with pytest.raises(UnknownDelivery):
                store.delivery("default", gone.id)

    @in_loop
    async def test_the_oldest_ended_deliveries_are_retired_first(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            dues = await store.enqueue([new_delivery(await store.register(REGISTRATION))] * 6)
            for due in dues[1:]:
                await store.record(after(due, Delivered(EPOCH)))
            assert await store.retire(0.0, 3, 100) == 2
            left = [view.id for view in store.deliveries(Wanted()).items]
            assert left == [dues[5].id, dues[4].id, dues[3].id, dues[0].id]
            assert store.attempts("default", dues[3].id) != []

    @in_loop
    async def test_ended_deliveries_that_are_too_old_are_retired_in_steps(self, tmp_path: Path) -> None:
        time = ManualTime()
        async with self.opened(tmp_path, time) as store:
            where = await store.register(REGISTRATION)
            old = await store.enqueue([new_delivery(where)] * 5)
            time.advance(100)
            (new,) = await store.enqueue([new_delivery(where)])
            for due in (*old, new):
                await store.record(after(due, Canceled(EPOCH)))
            assert [await store.retire(EPOCH + 50, 100, 2) for _ in range(4)] == [2, 2, 1, 0]
            assert [view.id for view in store.deliveries(Wanted()).items] == [new.id]

    @in_loop
    async def test_every_list_is_what_a_look_at_all_deliveries_gives(self, tmp_path: Path) -> None:
        random, time = Random(5), ManualTime()
        async with self.opened(tmp_path, time) as store:
            places = [
                await store.register(Registration(REGISTRATION.endpoint, ns)) for ns in ("default", "default", "x")
            ]
            for number in range(300):
                time.advance(1)
                webhook = random.choice([CALL_ENDED, AUTO_CALL])
                one = new_delivery(random.choice(places))
                told = message(f"call-{number // 3}", webhook)
                (due,) = await store.enqueue([type(one)(one.endpoint, told)])
                state = random.choice([None, Delivered(EPOCH), Dead(EPOCH, Cause.RESET), Canceled(EPOCH)])
                if state is not None:
                    await store.record(after(due, state))
            everything = list(walked(store, Wanted())) + list(walked(store, Wanted("x")))
            assert len(everything) == 300
            for _ in range(60):
                wanted = Wanted(
                    random.choice(["default", "x"]),
                    random.choice([None, places[0].id, places[2].id]),
                    random.choice([None, None, CALL_ENDED, AUTO_CALL]),
                    random.choice([None, None, None, "call-7", "call-50"]),
                    random.choice([None, None, StateName.WAITING, StateName.DEAD, StateName.DELIVERED]),
                    random.choice([None, EPOCH + 100]),
                    random.choice([None, EPOCH + 250]),
                )
                expected = sorted((view.id for view in everything if fits(view, wanted)), reverse=True)
                assert [view.id for view in walked(store, wanted)] == expected, wanted
                assert store.count(wanted, 1000) == len(expected)
                assert store.count(wanted, 5) == min(5, len(expected))

    @in_loop
    async def test_a_list_can_be_limited_to_some_numbers(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            dues = await store.enqueue([new_delivery(await store.register(REGISTRATION))] * 5)
            numbers = [dues[1].id, dues[3].id, 99]
            assert [view.id for view in store.deliveries(Wanted(), among=numbers).items] == [dues[3].id, dues[1].id]
            assert store.count(Wanted(), 10, among=numbers) == 2

    @in_loop
    async def test_a_namespace_sees_nothing_of_another(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            (due,) = await store.enqueue([new_delivery(await store.register(REGISTRATION))])
            for read in (store.delivery, store.message, store.attempts):
                with pytest.raises(UnknownDelivery):
                    read("other", due.id)

    @in_loop
    async def test_a_message_is_shown_without_the_key(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            lie = Credential("w-r-o-n-g", "$X", "another key")
            where = await store.register(REGISTRATION)
            plain, lying = await store.enqueue(
                [new_delivery(where), new_delivery(where, credential=lie, wire=Wire(fresh=True))]
            )
            shown = store.message("default", plain.id)
            assert (shown.method, shown.headers, shown.credential, shown.fault) == (
                "POST",
                HEADERS,
                "the agreed key",
                "",
            )
            assert shown.body == plain.new_delivery.message.body
            faulty = store.message("default", lying.id)
            assert (faulty.credential, faulty.fault) == ("another key", '{"fresh":true}')
            assert "w-r-o-n-g" not in repr(faulty)

    @in_loop
    async def test_states_are_counted_by_namespace(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            dues = await store.enqueue([new_delivery(await store.register(REGISTRATION))] * 3)
            await store.record(after(dues[0], Dead(EPOCH, Cause.DNS)))
            assert store.counts("default") == {
                StateName.WAITING: 2,
                StateName.DELIVERED: 0,
                StateName.DEAD: 1,
                StateName.CANCELED: 0,
            }
            assert sum(store.counts("other").values()) == 0

    @pytest.mark.parametrize("cursor", ["x", "AAAA", "ü", "AAAAAAAAAAA=", "' OR 1"])
    @in_loop
    async def test_a_cursor_of_somewhere_else_is_a_mistake(self, tmp_path: Path, cursor: str) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            with pytest.raises(BadOption, match="no cursor"):
                store.deliveries(Wanted(), cursor=cursor)

    @pytest.mark.parametrize(
        "wanted",
        [
            Wanted(endpoint=10**30),
            Wanted(endpoint=10**30, call_id="call-1"),
            Wanted(since=1e300),
            Wanted(since=float("inf")),
            Wanted(until=-1e300),
        ],
        ids=repr,
    )
    @in_loop
    async def test_what_is_beyond_every_measure_is_not_there(self, tmp_path: Path, wanted: Wanted) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            await store.enqueue([new_delivery(await store.register(REGISTRATION))])
            assert (store.deliveries(wanted).items, store.count(wanted, 5)) == ((), 0)
            with pytest.raises(UnknownDelivery):
                store.delivery("default", 10**30)

    @pytest.mark.parametrize("limit", [0, -1, 501])
    @in_loop
    async def test_a_page_has_a_limit(self, tmp_path: Path, limit: int) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            with pytest.raises(BadOption, match="1 to 500"):
                store.deliveries(Wanted(), limit=limit)

    @in_loop
    async def test_it_tells_of_what_was_enqueued_even_if_nobody_waits_for_it(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            told: list[ScheduledDelivery] = []
            store.on_enqueued(told.extend)
            where = await store.register(REGISTRATION)
            store.enqueue([new_delivery(where)]).cancel()
            await store.enqueue([new_delivery(where, 2)])
            assert [due.new_delivery.message.call_id for due in told] == ["call-1", "call-2"]

    @in_loop
    async def test_what_is_of_an_unknown_webhook_is_counted_and_never_due(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            other = [NewDelivery(where.id, message(f"a-{number}", AUTO_CALL), at=EPOCH + number) for number in range(3)]
            ended, *_ = await store.enqueue([*other, new_delivery(where, at=EPOCH + 2)])
            await store.record(after(ended, Delivered(EPOCH)))
            assert store.set_aside({CALL_ENDED}) == {AUTO_CALL: 2}
            assert [due.new_delivery.message.webhook for due in store.due(where.id, EPOCH + 9, 10)] == [CALL_ENDED]
            assert [store.next_at(where.id, EPOCH), store.next_at(where.id, EPOCH + 2)] == [EPOCH + 2, None]
            assert store.counts(NS)[StateName.WAITING] == 3

    @in_loop
    async def test_what_was_set_aside_is_due_where_its_webhook_is_known_again(self, tmp_path: Path) -> None:
        async with self.opened(tmp_path, ManualTime()) as store:
            where = await store.register(REGISTRATION)
            await store.enqueue([NewDelivery(where.id, message("a", AUTO_CALL))])
            store.set_aside({CALL_ENDED})
            assert store.due(where.id, EPOCH, 10) == []
            assert store.set_aside({CALL_ENDED, AUTO_CALL}) == {}
            assert len(store.due(where.id, EPOCH, 10)) == 1


def walked(store: Store, wanted: Wanted) -> list[DeliveryView]:
    """All deliveries of a list, page by page."""
    views: list[DeliveryView] = []
    cursor = ""
    while True:
        page = store.deliveries(wanted, limit=7, cursor=cursor)
        views += page.items
        if not page.after:
            return views
        cursor = page.after


def fits(view: DeliveryView, wanted: Wanted) -> bool:
    """The plain meaning of what is asked for."""
    return (
        view.namespace == wanted.namespace
        and wanted.endpoint in (None, view.endpoint)
        and wanted.webhook in (None, view.webhook)
        and wanted.call_id in (None, view.call_id)
        and wanted.state in (None, view.state.name)
        and (wanted.since is None or view.created_at >= wanted.since)
        and (wanted.until is None or view.created_at < wanted.until)
    )
