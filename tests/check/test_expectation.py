from __future__ import annotations

import pytest

from mock_alohub.check.evidence import Expect
from mock_alohub.check.expectation import broken, finding_of, findings_of, got, milliseconds, seems_over, taken, times
from mock_alohub.messages.attempt import Attempt, Cause
from tests.fakes import LATE, exchange, failed, replied

RESET = failed(Cause.RESET, "the endpoint reset the connection")


@pytest.mark.parametrize("status", [200, 201, 204, 302, 399])
def test_2xx_and_3xx_take_a_message(status: int) -> None:
    assert taken(replied(status))


@pytest.mark.parametrize("attempt", [replied(199), replied(400), replied(500), LATE, RESET], ids=lambda one: one.status)
def test_anything_else_does_not(attempt: Attempt) -> None:
    assert not taken(attempt)


KEEPS = {
    Expect.TAKEN: [replied(200), replied(204), replied(302), LATE],
    Expect.IN_TIME: [replied(200), replied(204), replied(302)],
    Expect.REFUSED: [replied(401), replied(403), replied(500), replied(302), RESET],
    Expect.REJECTED: [replied(400), replied(422), replied(499)],
    Expect.SURVIVED: [replied(200), replied(302), replied(400), replied(499)],
    Expect.NOTHING: [replied(200), replied(500), LATE, RESET],
}
BREAKS = {
    Expect.TAKEN: [replied(400), replied(401), replied(500), RESET, failed(Cause.TLS)],
    Expect.IN_TIME: [replied(400), replied(500), RESET, LATE],
    Expect.REFUSED: [replied(200), replied(204), LATE],
    Expect.REJECTED: [replied(200), replied(302), replied(399), replied(500), LATE, RESET],
    Expect.SURVIVED: [replied(500), replied(503), LATE, RESET],
}


@pytest.mark.parametrize(("expect", "attempt"), [(expect, one) for expect in KEEPS for one in KEEPS[expect]])
def test_what_a_correct_endpoint_may_do_is_no_breach(expect: Expect, attempt: Attempt) -> None:
    assert not broken(exchange(attempt, expect=expect))


@pytest.mark.parametrize(("expect", "attempt"), [(expect, one) for expect in BREAKS for one in BREAKS[expect]])
def test_what_it_may_not_do_is_one(expect: Expect, attempt: Attempt) -> None:
    assert broken(exchange(attempt, expect=expect))


@pytest.mark.parametrize("expect", Expect)
def test_every_expectation_has_words_for_what_was_wanted(expect: Expect) -> None:
    finding = finding_of(exchange(replied(500), expect=expect))
    assert finding is None or finding.wanted


def test_a_finding_holds_the_exchange_that_showed_it() -> None:
    guilty = exchange(replied(500))
    (finding,) = findings_of(exchange(), guilty)
    assert finding.exchange is guilty


def test_words_of_a_rules_own_take_the_place_of_the_general_ones() -> None:
    (finding,) = findings_of(exchange(replied(500)), wanted="bread", hint="bake")
    assert (finding.wanted, finding.hint) == ("bread", "bake")


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (replied(503, elapsed_s=0.0042), "503 after 4 ms"),
        (replied(200, elapsed_s=2.44), "200 after 2.4 s"),
        (LATE, "no complete answer within 5.0 s"),
        (RESET, "no answer (reset): the endpoint reset the connection"),
        (failed(Cause.PROTOCOL), "no answer (protocol)"),
    ],
    ids=str,
)
def test_what_came_back_is_told_in_a_few_words(attempt: Attempt, words: str) -> None:
    assert got(attempt) == words


@pytest.mark.parametrize("cause", [Cause.REFUSED, Cause.CONNECT_TIMEOUT])
def test_an_endpoint_that_takes_no_connection_may_be_dead(cause: Cause) -> None:
    assert seems_over(failed(cause))


@pytest.mark.parametrize("attempt", [RESET, LATE, replied(500)], ids=got)
def test_an_endpoint_that_takes_connections_is_not(attempt: Attempt) -> None:
    assert not seems_over(attempt)


@pytest.mark.parametrize(("count", "words"), [(0, "not at all"), (1, "once"), (2, "twice"), (3, "3 times")])
def test_a_count_is_told_as_people_say_it(count: int, words: str) -> None:
    assert times(count) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.0004, "0 ms"), (0.25, "250 ms"), (1.0, "1.0 s"), (12.34, "12.3 s")])
def test_a_span_is_told_in_the_fitting_unit(seconds: float, words: str) -> None:
    assert milliseconds(seconds) == words
