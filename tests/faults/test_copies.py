from __future__ import annotations

from dataclasses import replace

from mock_alohub.faults.fault import together
from tests.faults.transmissions import sent, transmissions


def test_duplicate_sends_each_message_twice_in_a_row() -> None:
    before = transmissions(2)
    bodies = [transmission.message.body for transmission in sent("duplicate", before)]
    assert bodies == [
        body for transmission in before for body in (transmission.message.body, transmission.message.body)
    ]


def test_duplicates_are_sent_one_after_the_other() -> None:
    assert [transmission.beside for transmission in sent("duplicate", transmissions(2))] == [False] * 4


def test_concurrent_duplicates_start_together() -> None:
    assert [transmission.beside for transmission in sent("duplicate-concurrently", transmissions(2))] == [
        False,
        True,
        False,
        True,
    ]


def test_a_copy_does_not_wait_again() -> None:
    (transmission,) = transmissions(1)
    first, copy = sent("duplicate", [replace(transmission, wait_s=4.0)])
    assert (first.wait_s, copy.wait_s) == (4.0, 0.0)


def test_reordered_messages_are_the_same_messages() -> None:
    before = transmissions(6)
    assert sorted(p.message.call_id for p in sent("reorder", before)) == sorted(p.message.call_id for p in before)


def test_reorder_never_keeps_the_order_of_two() -> None:
    before = transmissions(2)
    assert all(sent("reorder", before, seed) == before[::-1] for seed in range(20))


def test_reorder_keeps_together_what_starts_together() -> None:
    before = sent("duplicate-concurrently", transmissions(3))
    groups = [[transmission.message.call_id for transmission in group] for group in together(sent("reorder", before))]
    assert all(len(group) == 2 and len(set(group)) == 1 for group in groups)


def test_a_single_message_cannot_be_reordered() -> None:
    before = transmissions(1)
    assert sent("reorder", before) == before


def test_delay_waits_one_to_three_seconds() -> None:
    assert all(1.0 <= transmission.wait_s <= 3.0 for transmission in sent("delay", transmissions(50)))


def test_delay_leaves_copies_beside_their_original() -> None:
    waits = [transmission.wait_s for transmission in sent("delay", sent("duplicate-concurrently", transmissions(1)))]
    assert waits[1] == 0.0
