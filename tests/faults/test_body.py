from __future__ import annotations

import orjson
import pytest

from mock_alohub.specification.specification import Specification
from mock_alohub.specification.webhook import statuses
from tests.faults.transmissions import sent, transmissions


def test_a_malformed_body_is_never_json() -> None:
    for transmission in sent("malformed-body", transmissions(40)):
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(transmission.message.body)


def test_wrong_type_changes_the_type_of_one_field() -> None:
    before = transmissions(40)
    for old, new in zip(before, sent("wrong-type", before), strict=True):
        was, now = old.message.payload, new.message.payload
        assert [type(was[name]) is type(now[name]) for name in was].count(False) == 1


def test_an_unknown_field_is_added_to_all_the_others() -> None:
    (before,) = transmissions(1)
    (after,) = sent("unknown-field", [before])
    assert before.message.payload.items() < after.message.payload.items()


def test_an_unknown_status_is_none_of_the_listed_ones() -> None:
    webhook = Specification.load().webhook("alohub.call-ended")
    listed = {spelling.literal for spelling in statuses(webhook)}
    assert listed.isdisjoint(
        transmission.message.payload["call_status"] for transmission in sent("unknown-status", transmissions(40))
    )


def test_a_body_that_was_broken_before_stays_as_it_is() -> None:
    broken = sent("malformed-body", transmissions(3))
    assert sent("unknown-field", broken) == broken
