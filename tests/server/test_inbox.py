"""What inboxes hold is bounded."""

from __future__ import annotations

import pytest

from mock_alohub.server.inbox import Inboxes, TooManyInboxes


def test_an_inbox_keeps_the_newest_messages() -> None:
    inboxes = Inboxes(kept=2)
    for number in range(5):
        inboxes.receive("a", "mine", (), b"%d" % number, number)
    inbox = inboxes.find("a", "mine")
    assert inbox is not None
    assert (inbox.received, [one.body for one in inbox.messages]) == (5, [b"3", b"4"])


def test_all_inboxes_together_keep_so_many_bytes() -> None:
    inboxes = Inboxes(kept_bytes=5_000)
    for number in range(6):
        inboxes.receive("a", f"box-{number % 3}", (), b"x" * 1_000, number)
    kept = sorted(one.number + 10 * int(inbox.name[-1]) for inbox in inboxes.of("a") for one in inbox.messages)
    assert kept == [2, 12, 22]


def test_room_that_was_made_can_be_used_again() -> None:
    inboxes = Inboxes(kept_bytes=5_000)
    for number in range(100):
        inboxes.receive("a", "mine", (), b"x" * 1_000, number)
        inboxes.remove("a", "mine")
    inboxes.receive("a", "mine", (), b"x" * 4_000, 0)
    inbox = inboxes.find("a", "mine")
    assert inbox is not None
    assert len(inbox.messages) == 1


def test_there_are_only_so_many_inboxes() -> None:
    inboxes = Inboxes(most=2)
    for name in "ab":
        inboxes.receive("a", name, (), b"", 0)
    with pytest.raises(TooManyInboxes):
        inboxes.receive("a", "c", (), b"", 0)


def test_a_message_that_is_no_object_is_about_no_call() -> None:
    inboxes = Inboxes()
    for body in (b"", b"[]", b'"text"', b'{"call_id": 7}', b"\xff"):
        inboxes.receive("a", "mine", (), body, 0)
    inbox = inboxes.find("a", "mine")
    assert inbox is not None
    assert [one.call_id for one in inbox.messages] == [None] * 5
