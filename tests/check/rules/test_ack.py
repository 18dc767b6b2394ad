from __future__ import annotations

from itertools import count

import orjson
import pytest

from mock_alohub.calls.call import ENDED_BY
from mock_alohub.check.evidence import Expect
from mock_alohub.check.rules import ack
from mock_alohub.messages.attempt import Attempt, Cause
from mock_alohub.messages.transmission import FRESH, ORDINARY, Request
from tests.fakes import (
    AUTO_CALL,
    Partner,
    answers,
    counting,
    exchange,
    failed,
    found,
    judging,
    replied,
    skipped,
    trying,
)


def test_every_outcome_direction_and_side_is_tried_once() -> None:
    payloads = trying("ack.every-outcome").payloads
    facts = [(one["call_status"], one["direction"], one["hangup_by"]) for one in payloads]
    assert sorted(facts) == sorted(
        (outcome, direction, party)
        for outcome, parties in ENDED_BY.items()
        for party in parties
        for direction in ("inbound", "outbound")
    )


def test_a_refused_outcome_is_found_by_name() -> None:
    tries = trying(
        "ack.every-outcome",
        lambda request: replied(422 if orjson.loads(request.body)["call_status"] == "busy" else 200),
    )
    assert {case.partition(",")[0] for case in tries.broken_cases} == {"busy"}


def _hints_by_outcome() -> dict[str, str]:
    findings = trying("ack.every-outcome", answers(replied(422))).findings
    return {finding.case.partition(",")[0]: finding.hint for finding in findings}


def test_the_refusal_of_an_assumed_spelling_says_how_to_set_another() -> None:
    hints = {
        one.case.partition(",")[0]: one.hint for one in trying("ack.every-outcome", answers(replied(422))).findings
    }
    assert "--status-spelling busy=<yours>" in hints["busy"]


def test_the_refusal_of_a_published_spelling_has_no_such_hint() -> None:
    hints = {
        one.case.partition(",")[0]: one.hint for one in trying("ack.every-outcome", answers(replied(422))).findings
    }
    assert hints["answered"] == ""


@pytest.mark.parametrize("status", [201, 202, 204, 301, 302, 307])
def test_another_status_than_200_does_not_acknowledge(status: int) -> None:
    (finding,) = found(judging("ack.exactly-200", exchange(), exchange(replied(status))))
    assert finding.got.startswith(str(status))


def test_only_200_acknowledges() -> None:
    assert found(judging("ack.exactly-200", exchange(), exchange())) == []


def test_one_finding_for_each_wrong_status() -> None:
    wrong = [exchange(replied(status)) for status in (204, 202, 204)]
    cases = [finding.case for finding in found(judging("ack.exactly-200", *wrong))]
    assert [case.partition(",")[0] for case in cases] == [
        "1 of 3 calls that were taken",
        "2 of 3 calls that were taken",
    ]


def test_a_refused_call_is_no_matter_of_exactly_200() -> None:
    assert found(judging("ack.exactly-200", exchange(), exchange(replied(500)))) == []


def test_where_no_call_was_taken_there_is_no_status_to_judge() -> None:
    assert skipped(judging("ack.exactly-200", exchange(replied(401)))) == "no call was taken"


def test_a_probe_that_was_not_meant_to_be_taken_is_no_matter_of_exactly_200() -> None:
    assert skipped(judging("ack.exactly-200", exchange(replied(204), expect=Expect.SURVIVED))) == "no call was taken"


def test_a_running_call_has_no_end() -> None:
    payloads = trying("ack.running-call", webhook=AUTO_CALL).payloads
    assert {(one["endtime"], one["hangup_by"], one["recording_url"]) for one in payloads} == {("", "", "")}


def test_running_calls_come_in_both_directions() -> None:
    payloads = trying("ack.running-call", webhook=AUTO_CALL).payloads
    assert sorted(one["direction"] for one in payloads) == ["inbound", "outbound"]


@pytest.mark.parametrize("rule", ["ack.running-call", "ack.status-changes"])
def test_a_webhook_of_ended_calls_has_no_running_ones(rule: str) -> None:
    assert trying(rule).cases == []


def test_status_changes_keep_the_call_id() -> None:
    ids = [one["call_id"] for one in trying("ack.status-changes", webhook=AUTO_CALL).payloads]
    assert ids[0::2] == ids[1::2]


def test_status_changes_end_the_call() -> None:
    ends = [one["endtime"] != "" for one in trying("ack.status-changes", webhook=AUTO_CALL).payloads]
    assert ends == [False, True] * 3


def test_a_refused_second_event_is_found() -> None:
    assert len(trying("ack.status-changes", answers(replied(200), replied(409)), webhook=AUTO_CALL).findings) >= 1


def test_a_refused_first_event_is_left_to_the_rule_of_running_calls() -> None:
    first_refused = answers(*[replied(422), replied(200)] * 3)
    assert trying("ack.status-changes", first_refused, webhook=AUTO_CALL).findings == []


def test_a_call_of_five_hours_is_tried() -> None:
    assert max(int(one["total_duration"]) for one in trying("ack.unusual-calls").payloads) >= 5 * 3600


def test_a_call_over_midnight_is_tried() -> None:
    days = [(one["starttime"][:10], one["endtime"][:10]) for one in trying("ack.unusual-calls").payloads]
    assert any(start != end for start, end in days)


def test_a_call_of_zero_seconds_is_tried() -> None:
    assert "0" in {one["total_duration"] for one in trying("ack.unusual-calls").payloads}


def test_a_long_hold_is_tried() -> None:
    assert "660" in {one["holding_duration"] for one in trying("ack.unusual-calls").payloads}


def test_filled_and_empty_hotlines_are_tried() -> None:
    assert {"", "1900123456"} <= {one["hotline"] for one in trying("ack.unusual-calls").payloads}


def test_unusual_values_of_the_schema_are_tried() -> None:
    assert any(one["objectId"] != 1 for one in trying("ack.unusual-calls").payloads)


def test_text_beyond_ascii_is_tried() -> None:
    names = {one["userName"] for one in trying("ack.unusual-text").payloads}
    assert any(not name.isascii() for name in names)


def test_a_call_without_an_agent_is_tried() -> None:
    assert ("", "") in {(one["userName"], one["destination_number"]) for one in trying("ack.unusual-text").payloads}


def test_a_call_without_a_transaction_is_tried() -> None:
    assert "" in {one["transactionID"] for one in trying("ack.unusual-text").payloads}


def test_a_long_value_is_shortened_in_the_name_of_its_case() -> None:
    assert max(len(case) for case in trying("ack.unusual-calls").cases) < 100


def test_a_row_of_calls_goes_over_kept_and_fresh_connections() -> None:
    wires = [one.wire for one in trying("ack.steady").sent]
    assert (wires.count(FRESH), wires.count(ORDINARY)) == (10, 20)


def test_the_calls_of_a_row_are_all_different() -> None:
    ids = [one["call_id"] for one in trying("ack.steady").payloads]
    assert len(set(ids)) == len(ids) == 31


def test_a_dropped_call_of_a_row_is_found() -> None:
    dropped = answers(*[replied(200)] * 6, failed(Cause.RESET, "the endpoint reset the connection"), replied(200))
    assert [finding.got for finding in trying("ack.steady", dropped).findings] == [
        "no answer (reset): the endpoint reset the connection"
    ]


def test_a_slow_endpoint_has_shown_its_steadiness_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(step=3)
    monkeypatch.setattr(ack, "monotonic", lambda: next(seconds))
    row = [one for one in trying("ack.steady").harness.evidence if one.case == "30 calls in a row"]
    assert 5 <= len(row) < 10


def test_calls_of_every_outcome_that_are_kept_are_fine() -> None:
    assert trying("ack.outcomes-kept", Partner(), effects=counting()).findings == []


def test_a_missed_call_that_is_acknowledged_and_forgotten_is_found() -> None:
    partner = Partner()

    def forgets(request: Request) -> Attempt:
        if b'"no_answer"' in request.body:
            return replied(200)
        return partner(request)

    tries = trying("ack.outcomes-kept", forgets, effects=counting(), effects_wait_s=0.05)
    assert tries.broken_cases == ["no_answer, inbound", "no_answer, outbound"]


def test_an_endpoint_without_any_effect_is_not_blamed_for_lost_outcomes() -> None:
    tries = trying("ack.outcomes-kept", answers(replied(200, b'{"count": 0}')), effects=counting(), effects_wait_s=0.05)
    assert tries.skips == ["the effects URL shows no effect of an ordinary call either"]


def test_an_outcome_that_was_refused_is_another_rules_finding() -> None:
    partner = Partner()

    def refuses(request: Request) -> Attempt:
        return replied(422) if b'"busy"' in request.body else partner(request)

    assert trying("ack.outcomes-kept", refuses, effects=counting(), effects_wait_s=0.05).findings == []
