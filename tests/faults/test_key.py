from __future__ import annotations

from dataclasses import replace

from tests.faults.plans import KEY, plans, sent


def test_a_wrong_key_has_the_length_of_the_agreed_one() -> None:
    (plan,) = sent("wrong-key", plans(1))
    assert plan.credential is not None
    assert plan.credential.value is not None
    assert len(plan.credential.value) == len(KEY)


def test_a_wrong_key_is_not_the_agreed_one() -> None:
    (plan,) = sent("wrong-key", plans(1))
    assert plan.credential is not None
    assert plan.credential.value != KEY


def test_a_wrong_key_is_sent_even_where_none_was_agreed() -> None:
    (before,) = plans(1)
    (plan,) = sent("wrong-key", [replace(before, credential=None)])
    assert plan.credential is not None
    assert plan.credential.value


def test_a_missing_key_is_not_sent() -> None:
    (plan,) = sent("missing-key", plans(1))
    assert plan.credential is not None
    assert plan.credential.value is None
