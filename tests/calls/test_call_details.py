from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from mock_alohub.calls.call import Call, Direction, Moment, Outcome, Party, QueueEnd, Reason
from mock_alohub.calls.call_details import SIP_CODES, happens, life_of, moment_at, possible, uuid_of, with_life
from tests.fakes import simulator

IN_ORDER = list(Moment)


def calls(count: int = 400, **wishes: Any) -> list[Call]:
    drawn = simulator()
    return [drawn.call(**wishes) for _ in range(count)]


def _share(values: Iterable[bool]) -> float:
    kept = list(values)
    return sum(kept) / len(kept)


def test_the_same_call_has_the_same_life() -> None:
    first, second = calls(50), calls(50)
    assert [life_of(call) for call in first] == [life_of(call) for call in second]


def test_a_life_does_not_depend_on_the_lives_asked_for_before() -> None:
    some = calls(20)
    assert [life_of(call) for call in reversed(some)] == [life_of(call) for call in calls(20)][::-1]


def test_menu_queue_and_legs_add_up_to_the_ringing() -> None:
    for call in calls():
        life = life_of(call)
        parts = (life.ivr.lasted_s if life.ivr else 0, life.queue.waited_s if life.queue else 0)
        assert sum(parts) + life.agent_ring_s + life.customer_ring_s == call.ring_s
        assert min(*parts, life.agent_ring_s, life.customer_ring_s) >= 0


def test_only_inbound_calls_have_menus_and_queues() -> None:
    assert all(
        life_of(call).ivr is None and life_of(call).queue is None for call in calls(direction=Direction.OUTBOUND)
    )
    inbound = [life_of(call) for call in calls(direction=Direction.INBOUND)]
    assert 0.6 < _share(life.ivr is not None for life in inbound) < 0.8
    assert 0.5 < _share(life.queue is not None for life in inbound) < 0.7


def test_only_outbound_calls_are_dialled_automatically() -> None:
    assert not any(life_of(call).automatic for call in calls(direction=Direction.INBOUND))
    assert 0.1 < _share(life_of(call).automatic for call in calls(direction=Direction.OUTBOUND)) < 0.3


def test_a_few_calls_are_between_colleagues() -> None:
    local = [call for call in calls() if life_of(call).colleague]
    assert 0.005 < len(local) / 400 < 0.06
    assert all(call.agent and life_of(call).colleague != call.agent.extension for call in local)
    assert not any(call.hotline or call.transaction_id for call in local)


@pytest.mark.parametrize("outcome", Outcome)
def test_the_code_of_sip_goes_with_the_reason(outcome: Outcome) -> None:
    for call in calls(outcome=outcome):
        life = life_of(call)
        gave_up = life.reason is Reason.NO_ANSWER and call.ended_by is Party.CUSTOMER
        assert life.sip_code == (487 if gave_up else SIP_CODES[life.reason])
        assert (life.sip_code == 200) is (outcome is Outcome.ANSWERED)


def test_every_reason_occurs() -> None:
    reasons = {life_of(call).reason for outcome in Outcome for call in calls(outcome=outcome)}
    assert reasons == set(Reason)


def test_a_queue_ends_as_the_call_does() -> None:
    for call in calls(direction=Direction.INBOUND):
        queue = life_of(call).queue
        if queue:
            abandoned = call.ended_by is Party.CUSTOMER
            unanswered = QueueEnd.ABANDONED if abandoned else QueueEnd.TIMEOUT
            assert queue.ended is (QueueEnd.ANSWERED if call.answered_at else unanswered)


def test_the_carrier_is_that_of_the_customers_number() -> None:
    assert life_of(simulator().call(customer_number="0971234567")).carrier == "Viettel"
    assert life_of(simulator().call(customer_number="02838223344")).carrier == ""


def test_the_number_dialled_is_the_hotline_where_there_is_one() -> None:
    assert life_of(simulator().call(hotline="19001234")).dialled == "19001234"
    assert life_of(simulator().call(hotline="")).dialled.startswith("0287300")


def test_what_happens_of_a_call_happens_in_order() -> None:
    for call in calls():
        times = [moment_at(call, moment) for moment in IN_ORDER if happens(call, moment)]
        assert times == sorted(times)
        assert times[0] >= call.started_at


@pytest.mark.parametrize("moment", Moment)
def test_what_happens_is_possible(moment: Moment) -> None:
    happened = [call for call in calls() if happens(call, moment)]
    assert happened
    assert all(possible(moment, call.outcome, call.direction) for call in happened)


def test_a_report_comes_after_the_end() -> None:
    call = simulator().call()
    assert moment_at(call, Moment.REPORTED) - call.ended_at == timedelta(seconds=2)


def test_a_menu_can_be_had_or_not() -> None:
    for call in calls(100, direction=Direction.INBOUND):
        assert life_of(with_life(call, ivr=True)).ivr
        bare = life_of(with_life(call, ivr=False))
        assert bare.ivr is None
        assert bare.agent_ring_s + (bare.queue.waited_s if bare.queue else 0) == call.ring_s


def test_a_reason_brings_its_code_along() -> None:
    life = life_of(with_life(simulator().call(outcome=Outcome.FAILED), reason=Reason.SWITCHED_OFF))
    assert (life.reason, life.sip_code) == (Reason.SWITCHED_OFF, 480)


def test_any_fact_can_be_given() -> None:
    life = life_of(with_life(simulator().call(), local=True, automatic=True, carrier="none"))
    assert (bool(life.colleague), life.automatic, life.carrier) == (True, True, "none")


def test_a_call_has_one_uuid_for_each_purpose() -> None:
    one, other = calls(2)
    assert uuid_of(one) == uuid_of(one)
    assert len({uuid_of(one), uuid_of(one, "leg"), uuid_of(other), uuid_of(other, "leg")}) == 4
