"""Of many webhooks the same is said once."""

from __future__ import annotations

from mock_alohub.specification.imported.notes import Notes


def test_what_is_said_of_several_webhooks_is_said_once() -> None:
    notes = Notes()
    for name in "abcde":
        notes.tell(name, "its example is none")
    notes.leave_out("x", "it has no body")
    notes.tell("a", "it has no key")
    assert notes.sentences() == (
        "webhook x is left out: it has no body",
        "webhooks a, b, c and 2 more: its example is none",
        "webhook a: it has no key",
    )


def test_of_two_that_are_left_out_both_are_named() -> None:
    notes = Notes()
    notes.leave_out("x", "it has no body")
    notes.leave_out("y", "it has no body")
    assert notes.sentences() == ("webhooks x, y are left out: it has no body",)
