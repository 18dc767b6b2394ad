from __future__ import annotations

from dataclasses import replace

from tests.faults.transmissions import KEY, sent, transmissions


def test_a_wrong_key_has_the_length_of_the_agreed_one() -> None:
    (transmission,) = sent("wrong-key", transmissions(1))
    assert transmission.credential is not None
    assert transmission.credential.value is not None
    assert len(transmission.credential.value) == len(KEY)


def test_a_wrong_key_is_not_the_agreed_one() -> None:
    (transmission,) = sent("wrong-key", transmissions(1))
    assert transmission.credential is not None
    assert transmission.credential.value != KEY


def test_a_wrong_key_is_sent_even_where_none_was_agreed() -> None:
    (before,) = transmissions(1)
    (transmission,) = sent("wrong-key", [replace(before, credential=None)])
    assert transmission.credential is not None
    assert transmission.credential.value


def test_a_missing_key_is_not_sent() -> None:
    (transmission,) = sent("missing-key", transmissions(1))
    assert transmission.credential is not None
    assert transmission.credential.value is None
