from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_alohub.reports.failure_message import FailureMessage, in_pytest_words, shortened
from mock_alohub.reports.record import FindingRecord, RuleRecord


def finding(**changes: Any) -> FindingRecord:
    record: FindingRecord = {
        "case": "busy",
        "webhook": "alohub.call-ended",
        "got": "500 after 3 ms",
        "wanted": "200",
        "hint": "answer 200",
        "reproduce": "curl -i http://127.0.0.1:1/ --data-binary '{}'",
        "sent": {"method": "POST", "url": "http://127.0.0.1:1/", "headers": [], "body": '{"a": 1}', "body_size": 8},
        "received": None,
    }
    return record | changes  # type: ignore[return-value]


def breach(*findings: FindingRecord, level: str = "MUST", assumed: bool = False) -> FailureMessage:
    rule: RuleRecord = {
        "id": "ack.every-outcome",
        "family": "ack",
        "level": level,  # type: ignore[typeddict-item]
        "title": "Every outcome is acknowledged",
        "requirement": "200 for each outcome.",
        "source": {"document": "Alohub, Call event webhook", "section": "status table", "assumed": assumed},
        "outcome": "fail",
        "reason": "",
        "requests": 1,
        "slowest_ms": 3.0,
        "findings": list(findings),
    }
    return FailureMessage(rule)


def test_a_must_is_binding() -> None:
    assert breach(finding()).is_binding


def test_a_should_is_not() -> None:
    assert not breach(finding(), level="SHOULD").is_binding


def test_a_should_that_keeps_all_others_from_being_tried_is_binding() -> None:
    assert replace(breach(finding(), level="SHOULD"), shuts=True).is_binding


def test_the_words_of_a_breach() -> None:
    assert str(breach(finding())) == (
        "ack.every-outcome (MUST): Every outcome is acknowledged\n"
        "  200 for each outcome.\n"
        "  Source: Alohub, Call event webhook, status table\n"
        "\n"
        "  case    busy (alohub.call-ended)\n"
        "  sent    POST http://127.0.0.1:1/, 8 bytes\n"
        "  got     500 after 3 ms\n"
        "  wanted  200\n"
        "  to do   answer 200\n"
        "  again   curl -i http://127.0.0.1:1/ --data-binary '{}'"
    )


def test_what_is_assumed_is_said_to_be() -> None:
    assert "status table (assumed: the documents leave it open)\n" in str(breach(finding(), assumed=True))


def test_a_body_that_no_line_repeats_is_shown() -> None:
    assert '\n          {"a": 1}\n' in str(breach(finding(reproduce="")))


def test_a_finding_about_nothing_sent_has_no_such_lines() -> None:
    words = str(breach(finding(sent=None, webhook="", reproduce="")))
    assert "  case    busy\n  got     500" in words
    assert "again" not in words


def test_what_came_back_is_shown() -> None:
    received = {"status": 500, "headers": [], "body": "no\nway", "body_size": 6, "cause": None, "detail": ""}
    assert "\n          no way\n" in str(breach(finding(received=received)))


def test_of_many_findings_five_are_told() -> None:
    words = str(breach(*[finding()] * 7))
    assert words.count("  case ") == 5
    assert words.endswith("\n  … and 2 more")


def test_nothing_a_terminal_obeys_is_shown() -> None:
    assert shortened("a\x1b[31mred\x07") == "a [31mred"


def test_a_long_body_is_shortened() -> None:
    assert len(shortened("word " * 1000)) <= 600
    assert len(shortened("w" * 1000)) == 600


def test_options_are_named_as_pytest_has_them() -> None:
    text = "give the agreed one with --key, or say --status-spelling busy=<yours>, not --data-binary"
    assert in_pytest_words(text) == (
        "give the agreed one with --alohub-key, or say --alohub-status-spelling busy=<yours>, not --data-binary"
    )


def test_a_hint_names_the_options_of_pytest() -> None:
    assert "  to do   see --alohub-effects\n" in str(breach(finding(hint="see --effects")))
