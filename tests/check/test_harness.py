from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mock_alohub.check.effects import Unknown
from mock_alohub.check.evidence import Expect
from mock_alohub.check.harness import Harness, Probe, TimeUp
from mock_alohub.messages.attempt import Attempt
from mock_alohub.messages.credential import NO_KEY
from mock_alohub.messages.message import Message, with_fields
from mock_alohub.messages.transmission import FRESH, ORDINARY, Request
from tests.fakes import (
    KEY,
    LATE,
    Answer,
    FakeSender,
    answers,
    counting,
    done,
    harness,
    message,
    replied,
    sent_by,
    subject,
)


def _probe(one: Harness) -> Probe:
    return one.probe("a.rule", "a case", subject())


def _sender(one: Harness) -> FakeSender:
    assert isinstance(one.sender, FakeSender)
    return one.sender


def test_what_is_sent_becomes_evidence_of_the_case() -> None:
    one = harness()
    exchange = done(_probe(one).send(_probe(one).message()))
    assert one.evidence.exchanges == [exchange]
    assert (exchange.rule, exchange.case, exchange.webhook) == ("a.rule", "a case", "alohub.call-ended")


def test_a_message_carries_the_agreed_key() -> None:
    one = harness()
    done(_probe(one).send(_probe(one).message()))
    assert sent_by(one)[0].authorization == KEY


def test_a_message_can_carry_another_credential() -> None:
    one = harness()
    done(_probe(one).send(_probe(one).message(), credential=NO_KEY))
    assert sent_by(one)[0].authorization is None


def test_without_an_agreed_key_a_probe_has_none() -> None:
    assert _probe(harness(key=None)).key == ""


def test_a_message_is_held_to_the_deadline_of_its_webhook() -> None:
    one = harness()
    hasty = one.probe("a.rule", "a case", subject(deadline="250ms"))
    done(hasty.send(hasty.message()))
    assert sent_by(one)[0].deadline_s == 0.25


def test_an_ordinary_call_is_the_documents_sample() -> None:
    payload = _probe(harness()).message().payload
    assert (payload["call_status"], payload["direction"], payload["hangup_by"]) == ("answered", "outbound", "customer")


def test_every_call_is_new() -> None:
    probe = _probe(harness())
    assert len({probe.message().call_id for _ in range(50)}) == 50


def test_messages_can_be_sent_one_after_the_other() -> None:
    one = harness(FakeSender(takes_s=0.1))
    done(_probe(one).send_all([_probe(one).message() for _ in range(3)]))
    assert (len(sent_by(one)), _sender(one).most_under_way) == (3, 1)


def test_no_more_probes_are_under_way_than_the_endpoint_bears() -> None:
    one = harness(FakeSender(takes_s=0.1), limit=asyncio.Semaphore(2))

    async def run() -> None:
        await asyncio.gather(*(_probe(one).send(_probe(one).message()) for _ in range(5)))

    done(run())
    assert _sender(one).most_under_way == 2


def test_nothing_is_sent_when_the_time_is_up() -> None:
    one = harness(ends_at=0.0)
    with pytest.raises(TimeUp):
        done(_probe(one).send(_probe(one).message()))
    assert sent_by(one) == []


def test_after_a_crowd_that_came_late_an_endpoint_may_breathe() -> None:
    one = harness(answers(LATE, replied(200)))
    done(_probe(one).together([_probe(one).message() for _ in range(2)]))
    assert [exchange.expect for exchange in one.evidence] == [Expect.TAKEN, Expect.TAKEN, Expect.NOTHING]


def test_after_a_crowd_that_came_in_time_nothing_more_is_sent() -> None:
    one = harness()
    done(_probe(one).together([_probe(one).message() for _ in range(2)]))
    assert len(one.evidence) == 2


def test_what_is_sent_together_ignores_that_limit() -> None:
    one = harness(FakeSender(takes_s=0.1))
    done(_probe(one).together([_probe(one).message() for _ in range(4)]))
    assert _sender(one).most_under_way == 4


def test_what_is_sent_together_says_with_how_many() -> None:
    one = harness()
    exchanges = done(_probe(one).together([_probe(one).message() for _ in range(4)]))
    assert [exchange.at_once for exchange in exchanges] == [4] * 4


def test_patience_multiplies_the_deadline() -> None:
    one = harness()
    done(_probe(one).together([_probe(one).message()], patience=3))
    assert sent_by(one)[0].deadline_s == 15


def test_what_is_sent_unlimited_does_not_wait_for_its_turn() -> None:
    one = harness(limit=asyncio.Semaphore(0))
    exchange = done(_probe(one).send_unlimited(_probe(one).message(), expect=Expect.NOTHING, patience=2))
    assert (exchange.expect, sent_by(one)[0].deadline_s) == (Expect.NOTHING, 10)


@pytest.mark.parametrize(("wire", "dropped"), [(ORDINARY, 0), (FRESH, 1)], ids=["ordinary", "fresh"])
def test_kept_connections_are_closed_before_a_fresh_one_is_opened(wire: object, dropped: int) -> None:
    one = harness()
    done(_probe(one).send(_probe(one).message(), wire=wire))  # type: ignore[arg-type]
    assert _sender(one).dropped_idle == dropped


def _counts(*counts: int) -> Answer:
    """Counts as they are read, 20 ms apart; the last one for ever."""
    return answers(*(replied(200, b'{"count": %d}' % count) for count in counts))


def _counted(answer: Answer, **options: Any) -> tuple[Probe, FakeSender]:
    one = harness(answer, effects=counting(), **options)
    return _probe(one), _sender(one)


def _about(call_id: str) -> Message:
    return with_fields(message(), {"call_id": call_id})


def test_without_effects_there_is_no_count() -> None:
    with pytest.raises(Unknown, match="no --effects was given"):
        done(_probe(harness()).count(_about("1")))


def test_the_count_is_asked_for_by_call_id() -> None:
    probe, sender = _counted(_counts(3))
    assert done(probe.count(_about("123"))) == 3
    assert sender.sent[0].request.url.target == "/calls/123"


def test_what_is_read_about_effects_is_no_evidence() -> None:
    probe, _ = _counted(_counts(3))
    done(probe.count(_about("123")))
    assert len(probe.harness.evidence) == 0


def test_a_count_that_suffices_is_read_once() -> None:
    probe, sender = _counted(_counts(2))
    assert done(probe.count_of_at_least(2, _about("1"))) == 2
    assert len(sender.sent) == 1


def test_a_count_that_is_short_is_read_again() -> None:
    probe, _ = _counted(_counts(0, 0, 1, 2))
    assert done(probe.count_of_at_least(2, _about("1"))) == 2


def test_a_count_that_stays_short_is_told_when_the_wait_is_over() -> None:
    probe, sender = _counted(_counts(0), effects_wait_s=1.0)
    assert done(probe.count_of_at_least(1, _about("1"))) == 0
    assert 40 < len(sender.sent) < 60


def test_a_count_settles_when_it_stays_the_same() -> None:
    probe, _ = _counted(_counts(0, 1, 1, 2))
    assert done(probe.settled_count(_about("1"))) == 2


def test_a_second_effect_that_comes_as_late_as_the_first_is_seen() -> None:
    late_twice = _counts(*[0] * 30, *[1] * 30, 2)
    probe, _ = _counted(late_twice)
    assert done(probe.settled_count(_about("1"))) == 2


def test_a_quick_effect_is_not_waited_for_long() -> None:
    probe, sender = _counted(_counts(1))
    done(probe.settled_count(_about("1")))
    assert len(sender.sent) < 15


def test_a_count_that_never_settles_is_told_when_the_wait_is_over() -> None:
    reads = 0

    def restless(request: Request) -> Attempt:
        nonlocal reads
        reads += 1
        return replied(200, b'{"count": %d}' % reads)

    probe, _ = _counted(restless, effects_wait_s=0.5)
    assert done(probe.settled_count(_about("1"))) == reads
