"""A call becomes deliveries: which messages, to whom, when."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mock_alohub import faults
from mock_alohub.calls.call import Call, Outcome
from mock_alohub.calls.simulator import Simulator
from mock_alohub.clock import WallTime
from mock_alohub.delivery.destination import Registration, Shape
from mock_alohub.delivery.engine import Engine
from mock_alohub.delivery.new_delivery import NewDelivery, ScheduledDelivery
from mock_alohub.delivery.outbox import Outbox
from mock_alohub.delivery.transport import Transport
from mock_alohub.delivery.view import MessageView
from mock_alohub.errors import UnknownName
from mock_alohub.messages.endpoint import Endpoint, Key, parse_url
from mock_alohub.messages.transmission import HangUp
from mock_alohub.server.switchboard import GAP_S, Placed, Switchboard
from mock_alohub.specification.specification import Specification
from mock_alohub.vietnam_time import local_now

NOW = WallTime().now()
START = local_now().replace(microsecond=0)
ENDED, AUTO = "alohub.call-ended", "alohub.auto-call"
URL = parse_url("http://127.0.0.1:9/alohub")


class Stopped(WallTime):
    """A clock that stands still."""

    def now(self) -> float:
        return NOW


def call(ends_in_s: int = 0, *, outcome: Outcome = Outcome.ANSWERED, seed: int = 1) -> Call:
    """A call of 60 seconds, 10 of them ringing, that ends so many seconds from now."""
    talk_s = 50 if outcome is Outcome.ANSWERED else 0
    at = START + timedelta(seconds=ends_in_s - 10 - talk_s)
    return Simulator(seed, start=at).call(at=at, outcome=outcome, ring_s=10, talk_s=talk_s)


class Placing:
    """What became of calls that were placed: the parcels that were enqueued, and what was answered."""

    def __init__(self) -> None:
        self.dues: list[ScheduledDelivery] = []
        self.placed: list[Placed] = []
        self.messages: list[MessageView] = []
        self.heard: list[tuple[str, list[str]]] = []

    def due_in_s(self) -> list[float]:
        return [round(due.at - NOW) for due in self.dues]

    @property
    def parcels(self) -> list[NewDelivery]:
        return [due.new_delivery for due in self.dues]


def placing(
    path: Path, *calls: Call, registrations: list[Registration] | None = None, time_scale: float = 1.0, **wishes: Any
) -> Placing:
    """Place `calls` in the default namespace, where an endpoint with a key is registered for everything."""
    found = Placing()

    async def run() -> None:
        async with Outbox(path / "db") as outbox, Transport() as transport:
            # Never started: what is enqueued stays as it is.
            engine = Engine(outbox, transport, Specification.load())
            board = Switchboard(
                engine, Specification.load(), public_url="http://mock.test", clock=Stopped(), time_scale=time_scale
            )
            board.listeners.append(lambda namespace, them: found.heard.append((namespace, [one.id for one in them])))
            for registration in registrations or [Registration(Endpoint(URL, Key("a-key-of-ours")))]:
                await engine.register(registration)
            found.placed = await board.place("default", calls, **wishes)
            dues = [due for one in outbox.destinations() for due in outbox.due(one.id, NOW + 1e9, 1000)]
            found.dues = sorted(dues, key=lambda due: due.id)
            numbers = [number for one in found.placed for number in one.deliveries]
            found.messages = [outbox.message("default", number) for number in numbers]

    asyncio.run(run())
    return found


def test_a_call_that_is_over_is_told_of_at_once(tmp_path: Path) -> None:
    assert placing(tmp_path, call(-5), webhooks=[ENDED]).due_in_s() == [0]


def test_a_running_call_is_told_of_at_its_moments(tmp_path: Path) -> None:
    assert placing(tmp_path, call(+60), webhooks=[AUTO]).due_in_s() == pytest.approx([10, 60], abs=1)


def test_faster_time_brings_the_moments_nearer(tmp_path: Path) -> None:
    found = placing(tmp_path, call(+6000), webhooks=[ENDED], time_scale=100.0)
    assert found.due_in_s() == pytest.approx([60], abs=1)


def test_messages_about_one_call_do_not_overtake_each_other(tmp_path: Path) -> None:
    first, second = placing(tmp_path, call(-5), webhooks=[AUTO]).dues
    assert second.at - first.at == pytest.approx(GAP_S)


def test_calls_that_end_together_are_told_of_together(tmp_path: Path) -> None:
    found = placing(tmp_path, *(call(-5, seed=seed) for seed in range(20)), webhooks=[ENDED])
    assert {due.at for due in found.dues} == {NOW}


def test_endpoints_get_what_they_want(tmp_path: Path) -> None:
    wanted: list[Any] = [(), (ENDED,), (AUTO,), (ENDED, AUTO)]
    registrations = [Registration(Endpoint(URL), webhooks=webhooks) for webhooks in wanted]
    found = placing(tmp_path, call(-5), registrations=registrations)
    assert [new_delivery.endpoint for new_delivery in found.parcels] == [1, 1, 1, 2, 3, 3, 4, 4, 4]


@pytest.mark.parametrize(
    "registration",
    [Registration(Endpoint(URL), "another"), Registration(Endpoint(URL), enabled=False)],
    ids=["of another namespace", "switched off"],
)
def test_an_endpoint_that_has_no_part_in_it_gets_nothing(registration: Registration, tmp_path: Path) -> None:
    found = placing(tmp_path, call(-5), registrations=[registration])
    assert ([one.deliveries for one in found.placed], len(found.heard)) == ([()], 1)


def test_every_call_has_the_deliveries_that_tell_of_it(tmp_path: Path) -> None:
    found = placing(tmp_path, call(-5), call(-5, outcome=Outcome.BUSY, seed=2))
    assert [len(one.deliveries) for one in found.placed] == [3, 2]


def test_a_webhook_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"did you mean `alohub.call-ended`"):
        placing(tmp_path, call(-5), webhooks=["alohub.call-end"])


def test_listeners_hear_of_every_call(tmp_path: Path) -> None:
    calls = [call(-5, seed=seed) for seed in (1, 2)]
    assert placing(tmp_path, *calls).heard == [("default", [one.id for one in calls])]


def test_recordings_are_linked_to_this_server(tmp_path: Path) -> None:
    (message,) = placing(tmp_path, call(-5), webhooks=[ENDED]).messages
    assert b'"recording_url":"http://mock.test/IPCCMedia/MP3Export.do?url=' in message.body


def test_an_agreed_key_is_the_one_at_the_time_of_sending(tmp_path: Path) -> None:
    (new_delivery,) = placing(tmp_path, call(-5), webhooks=[ENDED]).parcels
    assert new_delivery.credential is None


def test_a_fault_of_the_key_takes_its_place(tmp_path: Path) -> None:
    (new_delivery,) = placing(tmp_path, call(-5), webhooks=[ENDED], faults=[faults.named("wrong-key")]).parcels
    assert new_delivery.credential is not None
    assert new_delivery.credential.value not in {None, "a-key-of-ours"}


def test_a_fault_of_the_wire_is_there_in_the_first_tries_alone(tmp_path: Path) -> None:
    dropped = [faults.named("drop-answer")]
    (new_delivery,) = placing(tmp_path, call(-5), webhooks=[ENDED], faults=dropped, faulty_tries=2).parcels
    assert (new_delivery.wire.hang_up, new_delivery.faulty_tries) == (HangUp.AFTER_REQUEST, 2)


def test_duplicates_sent_together_are_due_together(tmp_path: Path) -> None:
    together = [faults.named("duplicate-concurrently")]
    first, second = placing(tmp_path, call(-5), webhooks=[ENDED], faults=together).dues
    assert (first.at, first.new_delivery.message.body) == (second.at, second.new_delivery.message.body)


def test_duplicates_one_after_the_other_are_due_so(tmp_path: Path) -> None:
    first, second = placing(tmp_path, call(-5), webhooks=[ENDED], faults=[faults.named("duplicate")]).dues
    assert second.at - first.at == pytest.approx(GAP_S)


def test_reordered_messages_are_due_the_other_way_round(tmp_path: Path) -> None:
    first, second = placing(tmp_path, call(+60), webhooks=[AUTO], faults=[faults.named("reorder")]).dues
    assert [one.new_delivery.message.payload["endtime"] != "" for one in (first, second)] == [True, False]
    assert second.at - first.at == pytest.approx(50, abs=1)


def test_a_delay_puts_off_what_is_due(tmp_path: Path) -> None:
    (due,) = placing(tmp_path, call(-5), webhooks=[ENDED], faults=[faults.named("delay")]).dues
    assert 1 <= due.at - NOW <= 3


def test_changes_are_in_every_message(tmp_path: Path) -> None:
    found = placing(tmp_path, call(-5), changes={"objectId": 7})
    assert [new_delivery.message.payload["objectId"] for new_delivery in found.parcels] == [7, 7, 7]


def test_an_endpoint_is_told_in_its_own_words(tmp_path: Path) -> None:
    shape = Shape((("X-Shop", "7"),), '{"id": "{{call_id}}", "seconds": {{total_duration | int}}}')
    one = call()
    found = placing(tmp_path, one, registrations=[Registration(Endpoint(URL), shape=shape)], webhooks=[ENDED])
    [message] = found.messages
    assert message.body == f'{{"id": "{one.id}", "seconds": 60}}'.encode()
    assert message.headers == (("Content-Type", "application/json"), ("X-Shop", "7"))


def test_an_endpoint_is_told_of_the_moments_it_wants(tmp_path: Path) -> None:
    registrations = [Registration(Endpoint(URL), shape=Shape(moments=("answered",)))]
    found = placing(tmp_path, call(), registrations=registrations, webhooks=[AUTO])
    assert [b'"endtime":""' in message.body for message in found.messages] == [True]


def test_a_call_can_be_told_of_to_one_endpoint_alone(tmp_path: Path) -> None:
    registrations = [Registration(Endpoint(URL)), Registration(Endpoint(URL), webhooks=(AUTO,))]
    found = placing(tmp_path, call(), registrations=registrations, webhooks=[ENDED], endpoints=[2])
    assert [(new_delivery.endpoint, new_delivery.message.webhook) for new_delivery in found.parcels] == [(2, ENDED)]


def test_an_endpoint_aside_is_told_of_what_is_placed_for_it_alone(tmp_path: Path) -> None:
    registrations = [Registration(Endpoint(URL)), Registration(Endpoint(URL), shape=Shape(aside=True))]
    for folder, endpoints, told in (("usual", None, {1}), ("for it", [2], {2})):
        (tmp_path / folder).mkdir()
        found = placing(tmp_path / folder, call(), registrations=registrations, endpoints=endpoints)
        assert {new_delivery.endpoint for new_delivery in found.parcels} == told
