from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from mock_alohub.calls.call import Direction
from mock_alohub.delivery.transport import encode
from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.load.plan import LoadPlan
from mock_alohub.load.workload import LONGEST_GAP_S, PreparedMessage, Serials, Workload
from mock_alohub.messages.attempt import Headers
from mock_alohub.messages.endpoint import Key
from mock_alohub.messages.transmission import Transmission, agreed, request_of
from mock_alohub.providers.provider import message_of
from mock_alohub.specification.specification import Specification
from mock_alohub.specification.validation import Validator
from mock_alohub.vietnam_time import local_now
from tests.load.generators import plan

NOON = datetime.fromisoformat("2025-03-14 12:00:00")


def workload(
    worker: int = 0, now: Callable[[], datetime] = lambda: NOON, key: Key | None = None, **changes: Any
) -> Workload:
    return Workload(
        plan("http://crm.example/hook?a=1", **changes), key, worker=worker, serials=Serials(worker, 0), now=now
    )


def drawn(count: int, **changes: Any) -> list[list[PreparedMessage]]:
    made = workload(**changes)
    return [made.draw() for _ in range(count)]


def said(letter: PreparedMessage) -> dict[str, Any]:
    return letter.route.message(letter.call, letter.moment).payload


@pytest.mark.parametrize("webhook", Specification.load().webhooks)
def test_messages_keep_the_specification(webhook: str) -> None:
    for prepared in drawn(100, webhooks=(webhook,)):
        for letter in prepared:
            assert Validator(letter.route.webhook).problems(said(letter)) == []


@pytest.mark.exhaustive
def test_no_two_calls_share_an_id_nor_do_those_of_two_workers() -> None:
    ids = [said(prepared[0])["call_id"] for worker in (0, 1) for prepared in drawn(20_000, worker=worker)]
    assert len(set(ids)) == 40_000


def test_a_seed_gives_the_same_mix_to_a_worker_and_another_to_the_next() -> None:
    one, same, other = (drawn(20, worker=worker, seed=5) for worker in (0, 0, 1))
    bodies = [[letter.payload for prepared in mixed for letter in prepared] for mixed in (one, same, other)]
    assert bodies[0] == bodies[1] != bodies[2]


def test_what_is_told_of_calls_stays_manifold() -> None:
    facts = {(one["caller_number"], one["total_duration"]) for one in (said(one) for (one,) in drawn(5_000))}
    assert len(facts) > 1_500


def test_calls_have_just_ended() -> None:
    assert {said(prepared[0])["endtime"] for prepared in drawn(50)} == {"2025-03-14 12:00:00"}


def test_calls_of_a_long_run_go_with_the_time() -> None:
    times = iter(NOON + timedelta(seconds=number) for number in range(1_000))
    made = workload(now=lambda: next(times))
    ends = [said(made.draw()[0])["endtime"] for _ in range(100)]
    assert ends == sorted(set(ends))


def test_the_id_of_a_call_begins_with_its_start() -> None:
    for (letter,) in drawn(50):
        payload = said(letter)
        assert payload["call_id"][:14] == "".join(filter(str.isdigit, payload["starttime"]))
        assert payload["call_id"] in (payload["recording_url"] or payload["call_id"])


def test_the_message_of_the_end_departs_after_the_talk_by_the_time_scale_and_at_most_five_seconds_later() -> None:
    pairs = [prepared for prepared in drawn(300, webhooks=("alohub.auto-call",), time_scale=60) if len(prepared) == 2]
    assert pairs
    for answered, ended in pairs:
        end = said(ended)
        talk = datetime.fromisoformat(end["endtime"]) - datetime.fromisoformat(end["answertime"])
        assert answered.after_s == 0
        assert ended.after_s == pytest.approx(min(talk.total_seconds() / 60, LONGEST_GAP_S))
        assert said(answered)["endtime"] == ""


def test_a_campaign_has_its_own_outcomes_and_only_dials() -> None:
    told = [said(prepared[-1]) for prepared in drawn(400, profile="campaign")]
    assert {one["direction"] for one in told} == {"outbound"}
    assert 60 < sum(one["call_status"] == "answered" for one in told) < 140


def test_other_spellings_are_sent() -> None:
    told = {said(prepared[0])["call_status"] for prepared in drawn(200, spelling=(("busy", "engaged"),))}
    assert "engaged" in told
    assert "busy" not in told


@pytest.mark.parametrize("webhook", Specification.load().webhooks)
def test_the_bytes_of_a_request_are_those_of_the_ordinary_way(webhook: str) -> None:
    for prepared in drawn(30, webhooks=(webhook,), key=Key("secret")):
        for letter in prepared:
            route = letter.route
            message = message_of(route.provider, route.webhook, letter.call, letter.moment)
            request = request_of(
                Transmission(message, agreed(route.endpoint)), route.endpoint.url, route.webhook.key_header
            )
            assert letter.payload == encode(request)
            again = request_of(
                Transmission(route.provider.retried(message, 2), agreed(route.endpoint)),
                route.endpoint.url,
                route.webhook.key_header,
            )
            assert route.again(letter.call, letter.moment, 2) == encode(again)


def test_without_retries_the_policy_keeps_its_deadline_and_has_no_waits() -> None:
    policy = drawn(1, retries=False)[0][0].route.policy
    assert (policy.deadline_s, policy.retries_s) == (5.0, ())


def test_the_time_scale_divides_the_waits_and_not_the_deadline() -> None:
    policy, plain = drawn(1, time_scale=10)[0][0].route.policy, drawn(1)[0][0].route.policy
    assert policy.retries_s == tuple(wait_s / 10 for wait_s in plain.retries_s)
    assert policy.deadline_s == plain.deadline_s


def test_an_outcome_nobody_knows_cannot_be_spelled() -> None:
    with pytest.raises(UnknownName):
        workload(spelling=(("bussy", "x"),))


def test_a_webhook_that_tells_of_none_of_the_profiles_calls_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    webhook = Specification.load().webhook("alohub.call-ended")
    inbound = replace(webhook, delivery={**webhook.delivery, "about": {"direction": [Direction.INBOUND.value]}})
    only = replace(Specification.load(), webhooks={webhook.name: inbound})
    monkeypatch.setattr(LoadPlan, "specification", only)
    assert {said(prepared[0])["direction"] for prepared in drawn(30)} == {"inbound"}
    with pytest.raises(BadOption, match="profile"):
        workload(profile="campaign")


def test_serials_of_one_second_differ_and_are_remembered_for_as_long_as_it_matters() -> None:
    serials = Serials(3, 29_999)
    taken = [serials.next(NOON) for _ in range(1_000)]
    for second in range(10_000):
        serials.next(NOON + timedelta(seconds=second % 3_000))
        serials.next(NOON - timedelta(days=1, seconds=second))
    taken += [serials.next(NOON) for _ in range(1_000)]
    assert len(set(taken)) == 2_000
    assert {100_000 <= serial < 1_000_000 for serial in taken} == {True}


def test_the_clock_is_that_of_vietnam() -> None:
    made = Workload(plan("http://crm.example/"), None, worker=0, serials=Serials(0, 0))
    ended_at = datetime.fromisoformat(said(made.draw()[0])["endtime"])
    assert abs(local_now() - ended_at) < timedelta(seconds=5)


def test_headers_that_differ_have_heads_of_their_own() -> None:
    (letter,) = drawn(1)[0]
    message = letter.route.message(letter.call, letter.moment)
    more: Headers = (*message.headers, ("X-Retry", "1"))
    assert b"X-Retry: 1" not in letter.route.payload(message)
    assert b"X-Retry: 1" in letter.route.payload(replace(message, headers=more))
