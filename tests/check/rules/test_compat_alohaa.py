"""Fields that are not in every message, tried on webhooks that have some."""

from __future__ import annotations

from tests.fakes import answers, message, replied, trying

RULE = "compat.optional-field"
INCOMING = "alohaa.incoming-call"


def test_each_field_that_is_not_in_every_message_is_left_out_in_turn() -> None:
    ordinary = set(message(INCOMING).payload)
    left_out = [ordinary - set(payload) for payload in trying(RULE, webhook=INCOMING).payloads]
    assert left_out == [{"webhook_type"}, {"dtmfcodes"}, {"dtmfcode"}]


def test_an_optional_field_that_is_demanded_is_found() -> None:
    tries = trying(RULE, answers(replied(500)), webhook=INCOMING)
    assert tries.broken_cases == ["no webhook_type", "no dtmfcodes", "no dtmfcode"]


def test_a_webhook_whose_fields_are_all_in_every_message_gives_no_case() -> None:
    assert trying(RULE, webhook="alohaa.campaign").cases == []
