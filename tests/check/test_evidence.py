from __future__ import annotations

from mock_alohub.check.evidence import Evidence, Expect
from tests.fakes import exchange

ONE = exchange(rule="ack.steady")
TWO = exchange(rule="auth.rejects-wrong", expect=Expect.REFUSED)


def _evidence() -> Evidence:
    evidence = Evidence()
    evidence.add(ONE)
    evidence.add(TWO)
    return evidence


def test_exchanges_stay_in_their_order() -> None:
    assert list(_evidence()) == [ONE, TWO]


def test_exchanges_are_counted() -> None:
    assert len(_evidence()) == 2


def test_a_rule_finds_what_it_sent() -> None:
    assert _evidence().of_rule("ack.steady") == [ONE]


def test_probes_that_were_meant_to_be_taken_are_told_from_the_others() -> None:
    assert _evidence().meant_to_be_taken() == [ONE]
